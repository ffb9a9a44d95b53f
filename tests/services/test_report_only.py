"""A calendar in the mode report_only: everything is seen and recorded, and nothing is written there."""

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

import pytest

from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import HoldCode
from syncd.core.events.findings import Kind
from syncd.core.sync.calendars import CalendarMode, CalendarState, Privacy
from syncd.core.sync.drift import DriftAction, DriftStatus
from syncd.core.sync.plan import Limits
from syncd.core.times import DayHours, instant
from syncd.ports.store.transaction import Store
from syncd.services.sync.calendars import CalendarService, Wishes
from syncd.services.sync.reconcile import Seen, WriteWithheldError
from syncd.services.sync.reconcile.withholding import NOT_PUT_RIGHT
from tests.builders import START, an_admin
from tests.claims.practice import ClaimsWorld, dragged
from tests.services.world import MOVED_A_DAY, VAULT, replaced, with_guest

LATER = timedelta(days=3)


class ReportingWorld(ClaimsWorld):
    """A practice that changes the mode of its calendar."""

    @property
    def service(self) -> CalendarService:
        return CalendarService(store=self.store, servers=self.servers, vault=VAULT, by=an_admin())

    def set(self, **wishes: object) -> None:
        self.service.set(self.calendar.id, Wishes(**wishes), self.now)  # type: ignore[typeddict-item]  # wishes by name

    def only_report(self) -> None:
        self.set(mode=CalendarMode.REPORT_ONLY)
        self.collection.writes.clear()

    def writes(self) -> int:
        return len(self.collection.writes)


@pytest.fixture
def world(sqlite_store: Store) -> ReportingWorld:
    return ReportingWorld(sqlite_store)


class TestWhatIsWithheld:
    def test_what_the_practice_does(self, world: ReportingWorld) -> None:
        """Nothing is published, updated or deleted, however often a cycle looks; all of it once the mode is normal."""
        moved, cancelled = world.book(), world.book(id="apt-2", uid="u-2", start=START + timedelta(hours=2))
        world.cycle()
        world.only_report()
        new = world.book(id="apt-3", uid="u-3", start=START + timedelta(hours=4))
        world.change(moved, start=START + timedelta(days=1))
        world.cancel(cancelled)
        for verify in (False, True, False):
            report = world.cycle(verify=verify)
            assert report.counts["withheld"] == 3
            assert (world.writes(), report.drifts, report.errors) == (0, (), ())
        world.set(mode=CalendarMode.NORMAL)
        report = world.cycle()
        assert [report.counts[name] for name in ("published", "updated", "withdrawn", "withheld")] == [1, 1, 1, 0]
        assert (world.stands(new), world.stands(cancelled)) == (True, False)
        assert "20261202T10" in world.body(moved)
        assert world.cycle(verify=True).counts == {}

    def test_what_settings_render(self, world: ReportingWorld) -> None:
        """Waits too, and is an update in the end: never the practice's own change that overrules an edit."""
        one = world.book()
        world.cycle()
        world.only_report()
        world.practice = replace(world.practice, name="Another name")
        assert +world.cycle().counts == {"withheld": 1}
        world.edit(one, replaced("SUMMARY:Session A. E.", "SUMMARY:Call first"))
        (drift,) = world.cycle().drifts
        assert (drift.status, drift.kinds) == (DriftStatus.IGNORED, (Kind.TITLE,))
        world.set(mode=CalendarMode.NORMAL)
        assert world.cycle().counts["updated"] == 1
        assert "SUMMARY:Call first" in world.body(one)
        assert "Another name" in world.body(one)

    def test_the_proof_of_equality(self, world: ReportingWorld) -> None:
        """A full look proves nothing while a write is withheld, and proves it as ever where none is."""
        world.book()
        world.cycle()
        world.only_report()
        world.cycle(verify=True)
        proven = world.stored_calendar().last_proven_equal_at
        assert proven == world.now
        world.book(id="apt-2", uid="u-2", start=START + timedelta(hours=2))
        world.cycle(verify=True)
        assert world.stored_calendar().last_proven_equal_at == proven


