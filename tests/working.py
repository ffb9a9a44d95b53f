"""Work done in the thread of the test, at a moment of its choosing."""

from collections.abc import Callable
from datetime import datetime, timedelta

from syncd.core.work import Pace, Work, WorkKind
from syncd.ports.store.transaction import Store
from syncd.services.work.leases import Leases
from syncd.services.work.stopping import Stop
from syncd.services.work.units import Done, Journal, Task, Unit, run_unit

YEARS = timedelta(days=1100)


def a_task(kind: WorkKind, handle: Callable[[Unit], Done], *, pace: Pace | None = None, threads: int = 1) -> Task:
    """Return a kind of work with one handler."""
    return Task(kind=kind, handle=handle, pace=pace or Pace(farthest=YEARS), threads=threads)


def work_off(store: Store, task: Task, now: datetime, most: int = 1000) -> list[str]:
    """Do what of a kind is due at ``now``, up to so many units; return the subjects in the order of their turns."""
    leases, stop, journal, done = Leases(store, clock=lambda: now), Stop(), Journal(), list[str]()
    while len(done) < most:
        with store.reading() as tx:
            keys = tx.works.due(task.kind, task.pace, now, most=1, per_queue=1)
        if not keys:
            break
        for held in leases.take(task.kind, task.pace, [keys[0].subject]):
            run_unit(task, held, store, stop, lambda: now, journal)
            done.append(held.lease.subject)
    return done


def work_on(store: Store, kind: WorkKind, subject: str) -> Work:
    """Return a unit that is on record."""
    with store.reading() as tx:
        work = tx.works.get(kind, subject)
    assert work is not None
    return work


def is_due(store: Store, kind: WorkKind, now: datetime, pace: Pace | None = None) -> list[str]:
    """Return the subjects of a kind that are due, the longest due first."""
    with store.reading() as tx:
        keys = tx.works.due(kind, pace or Pace(farthest=YEARS), now, most=1000, per_queue=1000)
    return [key.subject for key in keys]
