"""How syncd says that it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.messaging.outbox import MessageStatus
from syncd.core.sync.calendars import CalendarState
from syncd.ports.store.counts import Standing
from syncd.ports.store.transaction import Store
from syncd.presentation.documents.standing import status_document
from syncd.services.reporting.alerts import objectives
from syncd.services.reporting.status import Status, status
from syncd.services.work.showing import LATE_AFTER as OVERDUE_AFTER
from tests.builders import START
from tests.messages.builders import a_message
from tests.services.world import World, replaced


@pytest.fixture
def world(sqlite_store: Store) -> World:
    return World(sqlite_store)


def look(world: World) -> Status:
    return status(world.store, world.now, objectives(timedelta(minutes=5)))


def test_nothing_has_happened_yet(world: World) -> None:
    """A calendar that was never looked at has no proof, and there was no cycle."""
    shown = status_document(look(world), world.now)
    assert (shown["last_cycle_at"], shown["never_proven"], shown["proof_age_seconds"]) == (None, 1, None)


def test_something_waits_to_be_published(world: World) -> None:
    """What is booked and not yet published stands in the queue until a cycle has run."""
    world.book()
    assert look(world).pending_publications == 1
    world.cycle()
    assert look(world).pending_publications == 0
    assert look(world).last_cycle_at == world.now


def test_a_full_comparison_found_all_right(world: World) -> None:
    """The age of the proof is the time since then."""
    world.book()
    world.cycle(verify=True)
    world.now += timedelta(hours=2)
    assert status_document(look(world), world.now)["proof_age_seconds"] == 2 * 3600


def test_a_message_was_put_aside(world: World) -> None:
    """What a mail server refused for good waits for a person, as what still waits to be sent does not."""
    message = a_message(appointment_id=world.book().id)
    with world.store.transaction() as tx:
        tx.messages.add([message, replace(message, id="msg-aside", sequence=1, status=MessageStatus.FAILED)])
    assert (look(world).queued_messages, look(world).failed_messages) == (1, 1)


def test_a_drift_is_open(world: World) -> None:
    """What waits for a person's decision is counted."""
    one = world.book(start=START)
    world.cycle()
    world.edit(one, replaced("END:VEVENT", "ATTENDEE:mailto:colleague@example.net\r\nEND:VEVENT"))
    world.cycle()
    assert look(world).open_drifts == 1


def test_nobody_works(world: World) -> None:
    """A calendar that has been due for long tells that the daemon is down; one that waits for a person does not."""
    world.cycle()
    assert look(world).overdue == ()
    world.now += timedelta(hours=1) + OVERDUE_AFTER
    assert look(world).overdue == (world.calendar.id,)
    with world.store.transaction() as tx:
        tx.calendars.save(replace(world.stored_calendar(), state=CalendarState.PAUSED))
    assert look(world).overdue == ()
    assert look(world).calendars == {"paused": 1}


def test_how_all_stands(world: World) -> None:
    """Every publication is counted once; somebody should act as soon as a drift is open."""
    one = world.book(start=START)
    assert status_document(look(world), world.now)["standing"]["working"] == 1
    world.cycle(verify=True)
    shown = status_document(look(world), world.now)
    assert (shown["ok"], shown["standing"]["equal"], sum(shown["standing"].values())) == (True, 1, 1)
    world.edit(one, replaced("END:VEVENT", "ATTENDEE:mailto:colleague@example.net\r\nEND:VEVENT"))
    world.cycle()
    shown = status_document(look(world), world.now)
    assert (shown["ok"], shown["standing"]["open"], shown["held_claims"]) == (False, 1, 0)


def test_calendars_that_are_polled_seldom(world: World) -> None:
    """Three intervals may pass before one that is looked at each hour counts as unproven, and becomes an alert."""
    world.book()
    world.cycle(verify=True)
    world.now += timedelta(hours=2)
    hourly = status(world.store, world.now, objectives(timedelta(hours=1)))
    assert (hourly.standing[Standing.EQUAL], look(world).standing[Standing.UNPROVEN]) == (1, 1)
    assert look(world).alerts - hourly.alerts == 1
