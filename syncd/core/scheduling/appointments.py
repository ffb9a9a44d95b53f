"""Appointments and series as the practice's record holds them, and how they change."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from syncd.core.scheduling.money import Money
from syncd.core.scheduling.people import Party
from syncd.core.times import plus_minutes, zone_name


class AppointmentStatus(StrEnum):
    """Where an appointment stands."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


class Scope(StrEnum):
    """Which instances of a series a change is about."""

    THIS = "this"
    FUTURE = "future"
    ALL = "all"


class SourceKind(StrEnum):
    """What a publication publishes."""

    APPOINTMENT = "appointment"
    SERIES = "series"


class SourceRef(NamedTuple):
    """The single appointment or the series that stands in a calendar as one resource."""

    kind: SourceKind
    id: str


class LateFee(NamedTuple):
    """The late-cancellation fee that was due, whether it was waived, and who (actor) decided so."""

    amount: Money
    waived: bool
    decided_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """Why, by whom and when an appointment was cancelled.

    ``note`` is for the record, not for the client; ``message`` is the personal word to the client in the notice.
    ``fee`` is None where none was due.
    """

    reason: str
    by: Party
    at: datetime
    note: str = ""
    message: str = ""
    fee: LateFee | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One session of a provider with a client; an instance of a series is one too.

    ``start`` is local time in an IANA zone; the instant is derived from it. ``recurrence_id`` is the start that the
    series' rule gave this instance, None for a single appointment. ``sequence`` is the iTIP SEQUENCE of its ``uid``
    for a single one; an instance follows its series. ``version`` rises with every stored change.
    """

    id: str
    uid: str
    provider_id: str
    client_id: str
    start: datetime
    minutes: int
    status: AppointmentStatus = AppointmentStatus.BOOKED
    location: str = ""
    sequence: int = 0
    series_id: str | None = None
    recurrence_id: datetime | None = None
    cancellation: Cancellation | None = None
    version: int = 1

    @property
    def timezone(self) -> str:
        """The IANA zone in which the start was agreed."""
        return zone_name(self.start)

    @property
    def end(self) -> datetime:
        """The end, in the appointment's own zone."""
        return plus_minutes(self.start, self.minutes)

    @property
    def date_of_service(self) -> date:
        """The local date of the start in the appointment's zone: what the claim must say."""
        return self.start.date()

    @property
    def source(self) -> SourceRef:
        """What stands for this appointment in a calendar: itself, or its series."""
        if self.series_id is not None:
            return SourceRef(SourceKind.SERIES, self.series_id)
        return SourceRef(SourceKind.APPOINTMENT, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Appointments that repeat by an RRULE (RFC 5545 section 3.3.10), published as one calendar object resource.

    ``start`` is the first instance's local start; ``rule`` the RRULE value without ``RRULE:``. Those instances that the
    rule gives before ``extended_until`` stand in the store as appointments (None: all of them, the rule gives no more);
    what differs from the rule there (moved, cancelled) is published as override or EXDATE. ``split_from`` is the UID of
    the series that this one carries on. ``allow_overlap``: it was said to be meant that its client has another
    appointment, with another provider, at the same time as one of its sessions.
    """

    id: str
    uid: str
    provider_id: str
    client_id: str
    start: datetime
    minutes: int
    rule: str
    location: str = ""
    sequence: int = 0
    extended_until: datetime | None = None
    split_from: str | None = None
    cancelled: bool = False
    allow_overlap: bool = False
    version: int = 1

    @property
    def source(self) -> SourceRef:
        """The series as what a publication publishes."""
        return SourceRef(SourceKind.SERIES, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of an appointment's history: append-only. ``before`` and ``after`` hold the fields that changed."""

    appointment_id: str
    at: datetime
    kind: str
    by: Party
    actor: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    note: str = ""
