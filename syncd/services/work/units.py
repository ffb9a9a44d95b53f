"""One unit of work: what its kind is told, what it answers, and how each end of it is written down."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from syncd.core.errors import ConflictError, SyncdError
from syncd.core.work import BusyError, Key, Lease, LeaseLostError, Pace, Trouble, WorkKind
from syncd.ports.errors import StoreUnavailableError
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.work.correlation import correlated
from syncd.services.work.fencing import FencedStore
from syncd.services.work.leases import Clock, Held, Load, Settle
from syncd.services.work.stopping import Stop, StoppingError

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_IN_A_MOMENT = timedelta(seconds=5)
"""After so long it is tried again where somebody else was at what it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What a handler is told: the subject, the moment, and a store that only who has the lease can write to."""

    held: Held
    now: datetime
    store: Store
    stop: Stop

    @property
    def subject(self) -> str:
        """What the work is about."""
        return self.held.lease.subject

    @property
    def attempts(self) -> int:
        """How often it has failed in a row."""
        return self.held.lease.attempts


def at_rest(_tx: Transaction) -> None:
    """Leave nothing to do until there is news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a unit ended. ``settle`` writes what it owns as it is given back, and says when it is due again.

    With ``trouble`` it failed; then ``settle`` may be left out, and the kind's back-off says when it is tried again, as
    it does with ``backs_off`` whatever ``settle`` says. ``durable``: what it writes must not be lost with the machine's
    power.
    """

    settle: Settle | None = None
    trouble: Trouble | None = None
    backs_off: bool = False
    durable: bool = False


def due_at(moment: datetime | None) -> Settle:
    """Return a settlement that writes nothing and is due again at ``moment``."""
    return lambda _tx: moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A kind of work: what does it, how it follows in time, how many units of it run at a time, and in one queue.

    What ``handle`` has given back itself is only logged. ``load`` reads what a unit is about as it is taken.
    ``is_private``: errors' words are kept out of the log, since they may quote what a server said about a person.
    """

    kind: WorkKind
    handle: Callable[[Unit], Done]
    pace: Pace
    threads: int = 1
    per_queue: int | None = None
    is_private: bool = False
    load: Load | None = None


def trouble_of(error: Exception) -> Trouble:
    """Return what is written down about an error; the text of an unforeseen one may hold anything and stays out."""
    if isinstance(error, SyncdError):
        return Trouble(error.code, error.message)
    return Trouble("unexpected", f"Something unexpected went wrong ({type(error).__name__}). The log says more.")


def run_unit(task: Task, held: Held, store: Store, stop: Stop, clock: Clock, journal: "Journal") -> None:
    """Do one unit that was taken, and give it back, however it ends. Raises only what the store raises."""
    with correlated():
        _run_unit(task, held, store, stop, clock(), journal)


def _run_unit(task: Task, held: Held, store: Store, stop: Stop, now: datetime, journal: "Journal") -> None:
    leases = held.leases
    try:
        stop.check()
        done = task.handle(Unit(held=held, now=now, store=FencedStore(store, held), stop=stop))
        _finish(task, held, done, now)
        journal.note(task, held.lease, done.trouble)
    except StoppingError:
        leases.give_back(held, now)
    except (BusyError, ConflictError):  # somebody else was at the same things: not this subject's trouble
        leases.give_back(held, now + _IN_A_MOMENT)
    except LeaseLostError:
        leases.forget(held)
        log.warning("work was taken over", kind=held.lease.kind, subject=held.lease.subject)
    except StoreUnavailableError:
        if not held.is_returned:
            leases.give_back(held, now)
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes this subject's state and nobody else's
        journal.note(task, held.lease, trouble_of(error), None if isinstance(error, SyncdError) else error)
        with suppress(LeaseLostError):
            _finish(task, held, Done(trouble=trouble_of(error)), now)


def _finish(task: Task, held: Held, done: Done, now: datetime) -> None:
    if held.is_returned:
        return
    retry_at = task.pace.retry_at(now, held.lease.attempts + 1)

    def settle(tx: Transaction) -> datetime | None:
        due = done.settle(tx) if done.settle else None
        return retry_at if done.backs_off or (done.trouble and not done.settle) else due

    held.leases.finish(held, settle, now, done.trouble, durable=done.durable)


class Journal:
    """Logs how units end: the same trouble of a subject once, and that it is over."""

    def __init__(self) -> None:
        self._told: dict[tuple[WorkKind, str], Trouble] = {}

    def note(self, task: Task, lease: Lease, trouble: Trouble | None, unforeseen: Exception | None = None) -> None:
        """Log what went wrong, unless it was logged for this subject before; an ``unforeseen`` error in full."""
        name = (lease.kind, lease.subject)
        before = self._told.pop(name, None)
        if trouble is None:
            if before is not None:
                log.info("work goes well again", kind=lease.kind, subject=lease.subject)
            return
        self._told[name] = trouble
        if trouble == before:
            return
        if unforeseen is not None:
            log.error("work failed unexpectedly", kind=lease.kind, subject=lease.subject, exc_info=unforeseen)
            return
        message = None if task.is_private else trouble.message
        log.warning("work failed", kind=lease.kind, subject=lease.subject, code=trouble.code, message=message)


def key_of(lease: Lease) -> Key:
    """Return which unit a lease is about."""
    return Key(lease.kind, lease.subject, lease.queue)
