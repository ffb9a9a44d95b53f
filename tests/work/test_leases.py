"""Leases in this process and others: renewed, lost, given back, and freed when nobody is at them."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from syncd.adapters.db import SqlStore
from syncd.core.work import LEASE, BusyError, Key, LeaseLostError, Pace, WorkKind
from syncd.ports.errors import StoreUnavailableError
from syncd.ports.measures import Uncounted
from syncd.ports.store.transaction import Transaction
from syncd.services.work import leases as leases_module
from syncd.services.work.fencing import FencedStore
from syncd.services.work.leases import Held, Leases
from syncd.services.work.owners import is_dead, process_owner
from syncd.services.work.units import at_rest
from tests.builders import NOW
from tests.working import is_due, work_on

KIND = WorkKind.SERIES
PACE = Pace(farthest=timedelta(days=1))


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(store: SqlStore, clock: Clock) -> SqlStore:
    """A store with two units that are due."""
    store.clock = clock
    with store.transaction() as tx:
        tx.works.poke(Key(KIND, "a"), Key(KIND, "b"))
    return store


@pytest.fixture
def dead_owner() -> str:
    """The name of a process that is no more."""
    code = "from syncd.services.work.owners import process_owner; print(process_owner())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.strip()


def take(store: SqlStore, clock: Clock) -> Held:
    (held,) = Leases(store, clock=clock).take(KIND, PACE, ["a"])
    return held


def taken_by(store: SqlStore, owner: str) -> None:
    with store.transaction() as tx:
        assert tx.works.take(KIND, PACE, ["a"], owner, NOW, per_queue=None)


class Lost(Uncounted):
    """Keeps what was lost."""

    def __init__(self) -> None:
        self.kinds: list[WorkKind] = []

    def lease_lost(self, kind: WorkKind) -> None:
        self.kinds.append(kind)


class Outage:
    """A store that cannot be reached for a while; an answer may get lost after the work was done."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.is_away = False
        self.loses_answers = False

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Transaction]:
        if self.is_away:
            raise StoreUnavailableError
        with self._store.transaction(durable=durable) as tx:
            yield tx
        if self.loses_answers:
            raise StoreUnavailableError

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        with self._store.reading() as tx:
            yield tx


class TestOwners:
    def test_a_process_that_lives(self) -> None:
        """This process is not dead."""
        assert not is_dead(process_owner())

    def test_a_process_that_is_no_more(self, dead_owner: str) -> None:
        """On the same kernel, in the same namespace, a death is proved."""
        assert is_dead(dead_owner)

    def test_a_number_that_was_given_again(self, dead_owner: str) -> None:
        """A process is told from a later one under the same number by when it started."""
        ours, dead = process_owner().split("/"), dead_owner.split("/")
        assert is_dead("/".join([*ours[:3], dead[3], ours[4]]))

    @pytest.mark.parametrize("place", ["another-boot:1", "", None])
    def test_another_container_with_the_same_name_and_number(self, dead_owner: str, place: str | None) -> None:
        """Host name and process number alone prove nothing: two containers may share both."""
        fields = dead_owner.split("/")
        fields[1] = fields[1].partition(":")[0] + ":1" if place is None else place
        assert not is_dead("/".join(fields))


class TestFreeing:
    def test_its_worker_died(self, kept: SqlStore, clock: Clock, dead_owner: str) -> None:
        """What a dead process had is due at once, without waiting for the lease to end."""
        taken_by(kept, dead_owner)
        assert is_due(kept, KIND, NOW) == ["b"]
        Leases(kept, clock=clock).free_abandoned()
        assert sorted(is_due(kept, KIND, NOW)) == ["a", "b"]

    def test_its_worker_may_live(self, kept: SqlStore, clock: Clock, dead_owner: str) -> None:
        """Of a process on another machine nobody here knows: its lease runs out."""
        fields = dead_owner.split("/")
        taken_by(kept, "/".join(["elsewhere", "another-boot:1", *fields[2:]]))
        Leases(kept, clock=clock).free_abandoned()
        assert is_due(kept, KIND, NOW) == ["b"]
        assert sorted(is_due(kept, KIND, NOW + LEASE)) == ["a", "b"]

    def test_nobody_in_this_process_is_at_it(self, kept: SqlStore, clock: Clock) -> None:
        """A lease that the record says is ours, and no worker of ours has, is free at once; what one has it keeps."""
        taken_by(kept, process_owner())
        (held,) = Leases(kept, clock=clock).take(KIND, PACE, ["b"])
        Leases(kept, clock=clock).free_abandoned()
        assert is_due(kept, KIND, NOW) == ["a"]
        held.leases.give_back(held, None)

    def test_a_command_meets_a_dead_worker(self, kept: SqlStore, clock: Clock, dead_owner: str) -> None:
        """It does not wait for the lease of a process that is no more."""
        taken_by(kept, dead_owner)
        with Leases(kept, clock=clock).now(KIND, "a") as held:
            assert held.lease.token == 2


