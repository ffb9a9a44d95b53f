"""An admin's word on a calendar that a guard held."""

from datetime import timedelta

import pytest

from syncd.adapters.memory import Operation
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftAction, DriftStatus
from syncd.core.sync.policy import Policy, PolicyRule
from syncd.core.work import BusyError
from syncd.ports.remote.errors import UnavailableError
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Store
from syncd.services.decisions.resuming import Resumed, Resumer, Resumption
from syncd.services.scheduling.changes import By, Terms
from syncd.services.sync.calendars import CalendarService
from tests.builders import START, an_admin
from tests.services.world import VAULT, World


@pytest.fixture
def held(sqlite_store: Store) -> World:
    """Return a world whose calendar was stopped, since six of its ten events were deleted at once."""
    world = World(sqlite_store)
    for day in range(10):
        world.book(start=START + timedelta(days=day), id=f"apt-{day}", uid=f"uid-{day}")
    world.cycle()
    for href in sorted(world.collection.bodies())[:6]:
        world.collection.delete(href)
    assert world.cycle().state is CalendarState.MASS_CHANGE
    return world


def service(world: World) -> CalendarService:
    return CalendarService(store=world.store, servers=world.servers, vault=VAULT, by=an_admin("cli:ops"))


def resume(world: World, how: Resumption) -> Resumed:
    world.now += timedelta(minutes=1)
    by = By(Party.ADMIN, an_admin("cli:ops"))
    terms = Terms(rules=BookingRules(), messages_for=lambda _tx, _effect: (), by=by, now=world.now)
    return Resumer(service(world), world.reconciler).resume(world.calendar.id, how, terms)


def booked(world: World) -> int:
    with world.store.reading() as tx:
        return len(tx.appointments.list(AppointmentQuery(status=AppointmentStatus.BOOKED)))


def is_quiet(world: World) -> bool:
    """Tell whether a further look changes nothing."""
    before = list(world.collection.writes)
    return world.cycle(verify=True).state is CalendarState.OK and world.collection.writes == before


def test_republish(held: World) -> None:
    """All that differs is put back."""
    resumed = resume(held, Resumption.REPUBLISH)
    assert (resumed.reverted, resumed.state, resumed.errors) == (6, CalendarState.OK, ())
    assert len(held.collection.bodies()) == 10
    assert is_quiet(held)


def test_accept(held: World) -> None:
    """All that differs is taken over: what was deleted is cancelled."""
    resumed = resume(held, Resumption.ACCEPT)
    assert (resumed.settled, resumed.errors) == (6, ())
    assert (booked(held), len(held.collection.bodies())) == (4, 4)
    assert is_quiet(held)


def test_forget(held: World) -> None:
    """All that differs is left, the appointments too, and is watched no longer."""
    assert resume(held, Resumption.FORGET).settled == 6
    assert (booked(held), len(held.collection.bodies())) == (10, 4)
    assert held.drifts(DriftStatus.OPEN) == []
    assert is_quiet(held)


def test_accept_what_is_no_longer_possible(held: World) -> None:
    """What cannot be done as asked is said, and waits for a decision of its own."""
    held.now = (START + timedelta(days=2)).astimezone(held.now.tzinfo)
    resumed = resume(held, Resumption.ACCEPT)
    assert resumed.settled == 3
    assert {error.drift for error in resumed.errors} == {drift.id for drift in held.drifts(DriftStatus.OPEN)}
    assert len(resumed.errors) == 3


def test_a_new_password(held: World) -> None:
    """A calendar whose login was refused goes on with the new one."""
    held.servers.add_account("https://calendars.example.net/pat/", secret="changed")
    with held.store.transaction() as tx:
        tx.calendars.save(held.calendar)
    assert held.cycle().state is CalendarState.LOGIN_REFUSED
    service(held).resume(held.calendar.id, held.now, "changed")
    assert held.cycle().errors[0].code == "mass_change"


def test_while_a_cycle_is_under_way(held: World) -> None:
    """It waits its turn: nothing is changed, and no waiver is left for that cycle to act on."""
    with held.reconciler.holding(held.calendar.id, held.now), pytest.raises(BusyError):
        resume(held, Resumption.ACCEPT)
    calendar = held.stored_calendar()
    assert (calendar.state, calendar.guards_waived) == (CalendarState.MASS_CHANGE, False)
    assert booked(held) == 10


def test_no_cycle_comes_between(held: World) -> None:
    """Another worker finds the calendar taken from the first look to the last decision."""
    met = []

    def another_worker() -> None:
        with pytest.raises(BusyError) as busy:
            held.reconciler.run(held.calendar.id, held.now)
        met.append(busy.value)

    for _ in range(3):
        held.collection.interrupt(Operation.FETCH, another_worker)
    assert resume(held, Resumption.ACCEPT).settled == 6
    assert len(met) == 3
    assert len(held.collection.bodies()) == 4


@pytest.mark.parametrize("how", Resumption)
def test_a_server_that_does_not_answer(held: World, how: Resumption) -> None:
    """Leaves the calendar held as it was, without a waiver, and says what went wrong."""
    held.collection.fail(Operation.CHANGES, UnavailableError())
    resumed = resume(held, how)
    assert (resumed.state, resumed.reverted, resumed.settled) == (CalendarState.MASS_CHANGE, 0, 0)
    assert [error.code for error in resumed.errors] == ["unreachable"]
    calendar = held.stored_calendar()
    assert (calendar.state, calendar.guards_waived) == (CalendarState.MASS_CHANGE, False)
    assert held.cycle().errors, "it still waits for a person"


def test_drifts_that_were_open_before(held: World) -> None:
    """Are put back with the rest."""
    held.policy = Policy((PolicyRule(name="all", action=DriftAction.FLAG),))
    service(held).resume(held.calendar.id, held.now)
    held.cycle()
    assert len(held.drifts(DriftStatus.OPEN)) == 6
    assert resume(held, Resumption.REPUBLISH).reverted == 6
    assert held.drifts(DriftStatus.OPEN) == []
    assert len(held.collection.bodies()) == 10


def test_the_word_given_twice(held: World) -> None:
    """Stays the word that the guard waits for."""
    for _ in range(2):
        service(held).resume(held.calendar.id, held.now)
    assert held.cycle().state is CalendarState.OK
