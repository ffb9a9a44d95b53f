"""One round over all calendars, and what it says of itself."""

from dataclasses import replace

import pytest

from syncd.adapters.memory import Operation
from syncd.core.errors import NotFoundError
from syncd.core.sync.calendars import CalendarState
from syncd.core.work import WorkKind
from syncd.ports.remote.errors import UnavailableError
from syncd.ports.store.transaction import Store
from syncd.presentation.documents.plans import round_document
from syncd.services.sync.rounds import Round, run_round
from syncd.services.work.leases import Leases
from tests.builders import START
from tests.services.world import MOVED_A_DAY, World, replaced, with_alarm


@pytest.fixture
def world(sqlite_store: Store) -> World:
    return World(sqlite_store)


def round_of(world: World, calendar_id: str | None = None, *, dry_run: bool = False) -> Round:
    return run_round(world.reconciler, world.now, calendar_id, dry_run=dry_run)


def set_state(world: World, state: CalendarState) -> None:
    with world.store.transaction() as tx:
        tx.calendars.save(replace(tx.calendars.get(world.calendar.id), state=state))


def test_a_first_and_a_second_round(world: World) -> None:
    """What was booked is published and then unchanged; once our own write was seen, a look is one request."""
    world.book()
    first, second, third = (round_document(round_of(world)) for _ in range(3))
    assert (first["published"], first["unchanged"]) == (1, 0)
    assert (second["published"], second["unchanged"]) == (0, 1)
    assert (third["unchanged"], third["requests"]) == (1, 1)


def test_a_server_that_stores_other_bytes(world: World) -> None:
    """What is only noted in the record, since a server or the provider added something of their own, is unchanged."""
    one = world.book()
    round_of(world)
    world.edit(one, with_alarm)
    assert round_document(round_of(world))["unchanged"] == 1


def test_an_edit_among_others(world: World) -> None:
    """The document says what was found and done; the rest is unchanged."""
    one, _ = world.book(), world.book(start=START.replace(day=8))
    round_of(world)
    world.edit(one, MOVED_A_DAY)
    shown = round_document(round_of(world))
    assert (shown["reverted"], shown["unchanged"], shown["errors"]) == (1, 1, [])
    (drift,) = shown["drifts"]
    assert (drift["kinds"], drift["severity"], drift["status"]) == (["moved"], "claim_date", "reverted")
    assert drift["findings"][0].keys() == {"kind", "recurrence_id", "field", "published", "observed", "severity"}


def test_a_dry_run(world: World) -> None:
    """A dry run shows the plan with old and new values, and writes neither there nor here."""
    one = world.book()
    round_of(world)
    world.edit(one, MOVED_A_DAY)
    writes = list(world.collection.writes)
    dry = round_of(world, dry_run=True)
    shown = round_document(dry)
    (action,) = shown["plan"][0]["actions"]
    assert (action["action"], action["source"]) == ("revert", one.id)
    assert action["changes"][0]["observed"].startswith("2026-12-02T10:00")
    assert dry.found_drift
    assert world.collection.writes == writes
    assert world.drifts() == []


def test_a_drift_awaits_its_decision(world: World) -> None:
    """A flagged edit is still drift in the rounds that follow."""
    one = world.book()
    round_of(world)
    world.edit(one, replaced("END:VEVENT", "ATTENDEE:mailto:colleague@example.net\r\nEND:VEVENT"))
    assert round_document(round_of(world))["flagged"] == 1
    assert round_of(world).found_drift


def test_nothing_differs(world: World) -> None:
    """Without edits there is no drift to exit with."""
    world.book()
    round_of(world)
    assert not round_of(world).found_drift


def test_a_server_is_away(world: World) -> None:
    """What could not be done stands among the errors with its calendar."""
    world.book()
    world.collection.fail(Operation.CHANGES, UnavailableError("Nobody answers."))
    (error,) = round_document(round_of(world))["errors"]
    assert error == {"calendar": world.calendar.id, "code": "unreachable", "message": "Nobody answers."}


def test_a_calendar_is_paused(world: World) -> None:
    """A paused calendar is left out by its owner's wish; named, it says why nothing is done."""
    set_state(world, CalendarState.PAUSED)
    assert round_document(round_of(world))["calendars"] == 0
    (error,) = round_of(world, world.calendar.id).errors
    assert error.code == "paused"


def test_a_worker_is_at_it(world: World) -> None:
    """A calendar that another process works is reported as busy."""
    with Leases(world.store).now(WorkKind.CALENDAR, world.calendar.id):
        assert [error.code for error in round_of(world).errors] == ["busy"]


def test_the_named_calendar_is_unknown(world: World) -> None:
    """An id that there is not is refused."""
    with pytest.raises(NotFoundError):
        round_of(world, "cal-none")