class TestCommands:
    def test_somebody_is_at_it(self, kept: SqlStore, clock: Clock) -> None:
        """It is refused at once, or waits as long as it may."""
        held = take(kept, clock)
        with pytest.raises(BusyError), Leases(kept, clock=clock, patience=0.3).now(KIND, "a"):
            pass
        held.leases.finish(held, at_rest, NOW)
        with Leases(kept, clock=clock).now(KIND, "a"):
            assert work_on(kept, KIND, "a").owner == process_owner()

    def test_it_leaves_things_as_they_were(self, kept: SqlStore, clock: Clock) -> None:
        """Whatever happens in it, what is not finished is given back as it was, and no attempt counted."""
        with pytest.raises(ZeroDivisionError), Leases(kept, clock=clock).now(KIND, "a"):
            raise ZeroDivisionError
        work = work_on(kept, KIND, "a")
        assert (work.due_at, work.owner, work.attempts) == (NOW, None, 0)


class TestOutages:
    def test_it_cannot_be_given_back(self, kept: SqlStore, clock: Clock) -> None:
        """The give-back is tried again until the store is there, and then the work is due at once."""
        store = Outage(kept)
        leases = Leases(store, clock=clock)
        (held,) = leases.take(KIND, PACE, ["a"])
        store.is_away = True
        with pytest.raises(StoreUnavailableError):
            leases.finish(held, lambda _tx: NOW + timedelta(hours=1), NOW)
        with pytest.raises(StoreUnavailableError):
            leases.beat([])
        assert leases.owes
        store.is_away = False
        leases.beat([])
        assert not leases.owes
        assert sorted(is_due(kept, KIND, NOW)) == ["a", "b"]

    def test_the_answer_to_a_take_is_lost(self, kept: SqlStore, clock: Clock) -> None:
        """What was taken though nobody here knows of it is free again as soon as the store can be asked."""
        store = Outage(kept)
        leases = Leases(store, clock=clock)
        store.loses_answers = True
        with pytest.raises(StoreUnavailableError):
            leases.take(KIND, PACE, ["a"])
        assert is_due(kept, KIND, NOW) == ["b"]
        store.loses_answers = False
        leases.beat([])
        assert sorted(is_due(kept, KIND, NOW)) == ["a", "b"]


class TestClosing:
    def test_what_is_held_counts_as_abandoned(self, kept: SqlStore, clock: Clock) -> None:
        """Nobody renews it any more, and whoever looks for what nobody is at frees it at once."""
        closed = Leases(kept, clock=clock)
        closed.take(KIND, PACE, ["a"])
        closed.close()
        assert is_due(kept, KIND, NOW) == ["b"]
        Leases(kept, clock=clock).free_abandoned()
        assert sorted(is_due(kept, KIND, NOW)) == ["a", "b"]


class TestRenewing:
    def test_while_work_goes_on(self, kept: SqlStore, clock: Clock) -> None:
        """A lease that is renewed does not run out."""
        held = take(kept, clock)
        for _ in range(4):
            clock.now += LEASE / 2
            held.leases.beat([held])
            held.check()
        assert is_due(kept, KIND, clock.now) == ["b"]
        held.leases.give_back(held, None)

    def test_by_itself(self, kept: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """A thread of the process renews what is had, by the real clock."""
        monkeypatch.setattr(leases_module, "HEARTBEAT", timedelta(milliseconds=50))
        monkeypatch.setattr(leases_module, "_REGISTER", leases_module._Register())  # whose thread sleeps no longer
        with Leases(kept).now(KIND, "a"):
            first = due = work_on(kept, KIND, "a").due_at
            for _ in range(200):
                time.sleep(0.05)
                due = work_on(kept, KIND, "a").due_at
                if due != first:
                    break
            assert due is not None
            assert first is not None
            assert due > first

    def test_taken_over(self, kept: SqlStore, clock: Clock) -> None:
        """Who lost a lease is told by the next renewal, and counts it once; it writes and asks nothing from then on."""
        lost = Lost()
        (held,) = Leases(kept, clock=clock, measures=lost).take(KIND, PACE, ["a"])
        clock.now += LEASE
        with kept.transaction() as tx:
            assert tx.works.take(KIND, PACE, ["a"], "another", clock.now, per_queue=None)
        held.leases.beat([held])
        with pytest.raises(LeaseLostError):
            held.check()
        with pytest.raises(LeaseLostError), FencedStore(kept, held).transaction():
            pass
        with pytest.raises(LeaseLostError):
            held.leases.finish(held, at_rest, clock.now)
        assert work_on(kept, KIND, "a").owner == "another"
        assert lost.kinds == [KIND]

    def test_cut_off(self, kept: SqlStore, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        """Who could not renew a lease for its whole length asks no server any more, whatever the clock says."""
        held = take(kept, clock)
        then = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: then + LEASE.total_seconds() + 1)
        with pytest.raises(LeaseLostError):
            held.check()
        monkeypatch.undo()
        held.leases.give_back(held, None)
