"""The engine of threads: everything once, no host that delays another, no subject that ends another's work."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from structlog.typing import EventDict

from syncd.adapters.db import SqlStore
from syncd.core.errors import SyncdError
from syncd.core.work import Key, Pace, WorkKind
from syncd.ports.errors import StoreUnavailableError
from syncd.services.work.leases import Leases
from syncd.services.work.runner import Runner
from syncd.services.work.stopping import Stop
from syncd.services.work.units import Done, Task, Unit, due_at
from tests.working import is_due, work_on

KIND = WorkKind.CALENDAR
HOUR = timedelta(hours=1)
PACE = Pace(farthest=2 * HOUR)


def put(store: SqlStore, *subjects: str, queue: str = "", kind: WorkKind = KIND) -> None:
    with store.transaction() as tx:
        for subject in subjects:
            tx.works.add(Key(kind, subject, queue), datetime.now(UTC) - HOUR)


class Bench:
    """Work that counts itself, and ends when it is let go; subjects may be made to hang or fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.done: Counter[str] = Counter()
        self.running: Counter[str] = Counter()
        self.most = 0
        self.error = error
        self.moments: list[datetime] = []
        self.gates: dict[str, threading.Event] = {}
        self._changed = threading.Condition()

    def __call__(self, unit: Unit) -> Done:
        with self._changed:
            self.running[unit.subject] += 1
            self.most = max(self.most, self.running.total())
            self.moments.append(unit.now)
            self._changed.notify_all()
        gate = self.gates.get(unit.subject.partition("-")[0])
        if gate is not None:
            gate.wait(30)
        with self._changed:
            self.running[unit.subject] -= 1
            self.done[unit.subject] += 1
            self._changed.notify_all()
        if self.error is not None and unit.subject.startswith("bad"):
            raise self.error
        return Done(settle=due_at(unit.now + HOUR))

    def wait(self, is_so: Callable[[], bool], seconds: float = 20) -> bool:
        with self._changed:
            return self._changed.wait_for(is_so, seconds)


@contextmanager
def a_runner(store: SqlStore, bench: Bench, *, threads: int = 4, per_queue: int | None = None) -> Iterator[Runner]:
    task = Task(kind=KIND, handle=bench, pace=PACE, threads=threads, per_queue=per_queue)
    runner = Runner([task], store, Leases(store), Stop())
    try:
        yield runner
    finally:
        for gate in bench.gates.values():
            gate.set()
        assert runner.stop(20)


def test_a_backlog(sqlite_store: SqlStore) -> None:
    """So many units are done exactly once each, each at a moment of its own."""
    put(sqlite_store, *(f"{number:03}" for number in range(300)), queue="host")
    bench = Bench()
    with a_runner(sqlite_store, bench, per_queue=3) as runner:
        runner.run_dry()
    assert (len(bench.done), bench.done.total()) == (300, 300)
    assert bench.most <= 3
    assert len(set(bench.moments)) > 100
    assert is_due(sqlite_store, KIND, datetime.now(UTC), PACE) == []


def test_a_backlog_and_two_processes(store: SqlStore) -> None:
    """Two runners share it: no unit is done twice, and both take part."""
    put(store, *(f"{number:03}" for number in range(120)))
    benches = [Bench(), Bench()]
    with a_runner(store, benches[0]) as one, a_runner(store, benches[1]) as two:
        threads = [threading.Thread(target=runner.run_dry) for runner in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sum((bench.done for bench in benches), start=Counter()) == {f"{number:03}": 1 for number in range(120)}
    assert all(bench.done for bench in benches)


def test_a_host_that_hangs(sqlite_store: SqlStore) -> None:
    """Its calendars hold as many threads as it may have; those of other hosts go on, however many of its own wait."""
    put(sqlite_store, *(f"slow-{number}" for number in range(250)), queue="slow.example.com")
    put(sqlite_store, *(f"quick-{number}" for number in range(20)), queue="quick.example.com")
    bench = Bench()
    bench.gates["slow"] = threading.Event()
    with a_runner(sqlite_store, bench, per_queue=2) as runner:
        runner.tick()
        assert bench.wait(lambda: sum(subject.startswith("quick") for subject in bench.done) == 20)
        assert sum(bench.running.values()) == 2


def test_what_runs_is_not_begun_again(sqlite_store: SqlStore) -> None:
    """However often it is asked what is due."""
    put(sqlite_store, "slow-1")
    bench = Bench()
    bench.gates["slow"] = threading.Event()
    with a_runner(sqlite_store, bench) as runner:
        for _ in range(5):
            runner.tick()
        assert bench.wait(lambda: bench.running.total() == 1)
    assert bench.done == {"slow-1": 1}


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [(SyncdError("The server is on fire."), "failed", "on fire"), (ZeroDivisionError(), "unexpected", "unexpected")],
)
def test_a_subject_that_fails(sqlite_store: SqlStore, error: Exception, code: str, words: str) -> None:
    """Any exception becomes that subject's state with back-off; nobody else notices."""
    put(sqlite_store, "bad-1", "good-1", "good-2")
    bench = Bench(error)
    with structlog.testing.capture_logs() as logs, a_runner(sqlite_store, bench, threads=1) as runner:
        runner.run_dry()
    assert set(bench.done) == {"bad-1", "good-1", "good-2"}
    work = work_on(sqlite_store, KIND, "bad-1")
    assert (work.attempts, work.last_error_code, work.owner) == (1, code, None)
    assert words in str(work.last_error)
    assert work.due_at is not None
    assert work.last_tried_at is not None
    assert work.due_at == work.last_tried_at + PACE.first
    unforeseen = [entry for entry in logs if "exc_info" in entry]
    assert bool(unforeseen) is (code == "unexpected")


