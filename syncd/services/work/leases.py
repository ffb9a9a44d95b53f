"""Leases in hand: taking, renewing and giving back, in one process.

What this process has is on its own register. That, and no guess by names, says whether one of its leases is still
worked on: one that the record says is ours and the register does not know is free at once.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog

from syncd.core.errors import SyncdError
from syncd.core.work import HEARTBEAT, LEASE, BusyError, Key, Lease, LeaseLostError, Pace, Trouble, WorkKind
from syncd.ports.errors import StoreUnavailableError
from syncd.ports.measures import Measures, Uncounted
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.work.owners import is_dead, process_owner

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
Settle = Callable[[Transaction], datetime | None]
"""Writes what a unit of work owns as it is given back; returns when it is due again, None: it rests."""

Load = Callable[[Transaction, str], object]
"""Reads what a unit is about, in the transaction that takes it: an idle cycle has few others."""

_LOOK_AGAIN = 0.1
"""Seconds between two attempts of a command to take what somebody else has."""


def utc_now() -> datetime:
    """Return the moment by this machine's clock."""
    return datetime.now(UTC)


class Held:
    """A lease that this process has. ``loaded`` is what was asked to be read in the transaction that took it."""

    def __init__(self, leases: "Leases", lease: Lease, since: float) -> None:
        """Note that ``lease`` was taken, or is being renewed, since that reading of the monotonic clock."""
        self.leases = leases
        self.lease = lease
        self.loaded: object = None
        self.is_returned = False
        self._is_lost = False
        self._good_until = since + LEASE.total_seconds()

    def check(self) -> None:
        """Raise `LeaseLostError` when the lease is lost, or ran out without being renewed."""
        if self._is_lost or time.monotonic() > self._good_until:
            raise LeaseLostError(kind=self.lease.kind, subject=self.lease.subject)

    def renewed(self, since: float) -> None:
        """Note that it was renewed, as was asked at that reading of the monotonic clock."""
        self._good_until = since + LEASE.total_seconds()

    def lost(self) -> bool:
        """Note that somebody else has it; return whether that is news."""
        is_news, self._is_lost = not self._is_lost, True
        return is_news


class Leases:
    """Takes and gives back work of one store for this process.

    ``patience``: seconds for which a person's command waits for work that somebody else has. ``measures`` counts what
    was lost.
    """

    def __init__(
        self, store: Store, *, clock: Clock = utc_now, patience: float = 0.0, measures: Measures | None = None
    ) -> None:
        """Nothing is asked of the store yet."""
        self._store = store
        self._clock = clock
        self._patience = patience
        self._measures = measures or Uncounted()
        self._taking = threading.Lock()
        self._catching_up = threading.Lock()
        self._unreturned: list[Lease] = []
        self._is_in_doubt = False

    def take(
        self,
        kind: WorkKind,
        pace: Pace,
        subjects: Sequence[str],
        *,
        per_queue: int | None = None,
        load: Load | None = None,
    ) -> list[Held]:
        """Take those that are still due and free. The leases begin now."""
        with self._taking, self._doubting():
            since = time.monotonic()
            with self._store.transaction(durable=False) as tx:
                leases = tx.works.take(kind, pace, subjects, process_owner(), self._clock(), per_queue=per_queue)
                loaded = [load(tx, lease.subject) if load else None for lease in leases]
            return [self._register(lease, since, it) for lease, it in zip(leases, loaded, strict=True)]

    @contextmanager
    def now(self, kind: WorkKind, subject: str, load: Load | None = None) -> Iterator[Held]:
        """Have one unit, due or not, for the block; what is not finished in it is given back as it was.

        Raises `BusyError` while somebody else has it, and what ``load`` raises; nothing is taken then.
        """
        held = self._take_now(Key(kind, subject), load)
        try:
            yield held
        finally:
            if not held.is_returned:
                self.give_back(held, held.lease.was_due)

    def finish(
        self, held: Held, settle: Settle, now: datetime, trouble: Trouble | None = None, *, durable: bool = False
    ) -> None:
        """Give back what was done, or failed with ``trouble``, in one transaction with what ``settle`` writes.

        Raises `LeaseLostError`, and then nothing was written.
        """

        def write(tx: Transaction) -> None:
            tx.works.finish(held.lease, now, settle(tx), trouble)

        self._return(held, write, durable=durable)

    def give_back(self, held: Held, due_at: datetime | None) -> None:
        """Give back what was not done. That it was lost meanwhile does not matter."""
        try:
            self._return(held, lambda tx: tx.works.give_back(held.lease, due_at))
        except LeaseLostError:
            log.debug("work was taken over", kind=held.lease.kind, subject=held.lease.subject)

    def forget(self, held: Held) -> None:
        """Note that a unit is no more, or that somebody else has it."""
        held.is_returned = True
        _REGISTER.drop(held)

    def free_abandoned(self) -> None:
        """Give back what dead processes have, and what the record says is ours though nobody here is at it."""
        with self._store.reading() as tx:
            owners = tx.works.owners()
        for owner in owners:
            if owner == process_owner() or is_dead(owner):
                self._free(owner)

    def beat(self, helds: Sequence[Held]) -> None:
        """Renew these leases, and give back what could not be given back before."""
        since = time.monotonic()
        with self._store.transaction(durable=False) as tx:
            lost = tx.works.heartbeat([held.lease for held in helds], self._clock())
        for held in helds:
            if held.lease in lost:
                self._note_lost(held)
            else:
                held.renewed(since)
        self._catch_up()

    @property
    def owes(self) -> bool:
        """Tell whether something is left to be given back."""
        return bool(self._unreturned) or self._is_in_doubt

    def close(self) -> None:
        """Renew and give back nothing more, before the store is closed: what is left there counts as abandoned."""
        _REGISTER.let_go(lambda other: other is self)

    def _note_lost(self, held: Held) -> None:
        if held.lost():
            self._measures.lease_lost(held.lease.kind)

    def _catch_up(self) -> None:
        with self._catching_up:  # the heartbeat's thread and whoever calls `beat` would give the same back twice
            while self._unreturned:
                self._give_back_late(self._unreturned[0])
                self._unreturned.pop(0)
            if self._is_in_doubt:
                self._free(process_owner())
                self._is_in_doubt = False

    def _give_back_late(self, lease: Lease) -> None:
        try:
            with self._store.transaction(durable=False) as tx:
                tx.works.give_back(lease, self._clock())
        except LeaseLostError:
            log.debug("work was taken over", kind=lease.kind, subject=lease.subject)

    def _take_now(self, key: Key, load: Load | None) -> Held:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return self._try_now(key, load)
            except BusyError as busy:
                owner = str(busy.details.get("owner"))
                abandoned = is_dead(owner) or (owner == process_owner() and not _REGISTER.knows(key))
                if abandoned:
                    self._free(owner)
                elif time.monotonic() >= deadline:
                    raise BusyError(**{key.kind: key.subject}) from None
                else:
                    time.sleep(_LOOK_AGAIN)

    def _try_now(self, key: Key, load: Load | None) -> Held:
        with self._taking, self._doubting():
            since = time.monotonic()
            with self._store.transaction(durable=False) as tx:
                lease = tx.works.take_now(key, process_owner(), self._clock())
                loaded = load(tx, key.subject) if load else None
            return self._register(lease, since, loaded)

    def _free(self, owner: str) -> None:
        with self._taking:
            ours = _REGISTER.leases() if owner == process_owner() else ()
            with self._store.transaction() as tx:
                freed = tx.works.free(owner, ours)
        if freed:
            log.info("work of nobody is free again", owner=owner, units=freed)

    def _register(self, lease: Lease, since: float, loaded: object) -> Held:
        held = Held(self, lease, since)
        held.loaded = loaded
        _REGISTER.add(held)
        return held

    def _return(self, held: Held, write: Callable[[Transaction], None], *, durable: bool = False) -> None:
        try:
            with self._store.transaction(durable=durable) as tx:
                write(tx)
        except StoreUnavailableError:
            self._unreturned.append(held.lease)
            self.forget(held)
            raise
        except SyncdError as error:
            if isinstance(error, LeaseLostError):
                self._note_lost(held)
                self.forget(held)
            raise  # it is still held: whoever asked may give it back in another way
        except BaseException:
            self.forget(held)
            raise
        self.forget(held)

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """Where the store fails while something is taken, nobody knows whether it was: see later."""
        try:
            yield
        except StoreUnavailableError:
            self._is_in_doubt = True
            _REGISTER.owing(self)
            raise


