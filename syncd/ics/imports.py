"""Reading a calendar file that another system wrote, as lines to take over; by icalendar, since none of it is ours."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from syncd.core.errors import UnreadableFileError
from syncd.core.scheduling.importing import EXTERNAL_ID, Record
from syncd.ics.addresses import written

_NOT_TAKEN = {
    "RECURRENCE-ID": "It is a session of a series with another time or place: book the series, then reschedule it.",
    "EXDATE": "Sessions of the series are left out: book the series, then cancel these.",
    "RDATE": "It repeats on single dates: give each as an event of its own.",
}


def read_calendar(data: bytes) -> tuple[Record, ...]:
    """Return the events of a calendar file (RFC 5545), numbered from 1. Their UIDs are the external ids.

    The organizer and the attendees stand under ``people``, by their addresses. What cannot be taken over says why.
    Raises `UnreadableFileError` for what is no calendar.
    """
    from icalendar import Calendar  # here: it takes long to load

    try:
        calendars = Calendar.from_ical(data, multiple=True)
    except (ValueError, IndexError, KeyError, UnicodeDecodeError, OSError) as error:  # TZID=America names a folder
        raise UnreadableFileError("The file is no calendar that can be read (RFC 5545).") from error
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if not events:
        raise UnreadableFileError("The calendar holds no event.")
    return tuple(_record(number, event) for number, event in enumerate(events, start=1))


def _record(number: int, event: Any) -> Record:
    if event.errors:
        return Record(number, {}, f"Its {event.errors[0][0]} cannot be read.")
    for name, why in _NOT_TAKEN.items():
        if name in event:
            return Record(number, {}, why)
    start = event.get("DTSTART")
    if "UID" not in event or start is None or not isinstance(start.dt, datetime):
        return Record(number, {}, "It has no UID or no time of the day at which it starts.")
    minutes = _minutes(event, start.dt)
    if minutes is None:
        return Record(number, {}, "It does not say how many minutes it lasts.")
    return Record(number, {name: value for name, value in _values(event, start.dt, minutes) if value})


def _values(event: Any, start: datetime, minutes: int) -> Iterator[tuple[str, str]]:
    yield EXTERNAL_ID, str(event["UID"])
    yield "start", start.isoformat()
    yield "minutes", str(minutes)
    yield "timezone", str(getattr(start.tzinfo, "key", "") or "")
    yield "location", str(event.get("LOCATION", ""))
    yield "repeat", event["RRULE"].to_ical().decode() if "RRULE" in event else ""
    yield "status", "cancelled" if str(event.get("STATUS", "")).upper() == "CANCELLED" else ""
    yield "people", " ".join(_addresses(event))


def _addresses(event: Any) -> Iterator[str]:
    for name in ("ORGANIZER", "ATTENDEE"):
        given = event.get(name, [])
        for one in given if isinstance(given, list) else [given]:
            yield written(str(one))


def _minutes(event: Any, start: datetime) -> int | None:
    """Return how long it lasts by the clock of the world; None where that is not said, or is no number of minutes."""
    span = event["DURATION"].dt if "DURATION" in event else _until(event.get("DTEND"), start)
    minutes, rest = divmod(span, timedelta(minutes=1)) if isinstance(span, timedelta) else (0, timedelta(0))
    return None if rest or minutes < 1 else int(minutes)


def _until(end: Any, start: datetime) -> timedelta | None:
    if end is None or not isinstance(end.dt, datetime) or (end.dt.tzinfo is None) is not (start.tzinfo is None):
        return None
    return end.dt - start if start.tzinfo is None else end.dt.astimezone(UTC) - start.astimezone(UTC)
