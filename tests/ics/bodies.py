"""Builders of what the practice wants and of bodies as providers' programs leave them; a reader that is not ours."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from syncd.core.events.desired import Desired, Person, Session

NEW_YORK = ZoneInfo("America/New_York")
STAMP = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = STAMP + timedelta(days=1)
PRACTICE = Person("desk@practice.example", "Example Practice")
PROVIDER = Person("dana@example.org", "Dana Example")
WEEKLY = "FREQ=WEEKLY;COUNT=8"


def a_session(
    start: datetime = datetime(2026, 12, 1, 10, tzinfo=NEW_YORK),
    *,
    minutes: int = 50,
    summary: str = "Session A. E.",
    location: str = "Room 2",
    description: str = "Managed by the practice.",
    recurrence_id: datetime | None = None,
    cancelled: bool = False,
) -> Session:
    return Session(
        start=start,
        minutes=minutes,
        summary=summary,
        location=location,
        description=description,
        recurrence_id=recurrence_id,
        cancelled=cancelled,
    )


def a_desired(
    master: Session | None = None,
    *,
    sequence: int = 0,
    rule: str | None = None,
    exdates: tuple[datetime, ...] = (),
    overrides: tuple[Session, ...] = (),
    organizer: Person | None = PRACTICE,
    attendee: Person | None = PROVIDER,
    related_to: str | None = None,
) -> Desired:
    return Desired(
        uid="apt-1@syncd.example",
        sequence=sequence,
        master=master or a_session(),
        rule=rule,
        exdates=exdates,
        overrides=overrides,
        organizer=organizer,
        attendee=attendee,
        reference="apt-1",
        related_to=related_to,
    )


def week(number: int, hour: int = 10) -> datetime:
    """Return the start that WEEKLY gives the instance of that number, counted from 0, or another hour of its day."""
    return datetime(2026, 12, 1, hour, tzinfo=NEW_YORK) + timedelta(weeks=number)


def an_override(number: int, hour: int = 11) -> Session:
    """Return the override that moves an instance of WEEKLY to another hour of its day."""
    return a_session(week(number, hour), recurrence_id=week(number))


def edited(body: bytes, *edits: tuple[str, str]) -> bytes:
    """Return ``body`` with each first text replaced by the second, which must be there: an edit by a program."""
    text = unfolded(body)
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.replace("\n", "\r\n").encode()


def unfolded(body: bytes) -> str:
    return body.decode().replace("\r\n ", "").replace("\r\n", "\n")


def with_lines(body: bytes, *lines: str, event: int = 0) -> bytes:
    """Return ``body`` with lines added at the end of its VEVENT of that number."""
    parts = unfolded(body).split("END:VEVENT")
    parts[event] += "".join(f"{line}\n" for line in lines)
    return "END:VEVENT".join(parts).replace("\n", "\r\n").encode()


def an_alarm(minutes: int = 15) -> tuple[str, ...]:
    return ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Reminder", f"TRIGGER:-PT{minutes}M", "END:VALARM")


def foreign_override(at: str, *lines: str, sequence: int = 0) -> str:
    """Return a VEVENT that a provider's program added for one instance; ``at`` is the value after RECURRENCE-ID."""
    head = ("BEGIN:VEVENT", "UID:apt-1@syncd.example", "DTSTAMP:20261101T120000Z", f"SEQUENCE:{sequence}")
    return "\n".join((*head, f"RECURRENCE-ID{at}", *lines, "END:VEVENT", "END:VCALENDAR"))


def events(body: bytes) -> list[Any]:
    """Return the VEVENTs as icalendar reads them (Any: the union of all its value types says nothing)."""
    return list(icalendar.Calendar.from_ical(body).events)


def event_texts(body: bytes) -> list[str]:
    """Return the unfolded text of each VEVENT."""
    return [part.split("END:VEVENT")[0] for part in unfolded(body).split("BEGIN:VEVENT")[1:]]
