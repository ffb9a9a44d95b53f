"""The port to the record of work: what is due, who has it, and how it went."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from syncd.core.work import Key, Lease, Load, Pace, Trouble, Work, Worker, WorkKind


class Works(Protocol):
    """What comes due, and who has it.

    News, ends and give-backs are written as the last thing in the transaction, in one order for all, so that no two
    transactions wait for each other.
    """

    def poke(self, *keys: Key, due_at: datetime | None = None, at_once: bool = False) -> None:
        """Say that there is news about subjects: each is due at ``due_at``, or now, if it was not due before.

        What fails keeps its back-off, unless ``at_once``: a person's word ends it. Work that somebody has is due again
        when it is given back. What is not on record yet is added.
        """
        ...

    def add(self, key: Key, due_at: datetime) -> None:
        """Put a unit on record, unless it is there."""
        ...

    def remove(self, *keys: Key) -> None:
        """Forget units; whoever has one has lost it."""
        ...

    def get(self, kind: WorkKind, subject: str) -> Work | None:
        """Return one unit."""
        ...

    def list(self, kind: WorkKind, subjects: Iterable[str]) -> Mapping[str, Work]:
        """Return these units of a kind by subject."""
        ...

    def failing(self) -> Sequence[Work]:
        """Return what failed at its last attempt, by kind and subject."""
        ...

    def taken(self) -> Sequence[Work]:
        """Return what somebody has, by owner."""
        ...

    def load(self, now: datetime, late_after: timedelta) -> Mapping[WorkKind, Load]:
        """Return how much of each kind is due."""
        ...

    def due(self, kind: WorkKind, pace: Pace, now: datetime, *, most: int, per_queue: int) -> Sequence[Key]:
        """Return what of a kind is due and free, the longest due first, of each queue no more than ``per_queue``.

        Due is, too, what is due later than its pace ever allows: a wrong clock wrote that.
        """
        ...

    def take(
        self, kind: WorkKind, pace: Pace, subjects: Sequence[str], owner: str, now: datetime, *, per_queue: int | None
    ) -> Sequence[Lease]:
        """Take those that are still due and free; ``per_queue``: no more of a queue than so many, all owners together.

        One statement asks and takes.
        """
        ...

    def take_now(self, key: Key, owner: str, now: datetime) -> Lease:
        """Take one whether it is due or not; ``was_due`` says when it would have been.

        Raises `BusyError` with the owner's name in ``details["owner"]`` while somebody has it.
        """
        ...

    def hold(self, lease: Lease) -> None:
        """Raise `LeaseLostError` unless the lease is good; it then stays good until the transaction ends."""
        ...

    def heartbeat(self, leases: Iterable[Lease], now: datetime) -> frozenset[Lease]:
        """Renew leases; return those that are lost."""
        ...

    def finish(self, lease: Lease, now: datetime, due_at: datetime | None, trouble: Trouble | None = None) -> None:
        """Give back what was done, or with ``trouble`` failed; due then, or now if there was news meanwhile.

        Raises `LeaseLostError` at the transaction's end.
        """
        ...

    def give_back(self, lease: Lease, due_at: datetime | None) -> None:
        """Give back what was not done: no attempt is counted. Raises `LeaseLostError` at the transaction's end."""
        ...

    def free(self, owner: str, but: Iterable[Lease] = ()) -> int:
        """Give back, as due now, what ``owner`` has, but for these leases; return how many units that was."""
        ...

    def owners(self) -> frozenset[str]:
        """Return who has any work."""
        ...

    def see(self, worker: Worker) -> None:
        """Note that a worker is there."""
        ...

    def leave(self, worker_id: str) -> None:
        """Note that a worker is there no more."""
        ...

    def workers(self) -> Sequence[Worker]:
        """Return the workers that are on record, by host and process."""
        ...