class TestEdits:
    def test_one_that_would_be_put_right(self, world: ReportingWorld) -> None:
        """Is open with what would have been done, found once, and put right once the mode is normal."""
        one = world.book()
        world.cycle()
        world.only_report()
        world.edit(one, MOVED_A_DAY)
        (drift,) = world.cycle().drifts
        assert (drift.status, drift.action, drift.note) == (DriftStatus.OPEN, DriftAction.REVERT, NOT_PUT_RIGHT)
        for verify in (False, True):
            assert world.cycle(verify=verify).drifts == ()
        assert world.drifts() == [drift]
        assert world.writes() == 0
        world.set(mode=CalendarMode.NORMAL)
        assert world.cycle().counts["reverted"] == 1
        assert [each.status for each in world.drifts()] == [DriftStatus.REVERTED]

    @pytest.mark.parametrize("change", [MOVED_A_DAY, with_guest])
    def test_one_that_the_provider_takes_back(self, world: ReportingWorld, change: Callable[[bytes], bytes]) -> None:
        """Is over, whether the practice has changed the session meanwhile or not; its change goes on to wait."""
        one, other = world.book(), world.book(id="apt-2", uid="u-2", start=START + timedelta(hours=2))
        world.cycle()
        world.only_report()
        href = world.publication(one.source).href
        before = world.collection.bodies()[href]
        world.edit(one, change)
        world.cycle()
        world.change(one, location="Room 2")
        world.cycle()
        world.collection.put(href, before)
        report = world.cycle(verify=True)
        assert report.counts["withheld"] == 1
        assert [drift.status for drift in world.drifts()] == [DriftStatus.SUPERSEDED]
        world.set(mode=CalendarMode.NORMAL)
        assert world.cycle().counts["updated"] == 1
        assert "LOCATION:Room 2" in world.body(one)
        assert world.stands(other)

    def test_one_around_which_the_practice_changes(self, world: ReportingWorld) -> None:
        """Waits for its decision, and the practice's change for the mode: both are on record and neither is lost."""
        one = world.book()
        world.cycle()
        world.only_report()
        world.edit(one, with_guest)
        world.change(one, location="Room 2")
        report = world.cycle()
        assert (report.counts["withheld"], report.counts["flagged"]) == (1, 1)
        assert world.publication(one.source).dirty
        assert world.cycle(verify=True).drifts == ()
        world.set(mode=CalendarMode.NORMAL)
        world.cycle()
        assert "LOCATION:Room 2" in world.body(one)
        assert "new@example.net" in world.body(one)

    def test_one_at_a_quiet_hour(self, world: ReportingWorld) -> None:
        """Waits for nothing: no time is named at which it would be put right."""
        world.limits = Limits(quiet_hours=(DayHours(time(0), time(23, 59)),))
        one = world.book()
        world.cycle()
        world.only_report()
        world.edit(one, MOVED_A_DAY)
        (drift,) = world.cycle().drifts
        assert (drift.status, drift.due_at) == (DriftStatus.OPEN, None)
        assert world.cycle(verify=True).drifts == ()
        assert world.stored_calendar().deferred_until is None

    def test_those_of_weeks(self, world: ReportingWorld) -> None:
        """Do not add up to a mass change while they are found one by one; put right at once they are one, and held."""
        hours = range(10, 16)
        booked = [world.book(id=f"apt-{h}", uid=f"u-{h}", start=START.replace(hour=h)) for h in hours]
        world.cycle()
        world.only_report()
        for one in booked:
            world.edit(one, dragged(f"2026-12-03T{one.start.hour}:00", 50))
            assert world.cycle().state is CalendarState.OK
            assert world.cycle(verify=True).state is CalendarState.OK
        world.set(mode=CalendarMode.NORMAL)
        assert world.cycle().state is CalendarState.MASS_CHANGE
        assert world.writes() == 0

    def test_all_at_once(self, world: ReportingWorld) -> None:
        """Is a state of the calendar here too, and read as edits on a person's word alone, which counts for good."""
        booked = [world.book(id=f"apt-{h}", uid=f"u-{h}", start=START.replace(hour=h)) for h in range(10, 16)]
        world.cycle()
        world.only_report()
        for one in booked:
            world.delete(one)
        assert world.cycle().state is CalendarState.EMPTIED
        assert world.drifts() == []
        world.service.resume(world.calendar.id, world.now)
        assert world.cycle().counts["flagged"] == len(booked)
        assert world.cycle(verify=True).state is CalendarState.OK
        assert world.writes() == 0


class TestDecisions:
    @pytest.fixture
    def edited(self, world: ReportingWorld) -> ReportingWorld:
        one = world.book()
        world.cycle()
        world.only_report()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        return world

    def test_a_revert(self, edited: ReportingWorld) -> None:
        """Is refused with the way out, and the drift waits as it did."""
        before = edited.drifts()
        with pytest.raises(WriteWithheldError, match="--mode normal"):
            edited.revert()
        assert (edited.drifts(), edited.writes()) == (before, 0)

    def test_taking_it_over(self, edited: ReportingWorld) -> None:
        """Needs no write: the record follows the calendar, and both agree."""
        edited.accept()
        report = edited.cycle(verify=True)
        assert (report.counts["withheld"], edited.writes()) == (0, 0)
        assert edited.stored_calendar().last_proven_equal_at == edited.now

    def test_dismissing_words(self, world: ReportingWorld) -> None:
        """Needs none either."""
        one = world.book()
        world.cycle()
        world.only_report()
        world.edit(one, lambda body: with_guest(body).replace(b"SUMMARY:Session A. E.", b"SUMMARY:Mine"))
        (drift,) = world.cycle().drifts
        world.edit(one, replaced("ATTENDEE:mailto:new@example.net\r\n", ""))
        (later,) = world.cycle().drifts
        assert (drift.status, later.status) == (DriftStatus.OPEN, DriftStatus.IGNORED)
        assert world.writes() == 0

    def test_withdrawing_all(self, edited: ReportingWorld) -> None:
        """Is refused: what stands there is left there, and the calendar stays connected."""
        with pytest.raises(WriteWithheldError):
            edited.service.remove(edited.calendar.id, edited.now, withdraw=True)
        assert edited.stored_calendar().state is CalendarState.OK
        assert edited.writes() == 0


