"""What settings render is part of what is desired: a change of them reaches every event that stands in a calendar."""

from dataclasses import replace
from typing import Any

import pytest

from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.sync.calendars import Calendar, Privacy
from syncd.core.sync.publishing import CancelledEvents
from tests.reliability.dav_world import ScriptedWorld
from tests.servers.scripted import Fault, status

CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "privacy": ({"privacy": Privacy.BUSY}, "SUMMARY:Busy"),
    "name": ({"name": "Another name"}, "managed by Another name"),
    "e-mail": ({"email": "desk@example.com"}, "mailto:desk@example.com"),
    "description": ({"description": "Ask {practice}. Ref. {reference}"}, "DESCRIPTION:Ask Example Practice"),
}


@pytest.mark.parametrize(("changes", "shown"), CHANGES.values(), ids=CHANGES)
def test_setting(world: ScriptedWorld, changes: dict[str, Any], shown: str) -> None:
    """The next cycle writes it into every event, as updates and nobody's edit; then there is nothing to do."""
    booked = world.published(3)
    world.practice = replace(world.practice, **changes)
    preview = world.reconciler.preview(world.calendar.id, world.now)
    assert preview.counts["updated"] == 3
    report = world.cycle()
    assert (report.counts["updated"], report.drifts) == (3, ())
    assert all(shown in world.body(one) for one in booked)
    assert world.settles()


def test_plain_events_everywhere(world: ScriptedWorld) -> None:
    """Organizer and attendee go."""
    (one,) = world.published()
    world.practice = replace(world.practice, plain_events=True)
    assert world.cycle().counts["updated"] == 1
    assert "ATTENDEE" not in world.body(one)
    assert world.settles()


def test_plain_events_in_one_calendar(world: ScriptedWorld) -> None:
    """So it is where the calendar's own setting changed."""
    (one,) = world.published()
    with world.store.transaction() as tx:
        tx.calendars.save(replace(tx.calendars.get(world.calendar.id), plain_events=True))
    assert world.cycle().counts["updated"] == 1
    assert "ATTENDEE" not in world.body(one)
    assert world.settles()


def test_cancelled_events_that_no_longer_stay(world: ScriptedWorld) -> None:
    """Marked ones leave the calendar when they are to be removed."""
    world.practice = replace(world.practice, cancelled_events=CancelledEvents.MARK)
    one, _ = world.published(2)
    world.change(one, status=AppointmentStatus.CANCELLED)
    world.cycle()
    assert "STATUS:CANCELLED" in world.body(one)
    world.practice = replace(world.practice, cancelled_events=CancelledEvents.REMOVE)
    href = world.href(one)
    assert world.cycle().counts["withdrawn"] == 1
    assert href not in world.bodies()
    assert world.settles()


def test_settings_that_come_back(world: ScriptedWorld) -> None:
    """There and back again writes each time what holds then."""
    (one,) = world.published()
    before = world.practice
    world.practice = replace(before, privacy=Privacy.NAME)
    world.cycle()
    world.practice = before
    world.cycle()
    assert "SUMMARY:Session A. E." in world.body(one)
    assert world.settles()


def test_write_that_fails_then(world: ScriptedWorld) -> None:
    """An event that could not be written is written in the next cycle, though the others are done."""
    booked = world.published(3)
    world.practice = replace(world.practice, privacy=Privacy.BUSY)
    world.server.fail("PUT", Fault(), status(507))
    assert world.cycle().counts["updated"] == 2
    world.cycle()
    assert all("SUMMARY:Busy" in world.body(one) for one in booked)
    assert world.settles()


def test_proof_compares_with_what_is_desired_now(world: ScriptedWorld) -> None:
    """A record that changed without anybody's word is found by the verification, not proven equal."""
    (one,) = world.published()
    world.cycle(verify=True)
    proven = world.stored_calendar().last_proven_equal_at
    with world.store.transaction() as tx:
        stored = tx.appointments.get(one.id)
        tx.appointments.save(replace(stored, location="Room 9"))  # and nobody marks its publication
    assert world.cycle().counts["updated"] == 0
    assert world.cycle(verify=True).counts["updated"] == 1
    assert "LOCATION:Room 9" in world.body(one)
    assert world.stored_calendar().last_proven_equal_at != proven


def test_idle_calendar(world: ScriptedWorld) -> None:
    """Once brought up to date, settings cost nothing: no request more, and no row but the calendar's own."""
    world.published(2)
    world.practice = replace(world.practice, privacy=Privacy.BUSY)
    world.cycle()
    world.cycle()
    before = publications(world)
    assert world.cycle().requests == 1
    assert publications(world) == before


def publications(world: ScriptedWorld) -> list[Any]:
    with world.store.reading() as tx:
        return list(tx.publications.of_calendar(world.calendar.id))


def test_calendars_own_settings_are_not_the_practices(world: ScriptedWorld) -> None:
    """A calendar that is plain already is not written again because the practice's setting says so too."""
    with world.store.transaction() as tx:
        calendar: Calendar = replace(tx.calendars.get(world.calendar.id), plain_events=True)
        tx.calendars.save(calendar)
    world.published()
    world.practice = replace(world.practice, plain_events=True)
    assert world.cycle().counts["updated"] == 0
