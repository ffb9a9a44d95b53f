"""The daemon's workers: one per calendar, so many per host, and a stop that waits for what is under way."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from syncd.entrypoints.daemon.workshop import Job, Workshop


class Bench:
    """Work that ends when it is let go, and counts itself."""

    def __init__(self, *, fails: bool = False) -> None:
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self._fails = fails
        self._may_end = threading.Event()
        self._changed = threading.Condition()

    def __call__(self, calendar_id: str) -> bool:
        with self._changed:
            for what in (calendar_id, "all"):
                self.running[what] += 1
                self.most[what] = max(self.most[what], self.running[what])
            self._changed.notify_all()
        self._may_end.wait(10)
        with self._changed:
            self.running.subtract([calendar_id, "all"])
            self.done[calendar_id] += 1
            self._changed.notify_all()
        return not self._fails

    def let_go(self) -> None:
        self._may_end.set()

    def wait_running(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.running["all"] == count, 10)

    def wait_done(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.done.total() == count, 10)


@contextmanager
def a_workshop(bench: Bench, *, workers: int = 4, per_host: int = 4) -> Iterator[Workshop]:
    workshop = Workshop(bench, workers=workers, per_host=per_host, rest=60)
    try:
        yield workshop
    finally:
        bench.let_go()
        assert workshop.stop(10)


def jobs(*ids: str, host: str = "dav.example.com") -> list[Job]:
    return [Job(one, host) for one in ids]


def test_a_calendar_stays_due_while_it_is_worked() -> None:
    """However often a calendar is offered, one worker is at it."""
    bench = Bench()
    with a_workshop(bench) as workshop:
        workshop.offer(jobs("a"))
        assert bench.wait_running(1)
        workshop.offer(jobs("a"))
        workshop.offer(jobs("a", "b"))
        assert bench.wait_running(2)
    assert bench.most["a"] == 1
    assert bench.done == {"a": 1, "b": 1}


def test_many_calendars_live_on_one_host() -> None:
    """A host gets no more workers than it is allowed, and the rest follow as these end."""
    bench = Bench()
    with a_workshop(bench, per_host=2) as workshop:
        workshop.offer(jobs("a", "b", "c", "d"))
        assert bench.wait_running(2)
        bench.let_go()
        assert bench.wait_done(4)
    assert bench.most["all"] == 2


def test_a_slow_host_is_full() -> None:
    """Calendars on other hosts do not wait for a host that is at its limit."""
    bench = Bench()
    with a_workshop(bench, per_host=1) as workshop:
        workshop.offer([*jobs("a", "b"), *jobs("c", host="other.example.com")])
        assert bench.wait_running(2)
        assert bench.running["c"] == 1


def test_all_workers_are_busy() -> None:
    """There are never more workers than allowed; what waits is taken up when one is free."""
    bench = Bench()
    with a_workshop(bench, workers=1) as workshop:
        workshop.offer(jobs("a", "b"))
        assert bench.wait_running(1)
        bench.let_go()
        assert bench.wait_done(2)
    assert bench.most["all"] == 1


def test_a_cycle_met_trouble() -> None:
    """A calendar whose cycle met trouble rests, though it is still due: no busy loop."""
    bench = Bench(fails=True)
    bench.let_go()
    with a_workshop(bench) as workshop:
        workshop.offer(jobs("a"))
        assert bench.wait_done(1)
        assert bench.wait_running(0)
        workshop.offer(jobs("b"))
        assert bench.wait_done(2)
        workshop.offer(jobs("a", "c"))
        assert bench.wait_done(3)
    assert bench.done == {"a": 1, "b": 1, "c": 1}


def test_it_stops_while_cycles_run() -> None:
    """A stop begins nothing that waits and says whether what was under way has ended."""
    bench = Bench()
    workshop = Workshop(bench, workers=1, per_host=1, rest=60)
    workshop.offer(jobs("a", "b"))
    assert bench.wait_running(1)
    assert not workshop.stop(0.05)
    bench.let_go()
    assert workshop.stop(10)
    assert bench.done == {"a": 1}
