"""A collection that was deleted and made anew, at servers that do not say so; and what is new after a whole listing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.events.findings import Kind
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftAction
from syncd.core.sync.policy import Policy, PolicyRule
from syncd.services.sync.reconcile.observe import LIST_EVERY
from tests.adapters.events import an_event
from tests.builders import START, a_series, at
from tests.reliability.dav_world import ScriptedWorld, WorldMaker
from tests.servers.quirks import Refusal, UnknownToken
from tests.services.world import MOVED_A_DAY, replaced

HELD = {CalendarState.EMPTIED, CalendarState.RECREATED}
NO_SYNC = Refusal(status=415)


def is_untouched(world: ScriptedWorld) -> bool:
    """Tell whether nothing of ours was put into the strange collection, and nothing was read as an edit."""
    return not any(b"apt-test" in body for body in world.bodies().values()) and world.drifts() == []


def with_company(world: ScriptedWorld) -> None:
    """Make the collection anew and let the provider put something else there."""
    world.recreate()
    world.hand.put(f"{world.path}dentist.ics", an_event("dentist@example.net"))


class TestMadeAnew:
    @pytest.mark.parametrize("standing", [2, 3, 12])
    @pytest.mark.parametrize("unknown_token", UnknownToken)
    def test_within_some_cycles(self, stage: WorldMaker, unknown_token: UnknownToken, standing: int) -> None:
        """However the server answers the old token, it is seen within some cycles that have nothing else to do."""
        world = stage(unknown_token=unknown_token)
        world.published(standing)
        world.recreate()
        states = [world.cycle().state for _ in range(LIST_EVERY)]
        assert states[-1] in HELD
        assert is_untouched(world)

    @pytest.mark.parametrize("unknown_token", UnknownToken)
    @pytest.mark.parametrize("verify", [False, True])
    def test_with_one_event(self, stage: WorldMaker, unknown_token: UnknownToken, *, verify: bool) -> None:
        """The only one is gone, and the server names no deletion: nothing is put into the strange collection."""
        world = stage(unknown_token=unknown_token)
        world.published(1)
        world.recreate()
        states = [world.cycle(verify=verify).state for _ in range(LIST_EVERY)]
        assert states[-1] in HELD
        assert is_untouched(world)

    @pytest.mark.parametrize("verify", [False, True])
    def test_the_only_event_deleted(self, world: ScriptedWorld, *, verify: bool) -> None:
        """A deletion that the server names is one, also where a look at everything finds it."""
        (one,) = world.published(1)
        world.delete(one)
        (drift,) = world.cycle(verify=verify).drifts
        assert drift.kinds == (Kind.DELETED,)
        assert world.stands(one)

    def test_the_only_event_deleted_and_flagged(self, stage: WorldMaker) -> None:
        """A deletion is told once: while it waits for a decision, nothing holds its calendar."""
        world = stage()
        world.policy = Policy((PolicyRule(name="all", action=DriftAction.FLAG),))
        (one,) = world.published(1)
        world.delete(one)
        states = {world.cycle(verify=number == 3).state for number in range(LIST_EVERY + 2)}
        assert states == {CalendarState.OK}
        assert [drift.kinds for drift in world.drifts()] == [(Kind.DELETED,)]

    def test_at_once_where_the_token_moves(self, stage: WorldMaker) -> None:
        """DAViCal moves the token and names nothing: the members are listed at once."""
        world = stage(unknown_token=UnknownToken.NOTHING)
        world.published(3)
        world.recreate()
        assert world.cycle().state in HELD

    @pytest.mark.parametrize("unknown_token", UnknownToken)
    def test_with_others_events_in_it(self, stage: WorldMaker, unknown_token: UnknownToken) -> None:
        """It is not the practice's calendar because something stands in it."""
        world = stage(unknown_token=unknown_token)
        world.published(3)
        with_company(world)
        states = [world.cycle().state for _ in range(LIST_EVERY)]
        assert states[-1] is CalendarState.RECREATED
        assert is_untouched(world)

    @pytest.mark.parametrize("unknown_token", UnknownToken)
    @pytest.mark.parametrize("company", [True, False])
    def test_reschedule_in_between(self, stage: WorldMaker, unknown_token: UnknownToken, *, company: bool) -> None:
        """A write that finds its event gone looks for the others before it puts anything there."""
        world = stage(unknown_token=unknown_token)
        one, *_ = world.published(3)
        world.recreate()
        if company:
            with_company(world)
        world.change(one, start=at("2026-12-04T09:00"))
        assert world.cycle().state in HELD
        assert is_untouched(world)

    @pytest.mark.parametrize("unknown_token", UnknownToken)
    def test_new_booking_in_between(self, stage: WorldMaker, unknown_token: UnknownToken) -> None:
        """Before something new is put there it is proven that the others still stand there."""
        world = stage(unknown_token=unknown_token)
        world.published(3)
        world.recreate()
        world.book(start=START + timedelta(days=9))
        assert world.cycle().state in HELD
        assert is_untouched(world)


