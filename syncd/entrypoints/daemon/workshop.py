"""The workers: a pool of threads that sees to calendars, one thread for each, and no more per host than allowed."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple


class Job(NamedTuple):
    """A calendar that is due, and the host that it lives on."""

    calendar_id: str
    host: str


class Workshop:
    """Runs ``work`` for each offered calendar. ``work`` returns whether all went well; it must not raise.

    A calendar with which something went wrong rests for ``rest`` seconds, so that what stays due is no busy loop.
    """

    def __init__(self, work: Callable[[str], bool], *, workers: int, per_host: int, rest: float) -> None:
        self._work = work
        self._workers, self._per_host, self._rest = workers, per_host, rest
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="worker")
        self._changed = threading.Condition()
        self._waiting: dict[str, Job] = {}
        self._running: dict[str, Job] = {}
        self._resting: dict[str, float] = {}
        self._stopped = False

    def offer(self, jobs: Iterable[Job]) -> None:
        """Take what is due now in place of what was offered before."""
        now = time.monotonic()
        with self._changed:
            self._resting = {calendar: until for calendar, until in self._resting.items() if until > now}
            self._waiting = {
                job.calendar_id: job
                for job in jobs
                if job.calendar_id not in self._running and job.calendar_id not in self._resting
            }
            self._start_what_may_start()

    def stop(self, timeout: float) -> bool:
        """Start nothing more; wait for what is under way. Returns whether all of it ended in time."""
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            ended = self._changed.wait_for(lambda: not self._running, timeout)
        self._pool.shutdown(wait=ended)
        return ended

    def _start_what_may_start(self) -> None:
        hosts = Counter(job.host for job in self._running.values())
        for job in list(self._waiting.values()):
            if self._stopped or len(self._running) >= self._workers:
                return
            if hosts[job.host] < self._per_host:
                hosts[job.host] += 1
                self._running[job.calendar_id] = self._waiting.pop(job.calendar_id)
                self._pool.submit(self._run, job)

    def _run(self, job: Job) -> None:
        went_well = self._work(job.calendar_id)
        with self._changed:
            del self._running[job.calendar_id]
            if not went_well:
                self._resting[job.calendar_id] = time.monotonic() + self._rest
            self._start_what_may_start()
            self._changed.notify_all()