class _Register:
    """All leases that this process has, and the thread that renews them while there are any."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: dict[tuple[WorkKind, str, int], Held] = {}
        self._owing: set[Leases] = set()
        self._thread: threading.Thread | None = None
        self._beating = threading.Lock()

    def add(self, held: Held) -> None:
        """Note a lease that was taken."""
        with self._changed:
            self._held[_name(held.lease)] = held
            self._see_to_a_thread()

    def drop(self, held: Held) -> None:
        """Note that a lease is given back, lost or forgotten."""
        with self._changed:
            self._held.pop(_name(held.lease), None)
        if held.leases.owes:
            self.owing(held.leases)

    def owing(self, leases: Leases) -> None:
        """Note that something is to be given back as soon as the store can be reached."""
        with self._changed:
            self._owing.add(leases)
            self._see_to_a_thread()
            self._changed.notify_all()

    def let_go(self, of: Callable[[Leases], bool]) -> None:
        """Drop what is held or owed by those leases, and let a renewal under way end, for a second at most."""
        with self._changed:
            self._held = {name: held for name, held in self._held.items() if not of(held.leases)}
            self._owing = {leases for leases in self._owing if not of(leases)}
            self._changed.notify_all()
        if self._beating.acquire(timeout=1):
            self._beating.release()

    def knows(self, key: Key) -> bool:
        """Tell whether somebody in this process is at a unit."""
        with self._changed:
            return any(name[:2] == key[:2] for name in self._held)

    def leases(self) -> list[Lease]:
        """Return all leases that this process has."""
        with self._changed:
            return [held.lease for held in self._held.values()]

    def _see_to_a_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)
            self._thread.start()

    def _beat_on(self) -> None:
        while True:
            with self._changed:
                pause = _LOOK_AGAIN * 10 if self._owing else HEARTBEAT.total_seconds()
                self._changed.wait(pause)
                if not (self._held or self._owing):
                    self._thread = None
                    return
            with self._beating:
                for leases, helds in self._groups().items():
                    self._beat(leases, helds)

    def _groups(self) -> dict[Leases, list[Held]]:
        with self._changed:
            groups: dict[Leases, list[Held]] = {leases: [] for leases in self._owing}
            for held in self._held.values():
                groups.setdefault(held.leases, []).append(held)
        return groups

    def _beat(self, leases: Leases, helds: list[Held]) -> None:
        try:
            leases.beat(helds)
        except SyncdError as error:
            log.warning("leases could not be renewed", code=error.code, message=error.message, leases=len(helds))
        except Exception:
            log.exception("leases could not be renewed, unexpectedly")
        with self._changed:
            if not leases.owes:
                self._owing.discard(leases)


def _name(lease: Lease) -> tuple[WorkKind, str, int]:
    return lease.kind, lease.subject, lease.token


_REGISTER = _Register()
