"""Letting go of what is over, in small steps: each is a transaction of its own, so that nobody waits for it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.claims.holds import ClaimRules, HoldCode
from syncd.core.work import Key, WorkKind
from syncd.ports.store.pruning import Litter, Mark
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.claims.claims import views_of
from syncd.services.work.stopping import StoppingError
from syncd.services.work.units import Done, Unit

DAILY = timedelta(days=1)
PRUNER = "pruning"
"""Who prunes by itself."""

_GONE = timedelta(days=1)
"""A worker that was not heard of for so long is there no more."""

_AT_ONCE = 500
_FOUND_AT_ONCE = 10_000

_OF_NO_SESSION = frozenset({HoldCode.CANCELLED, HoldCode.NO_SHOW})
"""Holds that rest on no edit: nothing took place."""

Check = Callable[[], None]
"""Raises `StoppingError` when all is to stop."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is over is kept; a kind without an entry is kept for good."""

    kept: Mapping[Litter, timedelta]

    def before(self, litter: Litter, now: datetime) -> datetime | None:
        """Return before when it must have been over to go."""
        kept = self.kept.get(litter)
        return None if kept is None else now - kept


@dataclass(frozen=True, slots=True)
class Pruning:
    """Prunes once a day."""

    store: Store
    retention: Retention

    def expect(self, now: datetime) -> None:
        """See to it that it is done, from now on."""
        with self.store.transaction() as tx:
            tx.works.add(Key(WorkKind.PRUNE, "all"), now)

    def prune(self, unit: Unit) -> Done:
        """Let go of what is over, and of workers that are gone."""
        _prune(unit.store, self.retention, unit.now, PRUNER, unit.stop.check)

        def settle(tx: Transaction) -> datetime:
            for worker in tx.works.workers():
                if worker.seen_at < unit.now - _GONE:
                    tx.works.leave(worker.id)
            return unit.now + DAILY

        return Done(settle=settle, durable=True)


def prune(store: Store, retention: Retention, by: Principal, now: datetime) -> Mapping[Litter, int]:
    """Let go of all that is over; return how much of each kind that was. Safe to repeat, and beside a daemon."""
    require(by, Permission.MANAGE_SYSTEM)
    return _prune(store, retention, now, by.name, lambda: None)


def prunable(store: Store, retention: Retention, by: Principal, now: datetime) -> Mapping[Litter, int]:
    """Return how much of each kind `prune` would let go of now; changes nothing.

    Events that would be watched no longer from now on keep their texts for some time still, so these count once.
    """
    require(by, Permission.MANAGE_SYSTEM)
    found = Counter(dict.fromkeys(Litter, 0))
    for litter, before in _cuts(retention, now):
        found[litter] = sum(len(marks) for marks in _portions(store, litter, before, now))
    return found


def _prune(store: Store, retention: Retention, now: datetime, actor: str, check: Check) -> Mapping[Litter, int]:
    done = Counter(dict.fromkeys(Litter, 0))
    try:
        for litter, before in _cuts(retention, now):
            for marks in _portions(store, litter, before, now):
                check()
                with store.transaction(durable=False) as tx:
                    done[litter] += tx.prunings.let_go(litter, before, marks)
    except StoppingError:
        _record(store, done, actor, now)
        raise
    _record(store, done, actor, now)
    return done


def _record(store: Store, done: Mapping[Litter, int], actor: str, now: datetime) -> None:
    details: dict[str, Any] = {str(litter): number for litter, number in done.items() if number}
    if details:
        record = AuditRecord(at=now, actor=actor, action="store.pruned", subject="database", details=details)
        with store.transaction() as tx:
            tx.audit.append([record])


def _cuts(retention: Retention, now: datetime) -> Iterator[tuple[Litter, datetime]]:
    for litter in Litter:
        before = retention.before(litter, now)
        if before is not None:
            yield litter, before


def _portions(store: Store, litter: Litter, before: datetime, now: datetime) -> Iterator[Sequence[Mark]]:
    """Yield what is over in portions; it is looked for without a lock."""
    after: Mark | None = None
    while True:
        with store.reading() as tx:
            found = tx.prunings.over(litter, before, after=after, limit=_FOUND_AT_ONCE)
        for start in range(0, len(found), _AT_ONCE):
            portion = found[start : start + _AT_ONCE]
            kept = partial(_without_claims, store, now=now) if litter is Litter.DRIFTS else list
            if left := kept(portion):
                yield left
        if len(found) < _FOUND_AT_ONCE:
            return
        after = found[-1]


def _without_claims(store: Store, drifts: Sequence[Mark], *, now: datetime) -> list[Mark]:
    """Return the drifts on which no claim rests: none of theirs has a hold, under the strictest rules there are."""
    with store.reading() as tx:
        concerned = tx.drifts.concerned_by(mark[0] for mark in drifts)
        claims = tx.claims.of_appointments({one for those in concerned.values() for one in those})
        shown = views_of(tx, claims, ClaimRules(), now)
    held = {view.claim.appointment_id for view in shown if view.codes - _OF_NO_SESSION}
    return [mark for mark in drifts if not held.intersection(concerned[mark[0]])]
