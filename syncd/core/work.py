"""Work: what comes due, who has it, and how long it may take. The store keeps it; ``services/work`` does it.

A unit of work is (kind, subject). Nobody has it, or one worker does, by a lease: the lease's ``token`` rises with every
take, so that whoever lost a lease is known by it and can write nothing any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from syncd.core.errors import RefusalError, SyncdError

LEASE = timedelta(seconds=60)
"""How long a worker that stopped breathing keeps others from its work; one that lives renews its lease."""

HEARTBEAT = timedelta(seconds=15)
"""How often a lease is renewed while its work goes on."""

_SLACK = timedelta(seconds=2)
"""So much may the clocks of two machines, or one clock before and after it was set, differ without any consequence."""


class BusyError(RefusalError):
    """Another worker is at it; it will be done in a moment."""

    code = "busy"


class LeaseLostError(SyncdError):
    """Another worker has taken that work over meanwhile; nothing was written."""

    code = "lease_lost"


class WorkKind(StrEnum):
    """What work there is. What does each, and how often, is said once: in ``services/kinds``."""

    CALENDAR = "calendar"
    MESSAGE = "message"
    CLAIM = "claim"
    SERIES = "series"
    DIGEST = "digest"
    PRUNE = "prune"
    ALERT = "alert"
    NOTICE = "notice"
    CERTIFICATE = "certificate"
    WEBHOOK = "webhook"
    INBOX = "inbox"

    @property
    def label(self) -> str:
        """What it is called where people read it."""
        return _LABELS[self]


_LABELS = {
    WorkKind.CALENDAR: "calendar's cycle",
    WorkKind.MESSAGE: "message's delivery",
    WorkKind.CLAIM: "claim's proof",
    WorkKind.SERIES: "series' extension",
    WorkKind.DIGEST: "report by mail",
    WorkKind.PRUNE: "pruning",
    WorkKind.ALERT: "round of alerts",
    WorkKind.NOTICE: "alert's delivery",
    WorkKind.CERTIFICATE: "look at certificates",
    WorkKind.WEBHOOK: "webhook's delivery",
    WorkKind.INBOX: "look into the mailbox",
}


ALERT_ROUND = "round"
"""The one unit of work of the kind `WorkKind.ALERT`."""


class Key(NamedTuple):
    """A unit of work. ``queue``: the host of a calendar; empty where no two units get into each other's way."""

    kind: WorkKind
    subject: str
    queue: str = ""


class Trouble(NamedTuple):
    """Why a unit of work failed: the error's code, and its words."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a kind of work follows in time.

    ``farthest`` is the longest time for which it may legitimately wait, ``longest`` the longest while it fails; what is
    due later than that was written by a clock that was wrong, and counts as due. After failures it waits ``first``,
    then twice as long each time, up to ``longest``.
    """

    farthest: timedelta
    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)

    def retry_at(self, now: datetime, attempts: int) -> datetime:
        """Return when to try again after so many attempts in a row that failed."""
        return now + min(self.first * (1 << min(max(attempts - 1, 0), 16)), self.longest)

    def too_far(self, now: datetime) -> datetime:
        """Return from when on a due time is taken for wrong."""
        return now + self.farthest + _SLACK

    def too_far_failing(self, now: datetime) -> datetime:
        """Return from when on the next attempt of what fails is taken for wrong."""
        return now + max(self.longest, self.first) + _SLACK


def lease_too_far(now: datetime) -> datetime:
    """Return from when on the end of a lease is taken for wrong."""
    return now + LEASE + _SLACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """That somebody has a unit of work, as it was when it was taken.

    ``pokes`` counts the times that there was news about the subject, ``attempts`` those that failed in a row.
    ``was_due`` is when it had been due, where one person's word took it before its time; None: it was at rest.
    """

    kind: WorkKind
    subject: str
    queue: str
    owner: str
    token: int
    pokes: int
    attempts: int
    was_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A unit of work as people see it. ``due_at``: None while it rests; while somebody has it, when the lease ends."""

    kind: WorkKind
    subject: str
    queue: str
    due_at: datetime | None
    attempts: int
    last_error: str | None
    last_error_code: str | None
    last_tried_at: datetime | None
    last_success_at: datetime | None
    owner: str | None
    leased_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much of a kind is due, how much of that is late, and how many seconds the oldest has waited."""

    due: int = 0
    late: int = 0
    late_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A process that does work: where it runs, since when, when it was last heard of, and under which engine."""

    id: str
    host: str
    pid: int
    engine: str
    started_at: datetime
    seen_at: datetime
