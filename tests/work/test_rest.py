"""Work that has nothing to do rests: it is looked at again when something changed or its time has come."""

from datetime import UTC, datetime, timedelta

import pytest

from syncd.adapters.db import SqlStore
from syncd.adapters.memory import Operation
from syncd.core.claims.claim import ClaimStatus
from syncd.core.scheduling.booking import BookingRules
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.policy import Policy
from syncd.core.work import WorkKind
from syncd.ports.remote.errors import UnavailableError
from syncd.services.decisions.drifts import Decisions
from syncd.services.scheduling.extending import SHRUNK, Extension
from syncd.services.sync.calendars import CalendarService
from tests.builders import an_admin
from tests.claims.practice import ClaimsWorld
from tests.services.booking_practice import BookingPractice
from tests.services.world import MOVED_A_DAY, VAULT
from tests.working import a_task, is_due, work_off

OVER = datetime(2026, 12, 3, 12, 0, tzinfo=UTC)
MONTH = timedelta(days=30)


@pytest.fixture
def world(sqlite_store: SqlStore) -> ClaimsWorld:
    return ClaimsWorld(sqlite_store)


def claims_due(world: ClaimsWorld, now: datetime) -> int:
    return len(is_due(world.store, WorkKind.CLAIM, now))


class TestClaims:
    def test_before_its_session_is_over(self, world: ClaimsWorld) -> None:
        """A claim is not looked at before the session's end, wherever that is moved to."""
        one = world.book()
        assert claims_due(world, one.end - timedelta(minutes=1)) == 0
        assert claims_due(world, one.end) == 1
        world.change(one, start=one.start + timedelta(days=7))
        world.at(OVER)
        assert world.prove() == 0
        assert claims_due(world, OVER) == 0
        assert claims_due(world, one.end + timedelta(days=7)) == 1

    def test_it_is_clear(self, world: ClaimsWorld) -> None:
        """Nothing is left to do."""
        world.book()
        world.cycle()
        world.at(OVER)
        assert world.prove() == 1
        assert claims_due(world, OVER + MONTH) == 0

    def test_it_waits_for_a_decision(self, world: ClaimsWorld) -> None:
        """A held claim rests until the drift that holds it is decided, and is then looked at at once."""
        world.policy = Policy(())
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        world.at(OVER)
        world.prove()
        assert world.claim(one).status is ClaimStatus.HELD
        assert claims_due(world, OVER + MONTH) == 0
        (drift,) = world.drifts()
        Decisions(world.reconciler).revert(drift.id, world.terms)
        assert claims_due(world, OVER) == 1

    def test_its_calendar_waits_for_a_person(self, world: ClaimsWorld) -> None:
        """It rests until the calendar is resumed."""
        one = world.book()
        world.cycle()
        service = CalendarService(store=world.store, servers=world.servers, vault=VAULT, by=an_admin())
        service.pause(world.calendar.id, world.now)
        world.at(OVER)
        world.prove()
        assert world.claim(one).status is ClaimStatus.HELD
        assert claims_due(world, OVER + MONTH) == 0
        service.resume(world.calendar.id, OVER)
        assert claims_due(world, OVER) == 1
        assert world.prove() == 1

    def test_its_calendar_cannot_be_reached(self, world: ClaimsWorld) -> None:
        """It is tried again with back-off, not at every tick, and at once when the calendar is back."""
        one = world.book()
        world.cycle()
        world.at(OVER)
        world.collection.fail(Operation.FETCH, UnavailableError())
        assert world.prove() == 0
        assert world.claim(one).status is ClaimStatus.HELD
        assert claims_due(world, OVER) == 0
        world.collection.fail(Operation.CHANGES, UnavailableError())
        assert world.cycle().state is CalendarState.UNREACHABLE
        assert world.cycle().state is CalendarState.OK
        assert claims_due(world, world.now) == 1
        assert world.prove() == 1


class TestSeries:
    @pytest.fixture
    def office(self, sqlite_store: SqlStore) -> BookingPractice:
        return BookingPractice(sqlite_store, rules=BookingRules(horizon=timedelta(days=180)))

    def extend(self, office: BookingPractice) -> list[str]:
        return work_off(
            office.store, a_task(WorkKind.SERIES, Extension(lambda _now: office.terms()).extend), office.now
        )

    def test_an_endless_series(self, office: BookingPractice) -> None:
        """It is extended when its horizon has shrunk by two weeks, and rests meanwhile."""
        first = office.book(repeat="FREQ=WEEKLY")
        assert self.extend(office) == [first.series_id]
        booked = len(office.series_of(first))
        office.pass_time(SHRUNK - timedelta(days=1))
        assert self.extend(office) == []
        office.pass_time(timedelta(days=20))
        assert self.extend(office) == [first.series_id]
        assert len(office.series_of(first)) >= booked + 2
        assert self.extend(office) == []

    def test_a_series_that_ends(self, office: BookingPractice) -> None:
        """It is never looked at once all its sessions are on record."""
        first = office.book(repeat="FREQ=WEEKLY;COUNT=3")
        assert first.series_id is not None
        assert self.extend(office) == []
        assert is_due(office.store, WorkKind.SERIES, office.now + 10 * MONTH) == []
