"""What should stand in a calendar: the practice-owned fields of one resource, ready to be rendered."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Person(NamedTuple):
    """An organizer or attendee: the address is compared without case, the name is for people."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The practice-owned fields of one VEVENT. ``start`` is aware, in an IANA zone; the duration is in minutes.

    ``recurrence_id`` (aware, the series' zone) is set on an override only: the start that the rule gave the instance.
    """

    start: datetime
    minutes: int
    summary: str
    location: str = ""
    description: str = ""
    recurrence_id: datetime | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """One calendar object resource as the practice wants it: a single event, or master plus overrides.

    ``rule`` is the RRULE value, None for a single event. ``organizer`` and ``attendee`` are None for plain events.
    ``reference`` names the appointment or series in a private property, by which a copy can be proved to be one.
    ``sequence`` is the iTIP SEQUENCE; no component is rendered with a lower one.
    """

    uid: str
    sequence: int
    master: Session
    rule: str | None = None
    exdates: tuple[datetime, ...] = ()
    overrides: tuple[Session, ...] = ()
    organizer: Person | None = None
    attendee: Person | None = None
    reference: str = ""
    related_to: str | None = None
