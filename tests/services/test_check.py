"""Trying what syncd depends on."""

from dataclasses import replace
from threading import Barrier

import pytest

from syncd.adapters.memory import Operation
from syncd.core.sync.calendars import CalendarState
from syncd.ports.errors import StoreUnavailableError
from syncd.ports.remote.errors import UnavailableError
from syncd.ports.store.transaction import Store
from syncd.presentation.documents.standing import checks_document
from syncd.services.reporting.check import Check, CheckFailedError, Probe, ask, run
from tests.services.world import VAULT, World


@pytest.fixture
def world(sqlite_store: Store) -> World:
    return World(sqlite_store)


def asked(world: World, state: CalendarState = CalendarState.OK) -> str:
    calendar = replace(world.stored_calendar(), state=state, last_error="Too much at once.")
    return ask(calendar, world.servers, VAULT)


def test_one_thing_fails() -> None:
    """The rest is tried all the same, and the whole is not well."""

    def fail() -> str:
        raise StoreUnavailableError("Run: syncd init")

    shown = checks_document(run([Probe("database", fail), Probe("mail", lambda: "fine")]))
    assert shown["ok"] is False
    assert shown["checks"] == [
        {"name": "database", "ok": False, "message": "Run: syncd init"},
        {"name": "mail", "ok": True, "message": "fine"},
    ]


def test_one_thing_takes_long() -> None:
    """The others are tried meanwhile, and each is told in its place."""
    together = Barrier(4)
    probes = [Probe(str(number), lambda: str(together.wait(30) >= 0)) for number in range(4)]
    assert list(run(probes)) == [Check(str(number), True, "True") for number in range(4)]


def test_all_is_well() -> None:
    """Then, and only then, the whole is."""
    assert list(run([Probe("mail", lambda: "fine")])) == [Check("mail", True, "fine")]
    assert checks_document([Check("mail", True, "fine")])["ok"] is True


def test_a_calendar_answers(world: World) -> None:
    """A look at a calendar writes nothing there and moves nothing here."""
    world.book()
    before = world.stored_calendar()
    assert "answers" in asked(world)
    assert world.collection.writes == []
    assert world.stored_calendar() == before


def test_a_calendar_does_not_answer(world: World) -> None:
    """The server's own trouble is what is told."""
    world.collection.fail(Operation.CHANGES, UnavailableError("Nobody answers."))
    with pytest.raises(UnavailableError, match="Nobody answers"):
        asked(world)


def test_a_calendar_waits_for_a_person(world: World) -> None:
    """That it answers is not enough: it is not worked."""
    with pytest.raises(CheckFailedError, match="mass_change"):
        asked(world, CalendarState.MASS_CHANGE)


def test_a_calendar_is_paused(world: World) -> None:
    """A paused calendar is as its owner wants it, and is not asked."""
    world.collection.fail(Operation.CHANGES, UnavailableError())
    assert "syncd calendar resume" in asked(world, CalendarState.PAUSED)
