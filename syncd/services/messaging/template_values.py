"""What a template gets to write with: plain values, times already in the recipient's own zone and manner."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from syncd.core.messaging.content import Facts, News, SessionTime
from syncd.core.scheduling.languages import clock, day, short_day
from syncd.core.texts import in_one_line, printable
from syncd.core.times import plus_minutes, zone

YOURSELF = "You"
"""The writer of personal words, where their reader wrote them."""
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
    """Addresses of pages, each "" where there is none.

    ``movable`` is the session that ``reschedule`` is about, ``movable_until`` when that link ends to work.
    """

    reschedule: str = ""
    booking: str = ""
    accept: str = ""
    dismiss: str = ""
    movable: datetime | None = None
    movable_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """How a recipient reads times: in which zone, and by the clock of which language."""

    tz: ZoneInfo
    language: str

    def moment(self, moment: datetime) -> str:
        """Return a moment: Tuesday, 1 December 2026, 10:00."""
        local = moment.astimezone(self.tz)
        return f"{day(local, self.language)}, {clock(local, self.language)}"

    def zoned(self, moment: datetime) -> str:
        """Return a moment with its zone."""
        local = moment.astimezone(self.tz)
        return f"{self.moment(local)} ({self.tz.key}, {local.tzname()})"

    def slot(self, slot: SessionTime | None) -> dict[str, str] | None:
        """Return a session's day, time (its zone named), and place; None for none."""
        if slot is None:
            return None
        start = slot.start.astimezone(self.tz)
        return {
            "day": day(start, self.language),
            "short": f"{short_day(start, self.language)}, {clock(start, self.language)}",
            **self._span(start, plus_minutes(start, slot.minutes)),
            "place": in_one_line(slot.location),
        }

    def _span(self, start: datetime, end: datetime) -> dict[str, str]:
        """Return the hours, the zone in which they are, and both as ``time``."""
        first, last = clock(start, self.language), clock(end, self.language)
        next_day = " the next day" if end.date() != start.date() else ""
        if start.tzname() != end.tzname():  # the clocks change meanwhile
            hours, zoned = f"{first} {start.tzname()} to {last} {end.tzname()}{next_day}", f"({self.tz.key})"
        else:
            hours, zoned = f"{first} to {last}{next_day}", f"({self.tz.key}, {start.tzname()})"
        return {"hours": hours, "zone": zoned, "time": f"{hours} {zoned}"}


def manner_of(facts: Facts) -> Manner:
    """Return how the recipient of a message reads times."""
    return Manner(zone(facts.timezone), facts.language)


def template_values(
    facts: Facts, practice: PracticeDetails, links: PageLinks, reference: str, method: str | None = None
) -> dict[str, Any]:
    """Return the values that the templates of all kinds use: times as texts, what there is none of as "" or None."""
    manner = manner_of(facts)
    listed = [news for news in facts.news if not news.elsewhere]
    left = [news.before for news in facts.news if news.elsewhere]
    return {
        "practice": {name: in_one_line(text) for name, text in asdict(practice).items()},
        "recipient": in_one_line(facts.recipient),
        "counterpart": in_one_line(facts.counterpart),
        "provider_email": facts.provider_email,
        "timezone": facts.timezone,
        "sessions": [_session(news, manner) for news in listed[:_MOST]],
        "unlisted": max(len(listed) - _MOST, 0),
        "many": len(listed) > 1,
        "goes_on": facts.goes_on,
        "elsewhere_from": manner.slot(left[0]) if left else None,
        "reason": in_one_line(facts.reason),
        "personal": printable(facts.personal),
        "personal_heading": _heading(facts),
        "fee": facts.fee,
        "answers_unread": method == "REQUEST" and not facts.asks,
        "answers_read": method == "REQUEST" and facts.asks,
        "taken_back": method == "CANCEL" and any(news.after for news in facts.news),
        "session": manner.slot(facts.session),
        "proposed": manner.slot(facts.proposed),
        "late": facts.late,
        "edits": [in_one_line(edit) for edit in facts.edits],
        "kept": facts.kept,
        "count": facts.count,
        "unlisted_edits": max(facts.count - len(facts.edits), 0),
        "links": {**asdict(links), **_movable(links, manner)},
        "reference": reference,
    }


def _heading(facts: Facts) -> str:
    if facts.writer == YOURSELF:
        return "You wrote:"
    return f"{in_one_line(facts.writer)} writes:" if facts.writer else "A personal word:"


def _movable(links: PageLinks, manner: Manner) -> Mapping[str, str]:
    moments = {"movable": links.movable, "movable_until": links.movable_until}
    return {name: manner.moment(moment) if moment else "" for name, moment in moments.items()}


def _session(news: News, manner: Manner) -> dict[str, Any]:
    before, after = manner.slot(news.before), manner.slot(news.after)
    changed = {name for name in before if before[name] != after[name]} if before and after else set()
    return {"before": before, "after": after, "changed": changed}
