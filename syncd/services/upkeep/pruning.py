"""Letting go of what is over: publications that nobody watches any more, and units of work that rest for good."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core.work import Key, WorkKind
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.sync.publications import retire
from syncd.services.work.units import Done, Unit

DAILY = timedelta(days=1)
_PASSING = (WorkKind.MESSAGE, WorkKind.DIGEST, WorkKind.NOTICE)
_KEPT = timedelta(days=30)
"""So long it can be seen how the delivery of a message went, and a lease on it that was lost is known as such."""

_GONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pruning:
    """Prunes once a day. ``watch``: for how long after its last session an event is watched."""

    store: Store
    watch: timedelta

    def expect(self, now: datetime) -> None:
        """See to it that it is done, from now on."""
        with self.store.transaction() as tx:
            tx.works.add(Key(WorkKind.PRUNE, "all"), now)

    def prune(self, unit: Unit) -> Done:
        """Let go of what is over."""
        retire(unit.store, unit.now - self.watch)

        def settle(tx: Transaction) -> datetime:
            tx.works.forget_resting(_PASSING, unit.now - _KEPT)
            tx.notices.prune(unit.now - _KEPT)
            for worker in tx.works.workers():
                if worker.seen_at < unit.now - _GONE:
                    tx.works.leave(worker.id)
            return unit.now + DAILY

        return Done(settle=settle, durable=True)
