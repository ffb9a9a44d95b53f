"""What happens between use cases: a person's command beside a cycle, from another thread, on both databases."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syncd.adapters.db import SqlStore
from syncd.adapters.memory import Operation
from syncd.core.errors import NotFoundError
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.core.sync.policy import Policy
from syncd.core.work import BusyError, LeaseLostError, WorkKind
from syncd.ports.measures import Uncounted
from syncd.ports.remote.errors import LoginRefusedError, UnavailableError
from syncd.services.decisions.drifts import Decisions
from syncd.services.kinds import cycle
from syncd.services.scheduling.changes import By, Terms
from syncd.services.sync.calendars import CalendarService
from syncd.services.sync.rounds import run_round
from syncd.services.work.leases import Leases
from syncd.services.work.stopping import Stop
from syncd.services.work.units import Unit
from tests.builders import START, an_admin, at
from tests.services.world import MOVED_A_DAY, VAULT, World
from tests.working import is_due, work_on

HOUR = timedelta(hours=1)


@pytest.fixture
def world(store: SqlStore) -> World:
    return World(store)


def service(world: World) -> CalendarService:
    return CalendarService(store=world.store, servers=world.servers, vault=VAULT, by=an_admin())


def terms(world: World) -> Terms:
    by = By(Party.ADMIN, an_admin())
    return Terms(rules=BookingRules(), messages_for=lambda _tx, _effect: (), by=by, now=world.now)


def beside(command: Callable[[], Any]) -> tuple[Callable[[], None], list[Any]]:
    """Return what runs a command to its end in another thread, and what it returned or raised."""
    outcome: list[Any] = []

    def attempt() -> None:
        try:
            outcome.append(command())
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            outcome.append(error)

    def run() -> None:
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join(30)
        assert not thread.is_alive(), "the command waits for the cycle"

    return run, outcome


def during(world: World, command: Callable[[], Any], operation: Operation = Operation.CHANGES) -> Any:
    """Run a command in the middle of the next cycle; return what it returned or raised."""
    run, outcome = beside(command)
    world.collection.interrupt(operation, run)
    world.cycle()
    return outcome[0]


class TestACommandInMidCycle:
    def test_the_password_is_changed(self, world: World) -> None:
        """The new one stays, whatever the cycle knew, and the next cycle looks at everything anew."""
        world.book()
        during(world, lambda: service(world).resume(world.calendar.id, world.now, "another"), Operation.CREATE)
        stored = world.stored_calendar()
        assert VAULT.unseal(stored.secret) == "another"
        assert stored.cursor is None
        assert is_due(world.store, WorkKind.CALENDAR, world.now) == [world.calendar.id]

    def test_the_password_is_changed_while_the_old_one_is_refused(self, world: World) -> None:
        """The refusal is about the old one: the calendar is tried with the new one, at once."""
        run, _ = beside(lambda: service(world).resume(world.calendar.id, world.now, "another"))

        def change_and_refuse() -> None:
            run()
            raise LoginRefusedError

        world.collection.interrupt(Operation.CHANGES, change_and_refuse)
        world.cycle()
        assert world.stored_calendar().state is CalendarState.OK
        assert is_due(world.store, WorkKind.CALENDAR, world.now) == [world.calendar.id]

    def test_it_is_paused(self, world: World) -> None:
        """It stays paused, and is not worked again."""
        world.book()
        during(world, lambda: service(world).pause(world.calendar.id, world.now), Operation.CREATE)
        assert world.stored_calendar().state is CalendarState.PAUSED
        requests = len(world.collection.writes)
        assert not world.cycle().counts
        assert len(world.collection.writes) == requests
        assert is_due(world.store, WorkKind.CALENDAR, world.now + HOUR) == []

    def test_it_is_paused_while_the_server_is_away(self, world: World) -> None:
        """No failure of the cycle makes it worked again."""
        run, outcome = beside(lambda: service(world).pause(world.calendar.id, world.now))

        def pause_and_fail() -> None:
            run()
            raise UnavailableError

        world.collection.interrupt(Operation.CHANGES, pause_and_fail)
        world.cycle()
        assert outcome[0].state is CalendarState.PAUSED
        assert world.stored_calendar().state is CalendarState.PAUSED

    def test_it_is_resumed(self, world: World) -> None:
        """A person's word about what was held reaches the next cycle, not the one that runs."""
        world.cycle()
        during(world, lambda: service(world).resume(world.calendar.id, world.now))
        assert world.stored_calendar().cursor is None
        assert is_due(world.store, WorkKind.CALENDAR, world.now) == [world.calendar.id]
        world.cycle()
        assert world.stored_calendar().cursor is not None

    def test_it_is_removed(self, world: World) -> None:
        """It is not removed under a worker's hands; a moment later it is, with its work."""
        world.book()
        refused = during(
            world, lambda: service(world).remove(world.calendar.id, world.now, withdraw=True), Operation.CREATE
        )
        assert isinstance(refused, BusyError)
        assert service(world).remove(world.calendar.id, world.now, withdraw=True).withdrawn == 1
        with world.store.reading() as tx:
            assert tx.works.get(WorkKind.CALENDAR, world.calendar.id) is None
        with pytest.raises(NotFoundError):
            world.cycle()

    def test_a_drift_is_decided(self, world: World) -> None:
        """A decision waits for the cycle's end, and is then made on what stands there."""
        world.policy = Policy(())
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        (drift,) = world.drifts(DriftStatus.OPEN)
        refused = during(world, lambda: Decisions(world.reconciler).revert(drift.id, terms(world)))
        assert isinstance(refused, BusyError)
        assert Decisions(world.reconciler).revert(drift.id, terms(world)).status is DriftStatus.REVERTED
        assert "20261201T10" in world.body(one)

    def test_something_is_booked(self, world: World) -> None:
        """A change that comes while a cycle runs is not taken for done: the calendar is due again at once."""
        world.book()
        during(world, lambda: world.book(start=START.replace(day=8)), Operation.CREATE)
        assert is_due(world.store, WorkKind.CALENDAR, world.now) == [world.calendar.id]
        assert world.cycle().counts["published"] == 1

    def test_what_is_being_written_changes(self, world: World) -> None:
        """The later state is written by the next cycle."""
        one = world.book()
        during(world, lambda: world.change(one, start=at("2026-12-03T15:00")), Operation.CREATE)
        assert is_due(world.store, WorkKind.CALENDAR, world.now) == [world.calendar.id]
        world.cycle()
        assert "20261203T15" in world.body(one)

    def test_a_round_by_hand(self, world: World) -> None:
        """`reconcile` beside the daemon says that the calendar is busy, and does nothing twice."""
        world.book()
        done = during(world, lambda: run_round(world.reconciler, world.now), Operation.CREATE)
        assert [error.code for error in done.errors] == ["busy"]
        assert len(world.collection.writes) == 1


