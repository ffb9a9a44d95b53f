"""The record of work: what is due, who has it, and what becomes of it, on both databases."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from syncd.adapters.db import SqlStore
from syncd.core.work import LEASE, BusyError, Key, Lease, LeaseLostError, Pace, Trouble, Work, WorkKind
from tests.builders import NOW

KIND = WorkKind.CALENDAR
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PACE = Pace(farthest=10 * MINUTE)
TROUBLE = Trouble("unreachable", "Nobody answers.")


@pytest.fixture
def works(store: SqlStore) -> SqlStore:
    store.clock = lambda: NOW
    return store


def put(store: SqlStore, *subjects: str, due_at: datetime = NOW, queue: str = "") -> None:
    with store.transaction() as tx:
        for subject in subjects:
            tx.works.add(Key(KIND, subject, queue), due_at)


def due(store: SqlStore, now: datetime = NOW, most: int = 100, per_queue: int = 100) -> list[str]:
    with store.reading() as tx:
        return [key.subject for key in tx.works.due(KIND, PACE, now, most=most, per_queue=per_queue)]


def take(
    store: SqlStore, *subjects: str, owner: str = "one", now: datetime = NOW, per_queue: int | None = None
) -> Sequence[Lease]:
    with store.transaction() as tx:
        return tx.works.take(KIND, PACE, subjects, owner, now, per_queue=per_queue)


def finish(store: SqlStore, lease: Lease, due_at: datetime | None, trouble: Trouble | None = None) -> None:
    with store.transaction() as tx:
        tx.works.finish(lease, NOW, due_at, trouble)


def get(store: SqlStore, subject: str = "a") -> Work:
    with store.reading() as tx:
        work = tx.works.get(KIND, subject)
    assert work is not None
    return work


def set_due(store: SqlStore, due_at: datetime, *, failing: bool = False) -> None:
    """Put one unit on record as a clock that was wrong would have left it."""
    put(store, "a")
    (lease,) = take(store, "a")
    finish(store, lease, due_at, TROUBLE if failing else None)


class TestDue:
    def test_by_time(self, works: SqlStore) -> None:
        """The longest due comes first; what is due later, or rests, is not there."""
        put(works, "later", due_at=NOW + MINUTE)
        put(works, "now", due_at=NOW)
        put(works, "before", due_at=NOW - MINUTE)
        put(works, "at-rest")
        finish(works, take(works, "at-rest")[0], None)
        assert due(works) == ["before", "now"]

    def test_a_queue_with_many(self, works: SqlStore) -> None:
        """However much waits in one queue, what is due in another is listed."""
        put(works, *(f"slow-{number:03}" for number in range(50)), queue="slow", due_at=NOW - HOUR)
        put(works, "b", queue="other")
        assert len(due(works, per_queue=5)) == 6
        assert "b" in due(works, most=10, per_queue=5)

    @pytest.mark.parametrize(("ahead", "is_due"), [(9 * MINUTE, False), (11 * MINUTE, True), (60 * DAY, True)])
    def test_further_than_it_may_ever_be(self, works: SqlStore, ahead: timedelta, is_due: bool) -> None:
        """A due time that no clock that was right can have written counts as due."""
        set_due(works, NOW + ahead)
        assert bool(due(works)) is is_due
        assert bool(take(works, "a")) is is_due

    @pytest.mark.parametrize(("ahead", "is_due"), [(59 * MINUTE, False), (61 * MINUTE, True), (60 * DAY, True)])
    def test_an_attempt_further_than_its_back_off(self, works: SqlStore, ahead: timedelta, is_due: bool) -> None:
        """What fails may wait for as long as its back-off, and no longer."""
        set_due(works, NOW + ahead, failing=True)
        assert bool(due(works)) is is_due
        assert bool(take(works, "a")) is is_due

    def test_a_lease_from_a_clock_ahead(self, works: SqlStore) -> None:
        """A lease that ends later than any lease can counts as none."""
        put(works, "a")
        take(works, "a", now=NOW + 9 * MINUTE)
        assert due(works) == ["a"]
        assert take(works, "a", owner="two")
        put(works, "b")
        take(works, "b", now=NOW)
        assert due(works) == []


class TestTake:
    def test_what_somebody_else_did_meanwhile(self, works: SqlStore) -> None:
        """A list that is old brings back nothing: taking asks again."""
        put(works, "a", "b", "c")
        listed = due(works)
        finish(works, take(works, "a")[0], NOW + MINUTE)
        take(works, "b", owner="two")
        assert [lease.subject for lease in take(works, *listed)] == ["c"]

    def test_a_lease_that_ran_out(self, works: SqlStore) -> None:
        """A worker that died holds nothing for ever, and its token is never given again."""
        put(works, "a")
        (lost,) = take(works, "a")
        assert take(works, "a", owner="two", now=NOW + LEASE / 2) == []
        (lease,) = take(works, "a", owner="two", now=NOW + LEASE)
        assert lease.token > lost.token

    def test_at_the_same_moment(self, works: SqlStore) -> None:
        """Of many that reach for the same work each unit is had by one."""
        put(works, *map(str, range(20)))
        together = Barrier(4)

        def reach(number: int) -> list[str]:
            together.wait(10)
            return [lease.subject for lease in take(works, *map(str, range(20)), owner=f"worker-{number}")]

        with ThreadPoolExecutor(4) as threads:
            taken = [subject for subjects in threads.map(reach, range(4)) for subject in subjects]
        assert sorted(taken) == sorted(map(str, range(20)))

    def test_a_limit_that_holds_for_all(self, works: SqlStore) -> None:
        """Of one queue no more is had than allowed, by however many workers at the same moment."""
        put(works, *map(str, range(20)), queue="host")
        put(works, "x", queue="other")
        together = Barrier(4)

        def reach(number: int) -> int:
            together.wait(10)
            return len(take(works, *map(str, range(20)), owner=f"worker-{number}", per_queue=3))

        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(reach, range(4))) == 3
        assert len(take(works, "x", per_queue=3)) == 1

    def test_on_a_person_s_word(self, works: SqlStore) -> None:
        """A command takes what is not due, is refused what somebody has, and gives it back as it was."""
        put(works, "a", due_at=NOW + MINUTE)
        with works.transaction() as tx:
            lease = tx.works.take_now(Key(KIND, "a"), "one", NOW)
        assert lease.was_due == NOW + MINUTE
        with pytest.raises(BusyError) as busy, works.transaction() as tx:
            tx.works.take_now(Key(KIND, "a"), "two", NOW)
        assert busy.value.details["owner"] == "one"
        with works.transaction() as tx:
            tx.works.give_back(lease, lease.was_due)
        assert (get(works).due_at, get(works).owner, get(works).attempts) == (NOW + MINUTE, None, 0)


class TestFence:
    @pytest.fixture
    def lost(self, works: SqlStore) -> Lease:
        """A lease that ran out and was taken by another."""
        put(works, "a")
        (lost,) = take(works, "a")
        take(works, "a", owner="two", now=NOW + LEASE)
        return lost

    def test_who_lost_a_lease_finishes_nothing(self, works: SqlStore, lost: Lease) -> None:
        """Neither a finish nor a failure nor a give-back of the old lease touches the new one."""
        for _ in range(2):
            with pytest.raises(LeaseLostError):
                finish(works, lost, None)
            with pytest.raises(LeaseLostError):
                finish(works, lost, None, TROUBLE)
            with pytest.raises(LeaseLostError), works.transaction() as tx:
                tx.works.give_back(lost, None)
        assert get(works).owner == "two"

    def test_who_lost_a_lease_writes_nothing(self, works: SqlStore, lost: Lease) -> None:
        """The whole transaction is rolled back, whatever else it wrote."""
        with pytest.raises(LeaseLostError), works.transaction() as tx:  # noqa: PT012 - the block is what is rolled back
            tx.works.add(Key(KIND, "b"), NOW)
            tx.works.hold(lost)
        with works.reading() as tx:
            assert tx.works.get(KIND, "b") is None

    def test_who_lost_a_lease_renews_nothing(self, works: SqlStore, lost: Lease) -> None:
        """A heartbeat says which leases are lost, and renews the others."""
        put(works, "b")
        (good,) = take(works, "b")
        with works.transaction() as tx:
            assert tx.works.heartbeat([lost, good], NOW + LEASE / 2) == {lost}
        assert take(works, "b", owner="two", now=NOW + LEASE) == []

    def test_the_same_owner_took_it_again(self, works: SqlStore) -> None:
        """The token tells two leases of one owner apart."""
        put(works, "a")
        (old,) = take(works, "a")
        (new,) = take(works, "a", now=NOW + LEASE)
        with pytest.raises(LeaseLostError):
            finish(works, old, None)
        finish(works, new, None)

    def test_taken_while_it_writes(self, works: SqlStore) -> None:
        """What a transaction holds nobody takes before it ends, though the lease has run out."""
        put(works, "a")
        (lease,) = take(works, "a")
        with ThreadPoolExecutor(1) as thread, works.transaction() as tx:
            tx.works.hold(lease)
            other = thread.submit(take, works, "a", owner="two", now=NOW + LEASE)
            if works._engine.dialect.name == "postgresql":
                assert other.result(10) == []
            tx.works.finish(lease, NOW, NOW + 5 * MINUTE)
        assert other.result(10) == []

    def test_removed_meanwhile(self, works: SqlStore) -> None:
        """Work that is forgotten is lost to whoever has it."""
        put(works, "a")
        (lease,) = take(works, "a")
        with works.transaction() as tx:
            tx.works.remove(Key(KIND, "a"))
        with pytest.raises(LeaseLostError):
            finish(works, lease, None)


class TestEnds:
    def test_done(self, works: SqlStore) -> None:
        """It is due again when it said, and how it went is on record."""
        put(works, "a")
        finish(works, take(works, "a")[0], NOW + MINUTE)
        work = get(works)
        assert (work.due_at, work.owner, work.attempts, work.last_error) == (NOW + MINUTE, None, 0, None)
        assert (work.last_tried_at, work.last_success_at) == (NOW, NOW)

    def test_failed_and_healed(self, works: SqlStore) -> None:
        """Attempts in a row are counted, with the last error in words, until one succeeds."""
        put(works, "a")
        for attempts in (1, 2, 3):
            finish(works, take(works, "a")[0], NOW, TROUBLE)
            work = get(works)
            assert (work.attempts, work.last_error, work.last_error_code) == (attempts, *reversed(TROUBLE))
            with works.reading() as tx:
                assert [failing.subject for failing in tx.works.failing()] == ["a"]
        finish(works, take(works, "a")[0], NOW)
        assert (get(works).attempts, get(works).last_error) == (0, None)
        with works.reading() as tx:
            assert tx.works.failing() == []

    def test_freed(self, works: SqlStore) -> None:
        """What an owner has and nobody works on is due at once; what somebody works on stays."""
        put(works, "a", "b")
        kept, freed = take(works, "a", "b")
        with works.transaction() as tx:
            assert tx.works.free("one", [kept]) == 1
        assert due(works) == [freed.subject]
        with pytest.raises(LeaseLostError):
            finish(works, freed, None)
        finish(works, kept, None)


class TestPoke:
    def test_at_rest(self, works: SqlStore) -> None:
        """News wakes what rests, and adds what was not on record."""
        put(works, "a")
        finish(works, take(works, "a")[0], None)
        with works.transaction() as tx:
            tx.works.poke(Key(KIND, "a"), Key(KIND, "new"))
        assert sorted(due(works)) == ["a", "new"]

    def test_while_somebody_has_it(self, works: SqlStore) -> None:
        """News that comes while it is done makes it due again at once, and takes it from nobody."""
        put(works, "a")
        (lease,) = take(works, "a")
        with works.transaction() as tx:
            tx.works.poke(Key(KIND, "a"))
        assert due(works) == []
        finish(works, lease, NOW + MINUTE)
        assert due(works) == ["a"]
        finish(works, take(works, "a")[0], NOW + MINUTE)
        assert due(works) == []

    @pytest.mark.parametrize("at_once", [False, True])
    def test_while_it_fails(self, works: SqlStore, at_once: bool) -> None:
        """News keeps the back-off of what fails; a person's word ends it."""
        set_due(works, NOW + MINUTE, failing=True)
        with works.transaction() as tx:
            tx.works.poke(Key(KIND, "a"), at_once=at_once)
        assert (bool(due(works)), get(works).attempts) == (at_once, 0 if at_once else 1)

    def test_for_later(self, works: SqlStore) -> None:
        """News with a time brings it forward, never back."""
        put(works, "a", "b", due_at=NOW + MINUTE)
        with works.transaction() as tx:
            tx.works.poke(Key(KIND, "a"), due_at=NOW + 2 * MINUTE)
            tx.works.poke(Key(KIND, "b"), due_at=NOW)
        assert (get(works, "a").due_at, get(works, "b").due_at) == (NOW + MINUTE, NOW)

    def test_by_many_at_the_same_moment(self, works: SqlStore) -> None:
        """Transactions that tell of the same subjects in any order do not wait for each other in a circle."""
        names = list(map(str, range(12)))
        put(works, *names)
        together = Barrier(4)

        def tell(number: int) -> None:
            together.wait(10)
            for _ in range(10):
                with works.transaction() as tx:
                    tx.works.poke(*(Key(KIND, name) for name in (names if number % 2 else reversed(names))))

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(tell, range(4)))
        assert len(due(works)) == 12


def test_how_much_is_due(works: SqlStore) -> None:
    """The load of each kind: what is due, what is late, and since when."""
    put(works, "a", due_at=NOW - HOUR)
    put(works, "b", due_at=NOW - MINUTE)
    put(works, "c", due_at=NOW + MINUTE)
    with works.reading() as tx:
        load = tx.works.load(NOW, 15 * MINUTE)
    assert (load[KIND].due, load[KIND].late, load[KIND].late_seconds) == (2, 1, 3600)
    assert load[WorkKind.MESSAGE].due == 0
