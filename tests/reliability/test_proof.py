"""Proof, not trust: what a server says of changes is believed until it was seen to be wrong (point 8)."""

from datetime import timedelta

import pytest

from syncd.core.events.findings import Kind
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.presentation.documents.calendars import calendar_document
from syncd.presentation.documents.standing import status_document
from syncd.services.reporting.alerts import objectives
from syncd.services.reporting.status import status as state_of_all
from tests.reliability.dav_world import ScriptedWorld, WorldMaker
from tests.servers.quirks import Refusal, UnknownToken
from tests.servers.scripted import Fault
from tests.services.world import MOVED_A_DAY, replaced, with_alarm

ADDED = replaced("END:VEVENT", "ATTENDEE:mailto:new@example.net\r\nEND:VEVENT")
"""Somebody is added: the default policy leaves that to a person."""


class TestSyncCollectionThatMisbehaves:
    @pytest.mark.parametrize("code", [415, 500, 501])
    def test_advertised_and_refused(self, stage: WorldMaker, code: int) -> None:
        """It is replaced by listings, shown as such, and no edit is missed (Tymeslot/tymeslot#73)."""
        world = stage(sync=Refusal(status=code))
        one, _ = world.published(2)
        assert calendar_document(world.stored_calendar())["capabilities"]["sync_collection"] is False
        world.edit(one, MOVED_A_DAY)
        assert world.cycle().drifts[0].kinds == (Kind.MOVED,)
        assert world.settles()

    def test_works_and_then_fails_for_good(self, world: ScriptedWorld) -> None:
        """The same cycle goes on with a listing: the calendar does not look dead (Tymeslot/tymeslot#73)."""
        one, _ = world.published(2)
        assert world.capabilities.sync_collection
        world.server.behave(sync=Refusal(status=500))
        world.edit(one, MOVED_A_DAY)
        report = world.cycle()
        assert (report.state, report.drifts[0].kinds) == (CalendarState.OK, (Kind.MOVED,))
        assert world.capabilities.sync_collection is False
        assert world.settles()

    def test_loses_changes(self, stage: WorldMaker) -> None:
        """The daily verification finds what it kept to itself; from then on its lists are looked at, for good."""
        world = stage(forgets_changes=True)
        one, other = world.published(2)
        world.edit(one, MOVED_A_DAY)
        assert world.cycle().drifts == ()
        assert world.cycle(verify=True).drifts[0].kinds == (Kind.MOVED,)
        shown = calendar_document(world.stored_calendar())["capabilities"]
        assert (shown["sync_collection"], shown["tells_all_changes"]) == (False, False)
        world.edit(other, replaced("20261202T10", "20261203T10"))
        assert world.cycle().drifts[0].kinds == (Kind.MOVED,)
        world.cycle(verify=True)
        assert world.capabilities.sync_collection is False
        assert world.settles()

    def test_loses_deletions(self, stage: WorldMaker) -> None:
        """So with a deletion of which nothing was said."""
        world = stage(forgets_changes=True)
        one, _ = world.published(2)
        world.delete(one)
        assert world.cycle(verify=True).drifts[0].kinds == (Kind.DELETED,)
        assert world.capabilities.tells_all_changes is False

    def test_edit_between_the_last_cycle_and_the_verification(self, world: ScriptedWorld) -> None:
        """A server that names the edit when it is asked is not blamed for it, nor for one that waits for a person."""
        one, other = world.published(2)
        world.edit(one, ADDED)
        world.cycle()
        world.edit(other, with_alarm)
        world.cycle(verify=True)
        assert (world.capabilities.sync_collection, world.capabilities.tells_all_changes) == (True, None)

    def test_token_of_another_life_that_is_accepted(self, stage: WorldMaker) -> None:
        """A collection made anew whose token moves though nothing is said to have changed is found out at once."""
        world = stage(unknown_token=UnknownToken.NOTHING)
        world.published(3)
        world.recreate()
        assert world.cycle().state is CalendarState.EMPTIED
        assert world.drifts() == []