class TestALostLease:
    def lose(self, world: World) -> Callable[[], None]:
        """Return what takes a calendar over while its worker hangs, as after a minute without a heartbeat."""

        def take_over() -> None:
            owner = work_on(world.store, WorkKind.CALENDAR, world.calendar.id).owner
            with world.store.transaction() as tx:
                tx.works.free(str(owner))

        run, _ = beside(take_over)
        return run

    @pytest.mark.parametrize("operation", [Operation.CHANGES, Operation.CREATE])
    def test_in_mid_cycle(self, world: World, operation: Operation) -> None:
        """Who lost it writes neither publications nor drifts nor the calendar; the next cycle finds all that stands."""
        one = world.book()
        with world.store.reading() as tx:
            before = tx.publications.of_calendar(world.calendar.id), tx.calendars.get(world.calendar.id)
            trail = len(tx.audit.list())
        world.collection.interrupt(operation, self.lose(world))
        with pytest.raises(LeaseLostError):
            world.cycle()
        with world.store.reading() as tx:
            after = tx.publications.of_calendar(world.calendar.id), tx.calendars.get(world.calendar.id)
            assert len(tx.audit.list()) == trail
        assert after[1] == before[1]
        assert [replace(p, intent=None) for p in after[0]] == [
            replace(p, intent=None, done=q.done) for p, q in zip(before[0], after[0], strict=True)
        ]
        assert world.stands(one) is (operation is Operation.CREATE)
        world.cycle()
        assert world.cycle().counts.total() == 0
        assert len(world.collection.bodies()) == 1

    def test_with_an_edit_to_record(self, world: World) -> None:
        """No drift is recorded by who lost it, and it is once by who has it."""
        world.policy = Policy(())
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.collection.interrupt(Operation.FETCH, self.lose(world))
        with pytest.raises(LeaseLostError):
            world.cycle()
        assert world.drifts() == []
        world.cycle()
        assert len(world.drifts(DriftStatus.OPEN)) == 1

    def test_with_a_decision_to_carry_out(self, world: World) -> None:
        """A person's decision whose lease was lost changes nothing, and can be made again."""
        world.policy = Policy(())
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        (drift,) = world.drifts(DriftStatus.OPEN)
        world.collection.interrupt(Operation.FETCH, self.lose(world))
        with pytest.raises(LeaseLostError):
            Decisions(world.reconciler).accept(drift.id, terms(world))
        assert world.drifts(DriftStatus.OPEN) == [drift]
        assert Decisions(world.reconciler).accept(drift.id, terms(world)).status is DriftStatus.ACCEPTED


def test_an_unforeseen_error(world: World) -> None:
    """It ends neither the round nor another calendar's cycle, and is that calendar's state."""
    world.book()

    def broken(*_: object) -> object:
        raise ZeroDivisionError

    world.collection.interrupt(Operation.CHANGES, broken)
    done = run_round(world.reconciler, world.now)
    assert [error.code for error in done.errors] == ["unexpected"]
    work = world.work()
    assert (work.attempts, work.last_error_code, work.owner) == (1, "unexpected", None)
    assert work.due_at is not None
    assert work.due_at > world.now
    assert run_round(world.reconciler, world.now).errors == ()
    assert world.work().attempts == 0


class _Counted(Uncounted):
    def __init__(self) -> None:
        self.troubles: list[str | None] = []

    def cycle(self, seconds: float, trouble: str | None) -> None:
        assert seconds >= 0
        self.troubles.append(trouble)


def test_an_unforeseen_error_is_counted(world: World) -> None:
    """A cycle that breaks counts as one that failed: metrics must not look well while nothing works."""
    world.book()
    counted = _Counted()
    leases = Leases(world.store, clock=lambda: world.now)
    for problem in (ZeroDivisionError, None):
        if problem is not None:
            world.collection.interrupt(Operation.CHANGES, _raises(problem))
        with leases.now(WorkKind.CALENDAR, world.calendar.id) as held:
            unit = Unit(held=held, now=world.now, store=world.store, stop=Stop())
            with pytest.raises(problem) if problem else nullcontext():
                cycle(world.reconciler, counted, unit)
    assert counted.troubles == ["unexpected", None]


def _raises(problem: type[Exception]) -> Callable[[], None]:
    def interrupt() -> None:
        raise problem

    return interrupt