def test_the_same_trouble_again(sqlite_store: SqlStore) -> None:
    """It is logged once for a subject, and once more that it is over."""
    put(sqlite_store, "bad-1")
    bench = Bench(SyncdError("The server is on fire."))
    logs: list[EventDict]
    with structlog.testing.capture_logs() as logs, a_runner(sqlite_store, bench) as runner:
        for error in (bench.error, bench.error, bench.error, None):
            bench.error = error
            with sqlite_store.transaction() as tx:
                tx.works.poke(Key(KIND, "bad-1"), at_once=True)
            runner.run_dry()
    assert [entry["event"] for entry in logs] == ["work failed", "work goes well again"]


def test_attempts_in_a_row(sqlite_store: SqlStore) -> None:
    """The pause doubles up to its longest."""
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    pauses = [(PACE.retry_at(now, attempts) - now) / PACE.first for attempts in range(1, 9)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_told_to_stop(sqlite_store: SqlStore) -> None:
    """Nothing more is begun, what runs may end, and whether it has is said truly."""
    put(sqlite_store, "slow-1", "slow-2", "slow-3")
    bench = Bench()
    bench.gates["slow"] = threading.Event()
    with a_runner(sqlite_store, bench, threads=2) as runner:
        runner.tick()
        assert bench.wait(lambda: bench.running.total() == 2)
        assert not runner.stop(0.05)
        bench.gates["slow"].set()
        assert runner.stop(20)
        runner.tick()
        assert bench.done.total() == 2
    assert len(is_due(sqlite_store, KIND, datetime.now(UTC), PACE)) == 1


def test_a_long_unit_heeds_the_stop(sqlite_store: SqlStore) -> None:
    """What is left in its middle is given back, due at once and without an attempt counted."""
    put(sqlite_store, "a")
    begun = threading.Event()

    def work(unit: Unit) -> Done:
        begun.set()
        while not unit.stop.wait(0.01):
            pass
        unit.stop.check()
        return Done()

    runner = Runner([Task(kind=KIND, handle=work, pace=PACE)], sqlite_store, Leases(sqlite_store), Stop())
    runner.tick()
    assert begun.wait(10)
    started = time.monotonic()
    assert runner.stop(8)
    assert time.monotonic() - started < 2
    work_left = work_on(sqlite_store, KIND, "a")
    assert (work_left.owner, work_left.attempts) == (None, 0)
    assert is_due(sqlite_store, KIND, datetime.now(UTC), PACE) == ["a"]


def test_told_to_stop_amid_a_large_backlog(sqlite_store: SqlStore) -> None:
    """However much is due, the stop takes no longer than what runs, and nothing is left in anybody's hands."""
    put(sqlite_store, *(f"{number:05}" for number in range(20_000)))
    bench = Bench()
    with a_runner(sqlite_store, bench, threads=2) as runner:
        runner.tick()
        assert bench.wait(lambda: bench.done.total() > 20)
        started = time.monotonic()
        assert runner.stop(8)
        assert time.monotonic() - started < 5
    with sqlite_store.reading() as tx:
        assert tx.works.taken() == []
    assert set(bench.done.values()) == {1}


def test_the_store_is_away(sqlite_store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said once, no thread dies of it, and work goes on when the store is back."""
    put(sqlite_store, "a")
    bench = Bench()

    @contextmanager
    def away() -> Iterator[None]:
        raise StoreUnavailableError
        yield

    with structlog.testing.capture_logs() as logs, a_runner(sqlite_store, bench) as runner:
        monkeypatch.setattr(sqlite_store, "reading", away)
        for _ in range(5):
            runner.tick()
        monkeypatch.undo()
        runner.run_dry()
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["cannot work"]
    assert bench.done == {"a": 1}


def test_nothing_is_due(sqlite_store: SqlStore) -> None:
    """An idle tick writes nothing."""
    put(sqlite_store, "a")
    bench = Bench()
    with a_runner(sqlite_store, bench) as runner:
        runner.run_dry()

        def writes(*_: object, **__: object) -> None:
            raise AssertionError("an idle tick wrote")

        sqlite_store.transaction, kept = writes, sqlite_store.transaction  # type: ignore[method-assign, assignment]
        for _ in range(3):
            runner.tick()
        sqlite_store.transaction = kept  # type: ignore[method-assign]
    assert bench.done == {"a": 1}
