"""What a template gets to write with: plain values, times already in the recipient's own zone."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from syncd.core.messaging.content import Facts, News, SessionTime
from syncd.core.times import plus_minutes, zone

_MOST = 12
"""So many sessions are listed; of the others a mail says how many they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeDetails:
    """The practice as its mails name it."""

    name: str
    email: str
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinks:
    """Addresses of pages, each "" where there is none."""

    reschedule: str = ""
    booking: str = ""
    accept: str = ""
    dismiss: str = ""


def template_values(facts: Facts, practice: PracticeDetails, links: PageLinks, reference: str) -> dict[str, Any]:
    """Return the values that the templates of all kinds use: times as texts, what there is none of as "" or None."""
    tz = zone(facts.timezone)
    listed = [news for news in facts.news if not news.elsewhere]
    left = [news.before for news in facts.news if news.elsewhere]
    return {
        "practice": asdict(practice),
        "recipient": facts.recipient,
        "counterpart": facts.counterpart,
        "provider_email": facts.provider_email,
        "timezone": facts.timezone,
        "sessions": [_session(news, tz) for news in listed[:_MOST]],
        "unlisted": max(len(listed) - _MOST, 0),
        "many": len(listed) > 1,
        "goes_on": facts.goes_on,
        "elsewhere_from": _when(left[0], tz) if left else None,
        "reason": facts.reason,
        "personal": facts.personal,
        "fee": facts.fee,
        "edits": facts.edits,
        "links": asdict(links),
        "reference": reference,
    }


def _session(news: News, tz: ZoneInfo) -> dict[str, Any]:
    return {"before": _when(news.before, tz), "after": _when(news.after, tz)}


def _when(slot: SessionTime | None, tz: ZoneInfo) -> dict[str, str] | None:
    """Return a session's time as a recipient in ``tz`` reads it, the zone named, and its place."""
    if slot is None:
        return None
    start = slot.start.astimezone(tz)
    end = plus_minutes(start, slot.minutes)
    return {
        "day": day(start),
        "short": f"{start:%a} {start.day} {start:%b %Y}, {start:%H:%M}",
        "time": f"{start:%H:%M} to {end:%H:%M} ({tz.key}, {start.tzname()})",
        "place": slot.location,
    }


def day(moment: datetime) -> str:
    """Return a date as people write it: Tuesday, 1 December 2026."""
    return f"{moment:%A}, {moment.day} {moment:%B %Y}"
