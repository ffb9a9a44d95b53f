"""Whole cycles against servers that refuse people, hold a UID once, and fail on single resources."""

import pytest

from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from tests.reliability.dav_world import WorldMaker
from tests.servers.quirks import Refusal


@pytest.mark.parametrize("status", [403, 412])
def test_people_are_refused(stage: WorldMaker, status: int) -> None:
    """A server that takes no event with people gets it without, and a further cycle does nothing."""
    world = stage(refuses_people=Refusal(status=status))
    one = world.book()
    assert world.cycle().counts["published"] == 1
    assert "ORGANIZER" not in world.body(one)
    assert world.stored_calendar().is_plain
    assert world.settles()


@pytest.mark.parametrize("spoils_multiget", [False, True])
@pytest.mark.parametrize("code", [301, 400, 405, 406, 414, 500])
def test_strange_resource(stage: WorldMaker, code: int, spoils_multiget: bool) -> None:
    """A new event of the provider's that cannot be read stops nothing, and is none of ours to tell of."""
    world = stage(fails_on=frozenset({"odd.ics"}), failure=code, spoils_multiget=spoils_multiget)
    one = world.published(1)[0]
    world.hand.put(f"{world.path}odd.ics", world.body(one).replace(one.uid, "theirs").encode())
    world.hand.put(f"{world.path}even.ics", world.body(one).replace(one.uid, "theirs-too").encode())
    report = world.cycle()
    assert (report.state, report.errors) == (CalendarState.OK, ())


def test_moved_where_a_uid_may_stand_once(stage: WorldMaker) -> None:
    """It is one drift with the remedy, tells nothing new in later cycles, and ends when the other event is gone."""
    world = stage(uid_once_an_account=True)
    (one,) = world.published(1)
    world.server.hand.make_collection("/home/private/", "Private")
    world.hand.put("/home/private/moved.ics", world.body(one).encode())
    world.delete(one)
    assert world.cycle().errors == ()
    (drift,) = world.drifts()
    assert (drift.status, "/home/private/moved.ics" in drift.note) == (DriftStatus.OPEN, True)
    again = world.cycle()
    assert (again.errors, again.counts["flagged"]) == ((), 0)
    world.hand.delete("/home/private/moved.ics")
    world.cycle()
    assert [each.status for each in world.drifts()] == [DriftStatus.REVERTED]
    assert world.settles()
