"""Faults of a calendar that must never be read as edits: a named state, what to do, and a person's word (point 5)."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest

from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.core.sync.plan import Limits
from syncd.core.times import DayHours
from syncd.services.decisions.resuming import Resumer, Resumption
from syncd.services.sync.calendars import CalendarService
from tests.builders import an_admin, at
from tests.reliability.dav_world import ScriptedWorld, WorldMaker
from tests.servers.base import Answer
from tests.servers.scripted import Fault, status
from tests.services.world import MOVED_A_DAY, VAULT, replaced

Hand = Callable[[ScriptedWorld, Appointment], None]


def delete(world: ScriptedWorld, one: Appointment) -> None:
    world.delete(one)


def move(world: ScriptedWorld, one: Appointment) -> None:
    world.edit(one, replaced("T10", "T13"))


def spoil(world: ScriptedWorld, one: Appointment) -> None:
    world.edit(one, lambda body: body[: body.index(b"SUMMARY")])


def is_untouched(world: ScriptedWorld, act: Callable[[], object]) -> bool:
    """Tell whether something leaves the calendar and the record of drifts as they were."""
    before = (world.bodies(), world.writes, world.drifts())
    act()
    return before == (world.bodies(), world.writes, world.drifts())


def resume(world: ScriptedWorld, how: Resumption) -> None:
    service = CalendarService(store=world.store, servers=world.dav, vault=VAULT, by=an_admin("admin"))
    world.now += timedelta(minutes=1)
    Resumer(service, world.reconciler).resume(world.calendar.id, how, world.terms)


class TestTooMuchAtOnce:
    @pytest.mark.parametrize("hand", [delete, move, spoil])
    @pytest.mark.parametrize("verify", [True, False])
    def test_mass_change(self, world: ScriptedWorld, hand: Hand, *, verify: bool) -> None:
        """However it is told, and whatever it is: nothing is put right, recorded as edits, or released by itself."""
        for one in world.published(12)[:5]:
            hand(world, one)
        assert is_untouched(world, lambda: world.cycle(verify=verify))
        calendar = world.stored_calendar()
        assert calendar.state is CalendarState.MASS_CHANGE
        assert "5 of 12 published appointments changed at once" in (calendar.last_error or "")
        assert "syncd calendar resume" in (calendar.last_error or "")
        assert is_untouched(world, world.cycle)

    def test_share_of_a_full_calendar(self, world: ScriptedWorld) -> None:
        """Many edits that are a small share of what stands there are edits."""
        for one in world.published(20)[:6]:
            move(world, one)
        assert world.cycle().counts["reverted"] == 6

    @pytest.mark.parametrize("hand", [delete, move])
    @pytest.mark.parametrize("step", [1, 3, 4])
    def test_in_steps(self, world: ScriptedWorld, hand: Hand, step: int) -> None:
        """All of a calendar, a few at a time: what was put back lately counts together with what comes."""
        booked = world.published(20)
        for start in range(0, len(booked), step):
            for one in booked[start : start + step]:
                hand(world, one)
            if world.cycle().state is CalendarState.MASS_CHANGE:
                break
        assert world.stored_calendar().state is CalendarState.MASS_CHANGE
        assert len(world.drifts(DriftStatus.REVERTED)) <= 6
        assert "within 24 hours" in (world.stored_calendar().last_error or "")

    def test_small_share_of_many(self, world: ScriptedWorld) -> None:
        """Too many are too many, however small a share they are."""
        for one in world.published(80)[:21]:
            move(world, one)
        assert is_untouched(world, world.cycle)
        assert world.stored_calendar().state is CalendarState.MASS_CHANGE

    def test_one_event_edited_again_and_again(self, world: ScriptedWorld) -> None:
        """Events are counted, not edits: one that keeps changing is the war guard's."""
        one, *_ = world.published(6)
        for hour in range(11, 20):
            world.edit(one, replaced("20261201T10", f"20261201T{hour}"))
            assert world.cycle().state is CalendarState.OK

    def test_over_days(self, world: ScriptedWorld) -> None:
        """What lies further back than the window is forgotten."""
        for one in world.published(8):
            move(world, one)
            assert world.cycle().counts["reverted"] == 1
            world.now += timedelta(hours=13)

    def test_after_a_persons_word(self, world: ScriptedWorld) -> None:
        """What a person has let through counts no more: the next single edit is put right."""
        booked = world.published(6)
        for one in booked:
            move(world, one)
        world.cycle()
        resume(world, Resumption.REPUBLISH)
        move(world, booked[0])
        assert world.cycle().counts["reverted"] == 1

    def test_deferred_ones_count(self, world: ScriptedWorld) -> None:
        """Edits that wait for the morning are held at night already, when they are too many."""
        world.limits = Limits(quiet_hours=(DayHours(time(0), time(23)),))
        for one in world.published(12)[:5]:
            delete(world, one)
        assert world.cycle().state is CalendarState.MASS_CHANGE

    def test_limits_of_its_own(self, world: ScriptedWorld) -> None:
        """Share and count are the practice's to set."""
        world.limits = Limits(mass_count=2, mass_share=0.1)
        for one in world.published(4)[:2]:
            move(world, one)
        assert world.cycle().state is CalendarState.MASS_CHANGE

    def test_dry_run(self, world: ScriptedWorld) -> None:
        """The preview tells what would be put right, and the guard's word against it."""
        for one in world.published(6)[:5]:
            delete(world, one)
        report = world.reconciler.preview(world.calendar.id, world.now)
        assert (report.counts["reverted"], report.errors[0].code) == (5, "mass_change")
        world.cycle()
        held = world.reconciler.preview(world.calendar.id, world.now)
        assert (held.counts["reverted"], held.errors[0].code, held.state) == (5, "mass_change", "mass_change")

    def test_practice_that_changes_much_at_once(self, world: ScriptedWorld) -> None:
        """What the practice itself changes is no fault of the calendar."""
        booked = world.published(10)
        for one in booked:
            world.change(one, start=one.start + timedelta(hours=3))
        assert world.cycle().counts["updated"] == 10

    def test_republish(self, world: ScriptedWorld) -> None:
        """An admin's word puts all of it back, once; after that the guard is on again."""
        booked = world.published(6)
        for one in booked:
            move(world, one)
        world.cycle()
        resume(world, Resumption.REPUBLISH)
        assert [drift.status for drift in world.drifts()] == [DriftStatus.REVERTED] * 6
        assert world.settles()
        for one in booked:
            move(world, one)
        assert world.cycle().state is CalendarState.MASS_CHANGE

    def test_accept(self, world: ScriptedWorld) -> None:
        """An admin's word takes all of it over: nothing is written, the record follows."""
        booked = world.published(6)
        for one in booked:
            move(world, one)
        world.cycle()
        before = world.bodies()
        resume(world, Resumption.ACCEPT)
        assert world.bodies() == before
        with world.store.reading() as tx:
            assert all(tx.appointments.get(one.id).start.hour == 13 for one in booked)
        assert world.settles()


