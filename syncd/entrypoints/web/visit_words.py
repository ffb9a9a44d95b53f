"""What a client's page says: times in their own zone and manner, free times by day, links of the usual calendars."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from syncd.core.errors import UnknownTimezoneError
from syncd.core.events.desired import Session
from syncd.core.messaging.content import SessionTime, slot_of
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.languages import clock, day
from syncd.core.scheduling.money import written
from syncd.core.scheduling.reasons import DEFAULT_REASONS, Reason
from syncd.core.times import instant, plus_minutes, zone, zone_name
from syncd.services.messaging.template_values import Manner
from syncd.services.messaging.visits import Visit, VisitState
from syncd.settings import Settings

_DAYS_A_PAGE = 14
_STAMP = "%Y%m%dT%H%M%SZ"


class FreeTime(NamedTuple):
    """A time that may be chosen: as the form sends it, and as it reads."""

    value: str
    clock: str


class FreeDay(NamedTuple):
    """A day with free times."""

    name: str
    times: list[FreeTime]


class FreeDays(NamedTuple):
    """The days of one page; ``next`` and ``previous`` are the numbers of other pages, None where there is none."""

    days: list[FreeDay]
    previous: int | None
    next: int | None


class ToAdd(NamedTuple):
    """A calendar to which the appointment can be added by a link."""

    name: str
    href: str


_CLIENTS_WORDS = {"client_request": "I cannot come", "client_ill": "I am ill"}


def reasons_said(reasons: Sequence[Reason]) -> list[Reason]:
    """Return reasons in the client's own words, where a practice left theirs as they are shipped."""
    shipped = {one.code: one.label for one in DEFAULT_REASONS}
    return [
        replace(one, label=_CLIENTS_WORDS[one.code])
        if one.code in _CLIENTS_WORDS and one.label == shipped[one.code]
        else one
        for one in reasons
    ]


def manner_for(settings: Settings, found: Visit, wanted: str) -> Manner:
    """Return how a client reads times: in the zone that they ask for, else in their own, else in the provider's."""
    language = found.client.language or settings.practice.language
    try:
        tz = zone(wanted) if wanted else zone(found.client.timezone or found.provider.timezone)
    except UnknownTimezoneError:
        tz = zone(found.client.timezone or found.provider.timezone)
    return Manner(tz, language)


def visit_words(settings: Settings, found: Visit, manner: Manner) -> dict[str, Any]:
    """Return what every page about a client's appointment says."""
    one, provider = found.appointment, found.provider
    theirs = ZoneInfo(zone_name(one.start))
    fee = provider.late_fee if found.state is VisitState.LATE else None
    return {
        "state": found.state,
        "chooses": found.chooses,
        "provider": provider.name,
        "provider_email": provider.email,
        "contact": settings.booking.contact,
        "booking_url": provider.booking_url or "",
        "session": manner.slot(slot_of(one)),
        "starts": instant(one.start),
        "theirs": "" if manner.tz.key == theirs.key else Manner(theirs, manner.language).slot(slot_of(one)),
        "until": manner.moment(found.until),
        "hours": found.hours,
        "fee": written(fee) if fee else "",
        "zone_said": zone_said(manner.tz, one.start),
        "minutes": one.minutes,
    }


def slot_said(manner: Manner, start: datetime, one: Appointment) -> dict[str, str]:
    """Return a session at another start, in the client's manner."""
    return manner.slot(SessionTime(start=start, minutes=one.minutes, location=one.location)) or {}


def zone_said(tz: ZoneInfo, at: datetime) -> str:
    """Return a zone with the letters that it has then."""
    return f"{tz.key} ({at.astimezone(tz).tzname()})"


def days_of(times: Sequence[datetime], manner: Manner, page: int) -> FreeDays:
    """Return the free times of one page, by the client's days; so many days with free times stand on a page."""
    local = [start.astimezone(manner.tz) for start in times]
    days = [
        FreeDay(_day(starts[0], manner), [FreeTime(instant(one).isoformat(), _clock(one, manner)) for one in starts])
        for _, group in groupby(local, key=datetime.date)
        for starts in [list(group)]
    ]
    at = min(max(page, 0), max(len(days) - 1, 0) // _DAYS_A_PAGE)
    shown = days[at * _DAYS_A_PAGE : (at + 1) * _DAYS_A_PAGE]
    return FreeDays(shown, at - 1 if at else None, at + 1 if len(days) > (at + 1) * _DAYS_A_PAGE else None)


def links_to_add(event: Session) -> list[ToAdd]:
    """Return the links by which the usual calendars on the web take an event over; nothing is asked of them here."""
    start, end = instant(event.start), instant(plus_minutes(event.start, event.minutes))
    google = {
        "action": "TEMPLATE",
        "text": event.summary,
        "dates": f"{start.astimezone(UTC):{_STAMP}}/{end.astimezone(UTC):{_STAMP}}",
        "location": event.location,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": event.summary,
        "startdt": start.isoformat(),
        "enddt": end.isoformat(),
        "location": event.location,
    }
    return [
        ToAdd("Google Calendar", f"https://calendar.google.com/calendar/render?{urlencode(google)}"),
        ToAdd("Outlook.com", f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode(outlook)}"),
        ToAdd("Microsoft 365", f"https://outlook.office.com/calendar/0/deeplink/compose?{urlencode(outlook)}"),
    ]


def _day(moment: datetime, manner: Manner) -> str:
    return day(moment, manner.language)


def _clock(moment: datetime, manner: Manner) -> str:
    return clock(moment, manner.language)
