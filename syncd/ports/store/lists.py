"""Lists as people read them: sorted, filtered, searched and cut into pages, each row with the names that it shows.

A page costs the same whatever the store holds: it goes on after a cursor, which holds the sort key of the last row
seen. A cursor is made and read by the store alone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, NamedTuple, Protocol, TypeVar

from syncd.core.audit.chain import ChainLink
from syncd.core.claims.claim import Claim, ClaimStatus
from syncd.core.claims.holds import HoldCode
from syncd.core.events.findings import Kind, Severity
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.reporting.alerts import Objectives
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.people import Client, Provider
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.ports.store.audit import AuditQuery

MOST_COUNTED = 10_000
"""What fits is counted exactly up to here; one more stands for all that is above."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which part of a list is wanted: ``size`` rows after ``cursor`` (None: from its beginning), in an order.

    ``counted``: whether it matters how many there are in all; else ``total`` counts this part alone.
    """

    sort: str = ""
    size: int = 25
    cursor: str | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Found(Generic[Row]):
    """A part of a list. ``total`` counts all that fit, up to one above `MOST_COUNTED`; ``next`` is None at the end."""

    rows: Sequence[Row]
    total: int
    next: str | None


class CalendarStanding(StrEnum):
    """How a calendar stands; the first that holds.

    ``stopped``: it waits for a person. ``edited``: an edit in it waits for a decision. ``unproven``: a full comparison
    is missing or too old. ``agrees``: one found every event right.
    """

    STOPPED = "stopped"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"
    EDITED = "edited"
    UNPROVEN = "unproven"
    AGREES = "agrees"


class DriftSort(StrEnum):
    """Orders of the drift list. ``urgent``: the gravest first, then by session."""

    URGENT = "urgent"
    FOUND = "found"
    SESSION = "session"
    PROVIDER = "provider"


class ClaimSort(StrEnum):
    """Orders of the list of claims."""

    DATE = "date"
    NEWEST = "newest"
    LONGEST = "longest"


class AppointmentSort(StrEnum):
    """Orders of the list of appointments."""

    START = "start"
    LATEST = "latest"


class CalendarSort(StrEnum):
    """Orders of the list of calendars. ``worst``: by standing, then by provider."""

    WORST = "worst"
    PROVIDER = "provider"
    PROOF = "proof"


class MessageSort(StrEnum):
    """Orders of the outbox."""

    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFilter:
    """Which drifts; None leaves a condition out. ``text``: in a person's name, the place or an id.

    ``found_before``: detected before then. ``session_from`` ≤ the session's start < ``session_before``.
    """

    status: DriftStatus | None = None
    severity: Severity | None = None
    kind: Kind | None = None
    provider_id: str | None = None
    calendar_id: str | None = None
    found_from: datetime | None = None
    found_before: datetime | None = None
    session_from: datetime | None = None
    session_before: datetime | None = None
    text: str | None = None
    ids: Collection[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """A drift with the people and the session that it is about; ``start`` and ``end`` are in the session's zone."""

    drift: Drift
    provider: str
    client: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFilter:
    """Which claims; None leaves a condition out. ``in_drift``: filed, and an edit of it is open.

    ``for_a_person``: held by what only a person lifts.
    """

    status: ClaimStatus | None = None
    hold: HoldCode | None = None
    provider_id: str | None = None
    since: date | None = None
    until: date | None = None
    text: str | None = None
    in_drift: bool = False
    for_a_person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    """A claim with its people."""

    claim: Claim
    provider: str
    client: str
    start: datetime
    in_drift: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentFilter:
    """Which appointments; None leaves a condition out. ``text``: in a person's name, the place or an id."""

    provider_id: str | None = None
    client_id: str | None = None
    status: AppointmentStatus | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRow:
    """An appointment with its people, its claim's status and how many edits of it are open."""

    appointment: Appointment
    provider: str
    client: str
    claim: ClaimStatus
    open_drifts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """Which messages; None leaves a condition out. ``provider_id``: those to that provider alone."""

    appointment_id: str | None = None
    status: MessageStatus | None = None
    kind: str | None = None
    provider_id: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A message with the people and the session that it is about. ``due_at``: when it is tried next."""

    message: Message
    provider: str
    client: str
    start: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFilter:
    """Which calendars; None leaves a condition out."""

    standing: CalendarStanding | None = None
    provider_id: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRow:
    """A calendar and how it stands. ``sessions``: of its provider within seven days; ``due_at``: its next look."""

    calendar: Calendar
    provider: str
    timezone: str
    standing: CalendarStanding
    open_drifts: int
    sessions: int
    due_at: datetime | None
    attempts: int


class Waiting(NamedTuple):
    """How many of each wait for a person: what stands beside the names of the pages."""

    drifts: int
    calendars: int
    claims: int
    messages: int


class Happening(NamedTuple):
    """A record of the audit trail, with the provider, the client and the session that it is about, where it is one."""

    link: ChainLink
    provider: str | None
    client: str | None
    start: datetime | None


class Overview(NamedTuple):
    """The numbers of the first page. ``waiting``: as `Lists.waiting`. ``claim_dates``: open drifts of that severity.

    ``held_else``: of the held claims those that no open edit holds; ``held_since``: the one that waits longest.
    ``oldest_proof`` and ``last_look`` are of the calendars that are worked; ``never_proven`` counts those without one.
    """

    waiting: Waiting
    claim_dates: int
    held_else: int
    held_since: datetime | None
    queued: int
    calendars: int
    never_proven: int
    oldest_proof: datetime | None
    last_look: datetime | None


class Lists(Protocol):
    """Pages of lists, and the numbers that lead to them. Raises `InvalidValueError` for a cursor that is none."""

    def waiting(self, provider_id: str | None = None) -> Waiting:
        """Return what waits for a person, of all or of one provider: one query."""
        ...

    def overview(self, provider_id: str | None = None) -> Overview:
        """Return the numbers of the first page, of all or of one provider: one query."""
        ...

    def drifts(self, wanted: DriftFilter, part: Part) -> Found[DriftRow]:
        """Return drifts, ordered by `DriftSort`."""
        ...

    def claims(self, wanted: ClaimFilter, part: Part) -> Found[ClaimRow]:
        """Return claims, ordered by `ClaimSort`."""
        ...

    def appointments(self, wanted: AppointmentFilter, part: Part) -> Found[AppointmentRow]:
        """Return appointments, ordered by `AppointmentSort`."""
        ...

    def messages(self, wanted: MessageFilter, part: Part) -> Found[MessageRow]:
        """Return messages, ordered by `MessageSort`."""
        ...

    def calendars(self, wanted: CalendarFilter, part: Part, now: datetime, within: Objectives) -> Found[CalendarRow]:
        """Return calendars, ordered by `CalendarSort`; what was not proven ``within`` its objective is unproven."""
        ...

    def standings(
        self, now: datetime, within: Objectives, provider_id: str | None = None
    ) -> Mapping[CalendarStanding, int]:
        """Return how many calendars stand how; 0 is there too."""
        ...

    def lately(self, size: int, provider_id: str | None = None) -> Sequence[Happening]:
        """Return the last records of the audit trail, newest first, with whom each is about; not who signed in."""
        ...

    def audit(self, wanted: AuditQuery, part: Part) -> Found[Happening]:
        """Return records of the audit trail, newest first."""
        ...

    def providers(self, text: str | None, part: Part) -> Found[Provider]:
        """Return providers by name."""
        ...

    def clients(self, text: str | None, part: Part) -> Found[Client]:
        """Return clients by name."""
        ...

    def names(self, ids: Collection[str]) -> Mapping[str, str]:
        """Return the names of providers and clients by id, of those that are there."""
        ...