class TestTheCollection:
    def test_vanished(self, world: ScriptedWorld) -> None:
        """A calendar that was deleted is that, and not so many deletions."""
        world.published(3)
        world.hand.delete(world.path)
        before = world.writes
        assert world.cycle().state is CalendarState.VANISHED
        assert (world.writes, world.drifts()) == (before, [])

    def test_vanished_inside_a_207(self, stage: WorldMaker) -> None:
        """So it is where the 404 comes inside a 207."""
        world = stage(gone_inside_207=True)
        world.published(3)
        world.hand.delete(world.path)
        assert world.cycle(verify=True).state is CalendarState.VANISHED
        assert world.drifts() == []

    @pytest.mark.parametrize("code", [301, 403, 404])
    def test_somebody_elses(self, world: ScriptedWorld, code: int) -> None:
        """A redirect, a refusal or a 404 for the whole of it: nothing follows for what is in it."""
        world.published(3)
        for method in ("REPORT", "PROPFIND"):
            world.server.fail(method, *[status(code, Location="/elsewhere/")] * 4)
        assert is_untouched(world, world.cycle)
        assert world.stored_calendar().state in {CalendarState.UNREACHABLE, CalendarState.READ_ONLY}

    def test_made_anew(self, world: ScriptedWorld) -> None:
        """Another life of tokens at the same address, and nothing of ours in it."""
        world.published(3)
        world.recreate()
        assert is_untouched(world, world.cycle)
        assert world.stored_calendar().state is CalendarState.RECREATED