class TestEtags:
    @pytest.mark.parametrize("sync", [None, Refusal(status=415)])
    def test_repeated(self, stage: WorldMaker, sync: Refusal | None) -> None:
        """Where an ETag only counts, an event deleted and made again under the same one is looked at all the same."""
        world = stage(counter_etags=True, sync=sync)
        one, _ = world.published(2)
        href, moved = world.href(one), MOVED_A_DAY(world.hand.get(world.href(one)))
        world.hand.delete(href)
        world.hand.put(href, moved)
        assert world.cycle().drifts[0].kinds == (Kind.MOVED,)
        assert world.capabilities.distinct_etags is False
        assert world.settles()

    def test_none_on_put(self, stage: WorldMaker) -> None:
        """A write without an ETag in its answer is read back, and an edit after it is found."""
        world = stage(etag_on_put=False)
        (one,) = world.published()
        assert world.publication(one.source).etag is not None
        world.edit(one, MOVED_A_DAY)
        assert world.cycle().drifts[0].kinds == (Kind.MOVED,)
        assert world.settles()


class TestVerification:
    def test_once_a_day(self, world: ScriptedWorld) -> None:
        """Every body is looked at once a day, whatever the token says."""
        world.published(3)
        world.server.seen.clear()
        world.now += timedelta(days=1)
        world.cycle()
        assert world.stored_calendar().last_verified_at == world.now
        assert world.server.count("REPORT") >= 1
        assert world.cycle().requests == 1

    def test_last_proven_equal(self, world: ScriptedWorld) -> None:
        """It is kept apart from the last try and moves by a full look alone (ridafkih/keeper.sh#978, #137)."""
        world.published(2)
        world.cycle(verify=True)
        proven = world.now
        world.cycle()
        shown = calendar_document(world.stored_calendar())
        assert shown["last_proven_equal_at"] == proven.isoformat(timespec="seconds")
        assert shown["last_tried_at"] == world.now.isoformat(timespec="seconds")

    def test_difference_that_waits_for_a_person(self, world: ScriptedWorld) -> None:
        """While a drift is open, nothing is called proven equal, however often all is looked at."""
        one, _ = world.published(2)
        world.cycle(verify=True)
        proven = world.now
        world.edit(one, ADDED)
        world.cycle()
        world.cycle(verify=True)
        assert world.stored_calendar().last_proven_equal_at == proven
        world.decide(world.drifts(DriftStatus.OPEN)[0])
        world.cycle(verify=True)
        assert world.stored_calendar().last_proven_equal_at == world.now

    def test_failing_for_days(self, world: ScriptedWorld) -> None:
        """The age of the proof grows where everybody can see it (ridafkih/keeper.sh#978, calcom/cal.diy#7564)."""
        world.published(1)
        world.cycle(verify=True)
        for _ in range(3):
            world.now += timedelta(days=1)
            world.server.fail("PROPFIND", *[Fault(drops=True)] * 3)
            assert world.cycle().state is CalendarState.UNREACHABLE
        shown = status_document(state_of_all(world.store, world.now, objectives(timedelta(minutes=5))), world.now)
        assert shown["proof_age_seconds"] > timedelta(days=3).total_seconds()
        assert shown["calendars"] == {"unreachable": 1}


def test_absence_is_asked_for_once_more(world: ScriptedWorld) -> None:
    """A resource that a report calls gone and that answers when it is asked for alone is not gone."""
    one, _ = world.published(2)
    href = world.href(one)
    kept = world.server.dav.calendars[world.path].resources.pop(href)
    world.server.dav.calendars[world.path].touch(href)
    world.server.fail(
        "GET", Fault(during=lambda: world.server.dav.calendars[world.path].resources.update({href: kept}))
    )
    report = world.cycle()
    assert (report.drifts, report.state) == ((), CalendarState.OK)