class TestClaims:
    def test_of_a_session_that_stands_as_the_record_says(self, world: ReportingWorld) -> None:
        """Clears as ever: a look needs no write."""
        one = world.book()
        world.cycle()
        world.only_report()
        world.at(one.end + LATER)
        assert world.prove() == 1

    def test_of_a_session_that_was_moved_in_the_record_alone(self, world: ReportingWorld) -> None:
        """Is held: the calendar showed another time. It rests until the mode is another, and clears then."""
        one = world.book()
        world.cycle()
        world.only_report()
        moved = world.change(one, start=START + timedelta(days=1))
        world.cycle()
        world.at(moved.end + LATER)
        assert world.prove() == 0
        (hold,) = world.shown(one).holds
        assert (hold.code, "--mode normal" in hold.lifted_by) == (HoldCode.NOT_OBSERVED, True)
        with world.store.reading() as tx:
            assert list(tx.works.failing()) == []
        assert world.release(one).status is ClaimStatus.HELD
        world.set(mode=CalendarMode.NORMAL)
        assert world.prove() == 1

    def test_of_a_session_that_differs_in_words_alone(self, world: ReportingWorld) -> None:
        """Is not held for that: other words tell nothing of when it took place."""
        one = world.book()
        world.cycle()
        world.only_report()
        world.practice = replace(world.practice, description="Other words. {reference}")
        world.cycle()
        world.at(one.end + LATER)
        assert world.prove() == 1

    def test_of_a_session_that_never_stood_there(self, world: ReportingWorld) -> None:
        """Is not held for that: nobody could edit what nobody was shown."""
        world.only_report()
        one = world.book()
        world.cycle()
        world.at(one.end + LATER)
        assert world.prove() == 1

    def test_of_a_session_that_was_edited(self, world: ReportingWorld) -> None:
        """Is held by the open edit."""
        one = world.book()
        world.cycle()
        world.only_report()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        world.at(one.end + LATER)
        assert world.prove() == 0
        assert HoldCode.OPEN_DRIFT in world.codes(one)

    def test_an_edit_that_the_look_finds(self, world: ReportingWorld) -> None:
        """Is recorded by it, and the session counts as known, since the drift holds its claim."""
        one = world.book()
        world.cycle()
        world.only_report()
        world.edit(one, MOVED_A_DAY)
        world.at(one.end + LATER)
        publication = world.publication(one.source)
        assert world.reconciler.verify_publication(publication.id, world.now) is Seen.WITHHELD
        assert HoldCode.OPEN_DRIFT in world.codes(one)
        assert world.prove() == 0


def test_the_mode_is_set_while_a_cycle_runs(world: ReportingWorld) -> None:
    """It waits for the cycle, so that nothing is written once it holds; and the next look is at everything."""
    world.book()
    world.cycle()
    with world.reconciler.holding(world.calendar.id, world.now), pytest.raises(Exception, match="at it"):
        world.set(mode=CalendarMode.REPORT_ONLY)
    assert world.stored_calendar().mode is CalendarMode.NORMAL
    world.set(mode=CalendarMode.REPORT_ONLY)
    assert world.stored_calendar().cursor is None
    assert instant(world.work().due_at or START) <= instant(world.now) + timedelta(minutes=1)


def test_privacy_of_one_calendar(world: ReportingWorld) -> None:
    """Is part of what should stand there: its events are written anew, and again when it is as usual."""
    one = world.book()
    world.cycle()
    for level, title in (("busy", "Busy"), ("reference", f"Session {one.id}"), ("name", "Session Ada Example")):
        world.set(privacy=Privacy(level))
        assert world.reconciler.preview(world.calendar.id, world.now).counts == {"updated": 1}
        assert +world.cycle().counts == {"updated": 1}
        assert f"SUMMARY:{title}\r" in world.body(one)
        assert world.drifts() == []
    world.set(privacy=None)
    world.cycle()
    assert "SUMMARY:Session A. E.\r" in world.body(one)
    assert world.cycle(verify=True).counts == {}
