"""Events that vanish: what other programs took for deletions, and what is one (peer-failures, A)."""

from datetime import timedelta

import pytest

from syncd.core.events.findings import Kind
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.services.reporting.alerts import objectives
from syncd.services.reporting.status import status as state_of_all
from syncd.services.sync.calendars import CalendarService
from tests.adapters.events import an_event
from tests.builders import an_admin
from tests.reliability.dav_world import ScriptedWorld, WorldMaker
from tests.servers.base import Answer
from tests.servers.quirks import Multiget
from tests.servers.scripted import Fault, status
from tests.services.world import MOVED_A_DAY, VAULT

OWN = an_event("dentist@example.com", summary="Dentist")
"""An event of the provider's own."""


def one_absent(href: str) -> str:
    """Return a multistatus that calls one resource absent and says nothing of any other."""
    response = f"<D:response><D:href>{href}</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>"
    return f'<D:multistatus xmlns:D="DAV:">{response}</D:multistatus>'


def statuses(world: ScriptedWorld) -> set[AppointmentStatus]:
    with world.store.reading() as tx:
        return {one.status for one in tx.appointments.list(AppointmentQuery())}


class TestNothingIsInferredFromAFirstLook:
    def test_new_calendar_that_is_empty(self, world: ScriptedWorld) -> None:
        """An empty side is no deletion of the other: all is published, nothing deleted (pimutils/vdirsyncer#42)."""
        booked = [world.book(), world.book()]
        assert world.cycle(verify=True).counts["published"] == len(booked)
        assert {method for method, _ in world.writes} == {"PUT"}
        assert statuses(world) == {AppointmentStatus.BOOKED}

    def test_new_calendar_with_events_of_the_providers_own(self, world: ScriptedWorld) -> None:
        """What stands there and was never ours is no deletion either, and stays as it is (pimutils/vdirsyncer#42)."""
        world.hand.put(f"{world.path}own.ics", OWN)
        world.book()
        assert world.cycle().drifts == ()
        assert world.bodies()[f"{world.path}own.ics"] == OWN


class TestAReadNeverCancels:
    def test_event_deleted_in_the_calendar(self, world: ScriptedWorld) -> None:
        """The appointment stays booked, cycle after cycle (alextselegidis/easyappointments#1702)."""
        gone, *_ = world.published(3)
        for _ in range(2):
            world.delete(gone)
            assert world.cycle().drifts[0].kinds == (Kind.DELETED,)
        assert statuses(world) == {AppointmentStatus.BOOKED}
        assert world.stands(gone)

    @pytest.mark.parametrize("code", [400, 404, 410, 500, 503])
    def test_calendar_that_answers_with_an_error(self, world: ScriptedWorld, code: int) -> None:
        """An error is not absence: nothing is recorded, written or cancelled (ridafkih/keeper.sh#383)."""
        world.published(3)
        before = (world.bodies(), world.writes)
        for method in ("REPORT", "PROPFIND", "GET"):
            world.server.fail(method, *[status(code)] * 9)
        report = world.cycle(verify=True)
        assert report.state in {CalendarState.UNREACHABLE, CalendarState.VANISHED}
        assert (world.bodies(), world.writes, world.drifts()) == (*before, [])
        assert statuses(world) == {AppointmentStatus.BOOKED}

    def test_listing_that_breaks_off(self, world: ScriptedWorld) -> None:
        """Half an answer deletes nothing (ulsklyc/yuvomi#508, lfos/calcurse#525)."""
        world.published(3)
        world.server.fail("PROPFIND", Fault(), *[Fault(carried_out=True, cuts=True)] * 3)
        assert world.cycle(verify=True).state is not CalendarState.OK
        assert world.drifts() == []

    def test_server_that_is_away(self, world: ScriptedWorld) -> None:
        """Unreachable is a state of the calendar, and no data about it (bitfireAT/davx5-ose#1092)."""
        world.published(2)
        world.server.fail("REPORT", *[Fault(drops=True)] * 9)
        assert world.cycle().state is CalendarState.UNREACHABLE
        assert (world.drifts(), world.work().attempts) == ([], 1)