class TestTheAccount:
    def test_refused_login(self, world: ScriptedWorld) -> None:
        """It is a state of its own, told apart from an outage (calcom/cal.diy#7564, #11870)."""
        world.published(2)
        world.server.password = "changed"
        assert is_untouched(world, world.cycle)
        calendar = world.stored_calendar()
        assert calendar.state is CalendarState.LOGIN_REFUSED
        assert not calendar.state.is_worked

    def test_read_only(self, world: ScriptedWorld) -> None:
        """Where nothing may be written, a revert fails once and the calendar waits for a person."""
        one, _ = world.published(2)
        world.edit(one, MOVED_A_DAY)
        world.server.behave(read_only=True)
        assert world.cycle().state is CalendarState.READ_ONLY
        before = len(world.writes)
        world.cycle()
        assert len(world.writes) == before
        (drift,) = world.drifts()
        assert drift.status is DriftStatus.OPEN

    def test_rights_that_come_back(self, world: ScriptedWorld) -> None:
        """Resumed, the calendar is made right, and what was found before is settled by that."""
        one, _ = world.published(2)
        world.edit(one, MOVED_A_DAY)
        world.server.behave(read_only=True)
        world.cycle()
        world.server.behave(read_only=False)
        resume(world, Resumption.REPUBLISH)
        assert [drift.status for drift in world.drifts()] == [DriftStatus.REVERTED]
        assert "20261201T10" in world.body(one)
        assert world.settles()


class TestHalfAnAnswer:
    def test_listing_capped_by_the_server(self, world: ScriptedWorld) -> None:
        """A list that says that it is cut tells nothing of what is not in it."""
        world.published(3)
        cut = (
            f'<D:multistatus xmlns:D="DAV:"><D:response><D:href>{world.path}</D:href>'
            "<D:status>HTTP/1.1 507 Insufficient Storage</D:status></D:response></D:multistatus>"
        )
        world.server.fail("PROPFIND", Fault(), Fault(answer=Answer(207, {}, cut.encode())))
        assert is_untouched(world, lambda: world.cycle(verify=True))
        assert world.stored_calendar().state is CalendarState.UNREACHABLE

    def test_listing_that_is_about_something_else(self, stage: WorldMaker) -> None:
        """A list that does not show what it is a list of is no list of the calendar."""
        world = stage()
        world.published(3)
        world.server.behave(tells_of_itself=False)
        for _ in range(3):
            world.now += timedelta(minutes=10)
            assert is_untouched(world, lambda: world.cycle(verify=True))
        assert world.stored_calendar().state is CalendarState.PARTIAL_ANSWER
        world.server.behave(tells_of_itself=True)
        assert world.cycle().state is CalendarState.OK

    def test_multiget_that_answers_fewer(self, stage: WorldMaker) -> None:
        """What a multiget leaves out is asked for alone; where that fails, nothing is concluded of those."""
        world = stage(multiget_at_most=1)
        world.published(3)
        proven_at = world.stored_calendar().last_proven_equal_at
        world.server.fail("GET", *[status(500)] * 2)
        assert is_untouched(world, lambda: world.cycle(verify=True))
        assert "500" in (world.stored_calendar().last_error or "")
        assert world.stored_calendar().last_proven_equal_at == proven_at

    def test_none_of_ours_can_be_read(self, stage: WorldMaker) -> None:
        """Where the server fails on every one it is the server's trouble, and told as that."""
        world = stage(multiget_at_most=0)
        world.published(3)
        world.server.fail("GET", *[status(500)] * 3)
        assert is_untouched(world, lambda: world.cycle(verify=True))
        assert world.stored_calendar().state is CalendarState.UNREACHABLE


class TestWar:
    def test_program_that_keeps_rewriting(self, world: ScriptedWorld) -> None:
        """The same edit back again and again ends in a flag with its history (ridafkih/keeper.sh#649)."""
        (one,) = world.published()
        for _ in range(3):
            world.edit(one, MOVED_A_DAY)
            assert world.cycle().counts["reverted"] == 1
        world.edit(one, MOVED_A_DAY)
        (held,) = world.cycle().drifts
        assert (held.status, held.rule) == (DriftStatus.OPEN, "came back 3 times")
        assert [drift.status for drift in world.drifts()].count(DriftStatus.REVERTED) == 3
        assert len({drift.fingerprint for drift in world.drifts()}) == 1
        assert world.settles()

    def test_days_later(self, world: ScriptedWorld) -> None:
        """What was flagged stays flagged: no timer starts the war again (argoproj/argo-cd#4101, #25579)."""
        (one,) = world.published()
        for _ in range(4):
            world.edit(one, MOVED_A_DAY)
            world.cycle()
        world.now = at("2026-11-26T08:00").astimezone(world.now.tzinfo)
        assert world.settles()
        assert len(world.drifts(DriftStatus.OPEN)) == 1

    def test_another_edit(self, world: ScriptedWorld) -> None:
        """A different edit is none of the war's: it is put right at once (argoproj/argo-cd#18442, #21599)."""
        (one,) = world.published()
        for _ in range(4):
            world.edit(one, MOVED_A_DAY)
            world.cycle()
        world.edit(one, replaced("20261202T10", "20261203T10"))
        assert world.cycle().counts["reverted"] == 1
        assert world.settles()
