"""The engine of threads: asks what is due, takes it when a thread is free, and does it."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import structlog

from syncd.core.errors import SyncdError
from syncd.core.work import Key, WorkKind
from syncd.ports.store.transaction import Store
from syncd.services.work.backlog import Backlog
from syncd.services.work.leases import Clock, Held, Leases, utc_now
from syncd.services.work.stopping import Stop
from syncd.services.work.units import Journal, Task, key_of, run_unit

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_MOST = 2000
"""So many due units of a kind are looked at at a time."""

_PER_QUEUE = 200
"""And of these so many of one queue: a host with thousands of them hides no other."""


_LOOK_AGAIN = 2.0
"""Seconds after which who waits for a batch looks whether it goes on."""


class _Lane:
    """One kind's share of the threads. ``has_more``: not all that was due could be listed."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.backlog = Backlog(task.per_queue)
        self.has_more = False

    @property
    def free_threads(self) -> int:
        return self.task.threads - self.backlog.running


class Runner:
    """Does the work of one store in threads of this process.

    A unit is taken, in a statement that asks again whether it is due, when a thread is there to begin it. ``is_alone``
    is False where limits per queue hold over many processes: then the store counts.
    """

    def __init__(
        self,
        tasks: Iterable[Task],
        store: Store,
        leases: Leases,
        stop: Stop,
        *,
        clock: Clock = utc_now,
        is_alone: bool = True,
    ) -> None:
        self._lanes = [_Lane(task) for task in tasks]
        self._store = store
        self._leases = leases
        self._stop = stop
        self._clock = clock
        self._is_alone = is_alone
        self._journal = Journal()
        self.guard = Guard()
        self._changed = threading.Condition()
        threads = sum(lane.task.threads for lane in self._lanes)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="worker")

    def tick(self) -> None:
        """Ask what is due, and begin what can begin. Never raises; trouble with the store is logged once."""
        with self.guard():
            for lane in self._lanes:
                self._refill(lane)
                self._begin(lane)

    def do(self, kind: WorkKind, subjects: Sequence[str]) -> None:
        """Do those of the subjects that are still due and free; return when that is done, or all are to stop."""
        (lane,) = (lane for lane in self._lanes if lane.task.kind is kind)
        wanted = set(subjects)
        with self.guard():
            keys = self._keys(kind, subjects)
            with self._changed:
                lane.backlog.extend(keys)
            self._begin(lane)
        while not self._is_over(lane, wanted):
            with self.guard():  # a store that was away while the last unit ended left the rest unbegun
                self._begin(lane)

    def _is_over(self, lane: _Lane, wanted: set[str]) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._stop.is_set or not lane.backlog.has_any(wanted), _LOOK_AGAIN)

    def all_due(self, most: int) -> list[Key]:
        """Return what is due, of each kind and queue no more than so many."""
        found: list[Key] = []
        with self._store.reading() as tx:
            for lane in self._lanes:
                task = lane.task
                found += tx.works.due(task.kind, task.pace, self._clock(), most=_MOST, per_queue=most)
        return found

    def _keys(self, kind: WorkKind, subjects: Sequence[str]) -> list[Key]:
        with self._store.reading() as tx:
            works = tx.works.list(kind, subjects)
        return [Key(kind, subject, works[subject].queue) for subject in subjects if subject in works]

    def free_abandoned(self) -> None:
        """Give back what nobody is at. Never raises."""
        with self.guard():
            self._leases.free_abandoned()

    def stop(self, timeout: float) -> bool:
        """Begin nothing more, wait for what is under way; return whether all of it ended in time."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
            ended = self._changed.wait_for(lambda: not self.running, timeout)
        self._pool.shutdown(wait=ended)
        return ended

    def run_dry(self) -> None:
        """Work until nothing is due: for tests and for one round."""
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            self.tick()
            with self._changed:
                self._changed.wait_for(lambda: not self.running, 60)
                if not any(lane.has_more or len(lane.backlog) for lane in self._lanes) and not self._is_anything_due():
                    return

    @property
    def running(self) -> int:
        """How many units run."""
        return sum(lane.backlog.running for lane in self._lanes)

    def _is_anything_due(self) -> bool:
        return any(self._due(lane, 1) for lane in self._lanes)

    def _due(self, lane: _Lane, most: int = _MOST) -> list[Key]:
        task = lane.task
        with self._store.reading() as tx:
            per_queue = _MOST if task.per_queue is None else _PER_QUEUE
            return list(tx.works.due(task.kind, task.pace, self._clock(), most=most, per_queue=per_queue))

    def _refill(self, lane: _Lane) -> None:
        if self._stop.is_set:
            return
        keys = self._due(lane)
        longest = max(Counter(key.queue for key in keys).values(), default=0) if lane.task.per_queue else 0
        with self._changed:
            lane.backlog.replace(keys)
            lane.has_more = len(keys) >= _MOST or longest >= _PER_QUEUE

    def _begin(self, lane: _Lane) -> None:
        """Take and begin what there are threads for; list what is due again where the list was not all."""
        while not self._stop.is_set:
            with self._changed:
                chosen = lane.backlog.begin(lane.free_threads)
                is_used_up = lane.has_more and not len(lane.backlog)
            if chosen:
                self._submit(lane, chosen)
            if is_used_up and lane.free_threads:
                self._refill(lane)
            elif not chosen:
                return

    def _submit(self, lane: _Lane, chosen: list[Key]) -> None:
        helds: list[Held] = []
        try:
            per_queue = None if self._is_alone else lane.task.per_queue
            subjects = [key.subject for key in chosen]
            helds = self._leases.take(
                lane.task.kind, lane.task.pace, subjects, per_queue=per_queue, load=lane.task.load
            )
        finally:
            taken = {held.lease.subject for held in helds}
            with self._changed:
                for key in chosen:
                    if key.subject not in taken:
                        lane.backlog.ended(key)
                self._changed.notify_all()
        for held in helds:
            self._pool.submit(self._work, lane, held)

    def _work(self, lane: _Lane, held: Held) -> None:
        with self.guard():
            try:
                run_unit(lane.task, held, self._store, self._stop, self._clock, self._journal)
            finally:
                with self._changed:
                    lane.backlog.ended(key_of(held.lease))
                    self._changed.notify_all()
        with self.guard():
            self._begin(lane)


class Guard:
    """Keeps trouble from ending a thread: it is logged, the same trouble once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trouble = ""

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Run the block; whatever it raises is logged."""
        try:
            yield
        except SyncdError as error:
            with self._lock:
                is_news, self._trouble = error.message != self._trouble, error.message
            if is_news:
                log.error("cannot work", code=error.code, message=error.message)  # noqa: TRY400 - says it all
        except Exception:
            log.exception("a worker failed unexpectedly")
        else:
            self._trouble = ""