class TestEmptyOrShorter:
    def test_server_that_lost_its_index(self, world: ScriptedWorld) -> None:
        """A list with nothing in it is a fault to be held, not so many deletions (the-djmaze/snappymail#2060)."""
        world.published(3)
        world.server.dav.calendars[world.path].resources.clear()
        report = world.cycle(verify=True)
        assert report.state is CalendarState.EMPTIED
        assert "syncd calendar resume" in report.errors[0].message
        assert (world.drifts(), world.bodies()) == ([], {})

    def test_all_deletions_told_by_a_token(self, world: ScriptedWorld) -> None:
        """An emptied calendar is one, too, where each deletion is told by itself (the-djmaze/snappymail#2060)."""
        for one in world.published(3):
            world.delete(one)
        assert world.cycle().state is CalendarState.EMPTIED
        assert world.drifts() == []

    def test_ours_deleted_and_the_providers_own_left(self, world: ScriptedWorld) -> None:
        """Where the provider's own events still stand, the calendar is not empty: these are deletions."""
        world.hand.put(f"{world.path}own.ics", OWN)
        booked = world.published(3)
        for one in booked:
            world.delete(one)
        report = world.cycle()
        assert (report.state, report.counts["reverted"]) == (CalendarState.OK, 3)

    def test_list_cut_short_without_a_word(self, stage: WorldMaker) -> None:
        """What a capped list leaves out is asked for alone, and is there (ridafkih/keeper.sh#461)."""
        world = stage(lists_at_most=4)
        world.published(10)
        report = world.cycle(verify=True)
        assert (report.state, report.drifts) == (CalendarState.OK, ())

    def test_multiget_cut_short_without_a_word(self, stage: WorldMaker) -> None:
        """Answers are counted against what was asked; missing is not deleted (ridafkih/keeper.sh#461)."""
        world = stage(multiget_at_most=3)
        world.published(10)
        report = world.cycle(verify=True)
        assert (report.state, report.drifts) == (CalendarState.OK, ())

    @pytest.mark.parametrize("multiget", [Multiget.TELLS_ABSENT, Multiget.LEAVES_OUT_ABSENT, Multiget.REFUSES_WHOLE])
    def test_one_404_among_many(self, stage: WorldMaker, multiget: Multiget) -> None:
        """Each answer is judged for itself: one bad href spoils no other (dankcalendar#108)."""
        world = stage(multiget=multiget)
        gone, *_ = world.published(6)
        world.delete(gone)
        report = world.cycle(verify=True)
        assert [(drift.appointment_id, drift.kinds) for drift in report.drifts] == [(gone.id, (Kind.DELETED,))]

    def test_404_for_what_is_there(self, world: ScriptedWorld) -> None:
        """A single bad answer is asked for once more before anything follows from it (dankcalendar#108)."""
        first, second = world.published(2)
        body = world.hand.get(world.href(first))
        for one in (first, second):
            world.edit(one, lambda same: same)
        world.server.fail("REPORT", Fault(), Fault(answer=Answer(207, {}, one_absent(world.href(first)).encode())))
        report = world.cycle()
        assert (report.state, report.drifts) == (CalendarState.OK, ())
        assert world.hand.get(world.href(first)) == body


class TestTheBreaker:
    def test_calendar_that_really_was_emptied(self, stage: WorldMaker) -> None:
        """It alone waits; others go on; one audited command clears it (pimutils/vdirsyncer#1099, #769, #694)."""
        emptied, other = stage(), stage()
        for one in emptied.published(3):
            emptied.delete(one)
        assert emptied.cycle(verify=True).state is CalendarState.EMPTIED
        (one,) = other.published(1)
        other.edit(one, MOVED_A_DAY)
        assert other.cycle().counts["reverted"] == 1
        assert emptied.cycle().errors[0].code == "emptied"
        service = CalendarService(store=emptied.store, servers=emptied.dav, vault=VAULT, by=an_admin("admin"))
        service.resume(emptied.calendar.id, emptied.now)
        assert emptied.cycle().counts["reverted"] == 3
        with emptied.store.reading() as tx:
            assert [record.actor for record in tx.audit.list(emptied.calendar.id)] == ["admin"]
        assert emptied.settles()

    def test_time_alone(self, world: ScriptedWorld) -> None:
        """No timer releases it, and `status` shows it meanwhile (pimutils/vdirsyncer#694)."""
        for one in world.published(3):
            world.delete(one)
        world.cycle(verify=True)
        world.now = world.now.replace(year=world.now.year + 1)
        assert world.cycle(verify=True).state is CalendarState.EMPTIED
        assert state_of_all(world.store, world.now, objectives(timedelta(minutes=5))).calendars == {"emptied": 1}


class TestDeletingThere:
    def test_server_that_spells_hrefs_its_own_way(self, stage: WorldMaker) -> None:
        """What is deleted is what the server listed, and it is gone (ridafkih/keeper.sh#656, #660)."""
        world = stage(escapes_hrefs=True)
        (one,) = world.published()
        world.change(one, status=AppointmentStatus.CANCELLED)
        assert world.cycle().counts["withdrawn"] == 1
        assert world.bodies() == {}

    def test_event_that_stands_under_another_name_when_it_is_cancelled(self, world: ScriptedWorld) -> None:
        """A 404 at the href we know is not taken for done: our UID stands elsewhere, and that is said and put right."""
        (one,) = world.published()
        body = world.hand.get(world.href(one))
        world.delete(one)
        world.hand.put(f"{world.path}renamed.ics", body)
        world.change(one, status=AppointmentStatus.CANCELLED)
        world.cycle()
        (drift,) = world.drifts()
        assert (drift.kinds, drift.status) == ((Kind.DUPLICATE,), DriftStatus.OPEN)
        assert world.settles()
        world.decide(drift)
        assert (world.bodies(), world.drifts(DriftStatus.OPEN)) == ({}, [])


def test_single_event_of_a_calendar_made_anew(world: ScriptedWorld) -> None:
    """A token of another life and nothing of ours there: even one event is not called deleted."""
    world.published(1)
    world.recreate()
    assert world.cycle().state is CalendarState.RECREATED
    assert world.drifts() == []


def test_account_that_changed(world: ScriptedWorld) -> None:
    """The same address under another account holds another calendar: nothing is published into it unasked."""
    world.published(4)
    world.recreate()
    world.hand.put(f"{world.path}own.ics", OWN)
    assert world.cycle().state is CalendarState.RECREATED
    assert world.bodies() == {f"{world.path}own.ics": OWN}
    assert world.stored_calendar().state is CalendarState.RECREATED
