"""What a process counts while it works, for whoever watches it. What the record itself can tell is counted there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from syncd.core.claims.claim import ClaimStatus
from syncd.core.events.findings import Severity
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.sync.calendars import CalendarMode, CalendarState
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.work import Load, WorkKind
from syncd.ports.store.counts import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What the record says at one moment, for the same watcher.

    ``calendars`` by state, ``standing``: publications by standing, ``drifts`` by status and severity, ``messages`` and
    ``claims`` by status. ``proof_ages``: seconds since each worked calendar was last proven equal; ``never_proven`` are
    not among them.
    """

    calendars: Mapping[CalendarState, int]
    standing: Mapping[Standing, int]
    drifts: Mapping[tuple[DriftStatus, Severity], int]
    messages: Mapping[MessageStatus, int]
    claims: Mapping[ClaimStatus, int]
    held_claims: int
    work: Mapping[WorkKind, Load]
    proof_ages: Mapping[str, float]
    never_proven: int
    modes: Mapping[CalendarMode, int]
    withheld: int
    unproven: int


class Measures(Protocol):
    """Counts since the process began; to be shared by threads, and never a reason to fail."""

    def request(self, method: str, status: int, seconds: float) -> None:
        """Count a request to a calendar server by how it was answered, and how long that took."""
        ...

    def cycle(self, seconds: float, trouble: str | None) -> None:
        """Count a calendar's cycle that took so long. ``trouble``: the code of what went wrong."""
        ...

    def lease_lost(self, kind: WorkKind) -> None:
        """Count a unit of work that somebody else took over while this process was at it."""
        ...

    def drift(self, drift: Drift) -> None:
        """Count a drift that a cycle found, and how long after the edit it was found and put right, where known."""
        ...


class Uncounted:
    """Counts nothing: for commands, whose process ends before anybody could ask."""

    def request(self, method: str, status: int, seconds: float) -> None:
        """Count nothing."""

    def cycle(self, seconds: float, trouble: str | None) -> None:
        """Count nothing."""

    def lease_lost(self, kind: WorkKind) -> None:
        """Count nothing."""

    def drift(self, drift: Drift) -> None:
        """Count nothing."""
