"""What operators must see, and never have to guess (peer-failures, H)."""

from datetime import timedelta

import pytest

from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.sync.calendars import CalendarState
from syncd.presentation.documents.calendars import calendar_document
from syncd.services.reporting.alerts import objectives
from syncd.services.reporting.status import status as state_of_all
from syncd.services.sync.calendars import CalendarService
from tests.adapters.events import an_event
from tests.builders import an_admin
from tests.reliability.dav_world import ScriptedWorld
from tests.servers.quirks import Refusal
from tests.servers.scripted import Fault, status
from tests.services.world import MOVED_A_DAY, VAULT


def test_updates_that_fail_without_an_error_in_sight(world: ScriptedWorld) -> None:
    """Each failure is in the cycle's report, with the calendar's name on it (ridafkih/keeper.sh#978, #137)."""
    one, _ = world.published(2)
    world.edit(one, MOVED_A_DAY)
    world.server.fail("PUT", status(500))
    (error,) = world.cycle().errors
    assert (error.calendar, error.code) == (world.calendar.id, "unreachable")
    assert calendar_document(world.stored_calendar())["last_error"] == error.message


def test_password_that_was_changed(world: ScriptedWorld) -> None:
    """A refused login has a state of its own, at once, and an age of the last proof (calcom/cal.diy#7564, #11870)."""
    world.published()
    world.cycle(verify=True)
    world.server.password = "changed"
    world.now += timedelta(days=2)
    assert world.cycle().state is CalendarState.LOGIN_REFUSED
    shown = calendar_document(world.stored_calendar())
    assert shown["state"] == "login_refused"
    assert shown["last_tried_at"] > shown["last_synced_at"]
    assert state_of_all(world.store, world.now, objectives(timedelta(minutes=5))).calendars == {"login_refused": 1}


def test_server_that_comes_and_goes(world: ScriptedWorld) -> None:
    """It is tried again later each time, and heals by itself as soon as it answers (argoproj/argo-cd#18442)."""
    one, _ = world.published(2)
    world.edit(one, MOVED_A_DAY)
    pauses = []
    for _ in range(3):
        world.server.fail("REPORT", *[Fault(drops=True)] * 3)
        world.cycle()
        pauses.append((world.work().due_at or world.now) - world.now)
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1] <= world.reconciler.rhythm.longest * 1.1
    assert world.cycle().counts["reverted"] == 1
    assert (world.work().attempts, world.stored_calendar().last_error) == (0, None)


@pytest.mark.parametrize("code", [415, 500])
def test_report_that_looks_like_a_dead_calendar(world: ScriptedWorld, code: int) -> None:
    """A server that advertises sync-collection and refuses it stays a working calendar (Tymeslot/tymeslot#73)."""
    one, _ = world.published(2)
    world.server.behave(sync=Refusal(status=code))
    world.edit(one, MOVED_A_DAY)
    report = world.cycle()
    assert (report.state, report.counts["reverted"]) == (CalendarState.OK, 1)
    assert calendar_document(world.stored_calendar())["capabilities"]["sync_collection"] is False


def test_leaving_nothing_behind(world: ScriptedWorld) -> None:
    """A calendar that is removed with its events leaves no orphan of ours, and all that is not ours.

    ridafkih/keeper.sh#541.
    """
    own = an_event("own@example.com")
    world.hand.put(f"{world.path}own.ics", own)
    world.published(3)
    service = CalendarService(store=world.store, servers=world.dav, vault=VAULT, by=an_admin("admin"))
    removal = service.remove(world.calendar.id, world.now, withdraw=True)
    assert (removal.withdrawn, removal.left) == (3, 0)
    assert world.bodies() == {f"{world.path}own.ics": own}


def test_cancelled_while_the_server_was_away(world: ScriptedWorld) -> None:
    """What could not be withdrawn is, as soon as it can: no orphan stays (ridafkih/keeper.sh#541)."""
    one, _ = world.published(2)
    world.change(one, status=AppointmentStatus.CANCELLED)
    world.server.fail("DELETE", Fault(drops=True))
    assert world.cycle().errors[0].code == "unreachable"
    assert world.cycle().counts["withdrawn"] == 1
    assert len(world.bodies()) == 1
    assert world.settles()