class TestWhatIsRemembered:
    def test_server_that_tells_deletions(self, world: ScriptedWorld) -> None:
        """Once seen to tell them it is asked nothing more in an idle cycle, however many follow."""
        one, _ = world.published(2)
        world.delete(one)
        world.cycle()
        world.cycle()
        assert world.capabilities.tells_deletions is True
        assert {world.cycle().requests for _ in range(LIST_EVERY + 1)} == {1}

    def test_server_that_was_not_seen_to(self, world: ScriptedWorld) -> None:
        """Its members are listed once in so many cycles; every other idle cycle is one request."""
        world.published(2)
        requests = [world.cycle().requests for _ in range(2 * LIST_EVERY)]
        assert sum(count > 1 for count in requests) == 2

    def test_token_that_always_moves(self, stage: WorldMaker) -> None:
        """It is remembered, and from then on an idle cycle is one request again."""
        world = stage()
        world.published(2)
        calendar = world.server.dav.calendars[world.path]
        seen = []
        for _ in range(4):
            calendar.revision += 1
            seen.append(world.cycle().requests)
        assert seen[0] > 1
        assert seen[1:] == [1, 1, 1]
        assert world.capabilities.idle_tokens is True
        assert world.stored_calendar().state is CalendarState.OK


class TestStrangersInAWholeListing:
    """Where no report tells what is new (no sync-collection, or a lost token), it is known by what was there before."""

    def test_copy(self, stage: WorldMaker) -> None:
        """A copy that appears is a duplicate, once, and it is told of with its own href."""
        world = stage(sync=NO_SYNC)
        world.hand.put(f"{world.path}dentist.ics", an_event("dentist@example.net"))
        (one,) = world.published()
        copy = world.hand.get(world.href(one)).replace(b"UID:", b"UID:copy-")
        world.hand.put(f"{world.path}copy.ics", copy)
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.copies) == ((Kind.DUPLICATE,), (f"{world.path}copy.ics",))
        assert world.settles()

    def test_tail_of_a_series_that_was_cut(self, stage: WorldMaker) -> None:
        """The new half is read beside the shortened one."""
        world = stage(sync=NO_SYNC)
        series = world.publish(a_series())
        body = world.hand.get(world.href(series))
        world.edit(series, replaced("COUNT=4", "COUNT=2"))
        tail = body.replace(b"20261201T", b"20261215T").replace(b"COUNT=4", b"COUNT=2").replace(b"UID:", b"UID:tail-")
        world.hand.put(f"{world.path}tail.ics", tail)
        (drift,) = world.cycle().drifts
        assert Kind.SPLIT in drift.kinds
        assert world.settles()

    def test_moved_by_deleting_and_making_anew(self, stage: WorldMaker) -> None:
        """It is a move, under another href and UID."""
        world = stage(sync=NO_SYNC)
        one, _ = world.published(2)
        body = MOVED_A_DAY(world.hand.get(world.href(one))).replace(b"UID:", b"UID:moved-")
        world.delete(one)
        world.hand.put(f"{world.path}moved.ics", body)
        assert Kind.MOVED in world.cycle().drifts[0].kinds

    def test_lost_token(self, world: ScriptedWorld) -> None:
        """A token that the server no longer knows hides no copy."""
        one, _ = world.published(2)
        copy = world.hand.get(world.href(one)).replace(b"UID:", b"UID:copy-")
        world.hand.put(f"{world.path}copy.ics", copy)
        with world.store.transaction() as tx:
            stored = tx.calendars.get(world.calendar.id)
            tx.calendars.save(replace(stored, cursor="sync:https://example.org/sync/0/0"))
        assert world.cycle().drifts[0].kinds == (Kind.DUPLICATE,)

    def test_what_stood_there_before_is_never_read(self, stage: WorldMaker) -> None:
        """A provider's own events are not read one by one because something else changed."""
        world = stage(sync=NO_SYNC)
        for number in range(30):
            world.hand.put(f"{world.path}own-{number}.ics", an_event(f"own-{number}@example.net"))
        (one,) = world.published()
        world.edit(one, MOVED_A_DAY)
        world.server.seen.clear()
        world.cycle()
        assert world.server.count("GET") <= 2
        assert world.server.count("REPORT") <= 1

    def test_what_is_stored_of_them(self, stage: WorldMaker) -> None:
        """Digests alone: neither an href nor a word of an event that is not ours."""
        world = stage(sync=NO_SYNC)
        world.hand.put(f"{world.path}dentist.ics", an_event("dentist@example.net"))
        world.published()
        with world.store.reading() as tx:
            (known,) = tx.calendars.strangers(world.calendar.id) or frozenset[bytes]()
        assert len(known) == 8
        assert b"dentist" not in known
