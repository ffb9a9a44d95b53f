"""Promise 5: a crash at any instant loses no change, and doubles no message and no event.

Every step of a cycle at which something becomes true (a committed transaction, an answered request) is a place to die:
before it, and after it. A process that dies does nothing any more, not even give back its calendar.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.db import SqlStore
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.scheduling.people import Provider
from syncd.services.sync.reconcile import Reconciler
from tests.builders import a_provider, at
from tests.services.dying import DeathPoint, DyingServers, DyingStore, Killed
from tests.services.world import MOVED_A_DAY, World, replaced, with_alarm

LEASE = timedelta(minutes=20)
"""After so long nobody waits for a dead worker."""


@dataclass
class MortalWorld(World):
    """A world of which every copy is alike, and whose processes may die."""

    provider: Provider = field(default_factory=lambda: a_provider(id="prv-1", email="pat@example.com"))
    fate: DeathPoint = field(default_factory=DeathPoint)

    @property
    def reconciler(self) -> Reconciler:
        mortal: Any = DyingStore(self.store, self.fate)
        servers: Any = DyingServers(self.servers, self.fate)
        return replace(super().reconciler, store=mortal, servers=servers)


def booked(world: World) -> None:
    world.book(id="apt-1", uid="one")
    world.book(id="apt-2", uid="two", start=at("2026-12-02T10:00"))


def published(world: World) -> None:
    booked(world)
    world.cycle()


def one_of(world: World) -> Any:
    with world.store.reading() as tx:
        return tx.appointments.get("apt-1")


def publish(world: World) -> None:
    booked(world)


def reschedule(world: World) -> None:
    published(world)
    world.edit(one_of(world), with_alarm)
    world.change(one_of(world), start=at("2026-12-03T15:00"))


def cancel(world: World) -> None:
    published(world)
    world.change(one_of(world), status=AppointmentStatus.CANCELLED)


def revert_a_move(world: World) -> None:
    published(world)
    world.edit(one_of(world), MOVED_A_DAY)


def revert_a_deletion(world: World) -> None:
    published(world)
    world.delete(one_of(world))


def flag(world: World) -> None:
    published(world)
    world.edit(one_of(world), replaced("END:VEVENT", "ATTENDEE:mailto:new@example.net\r\nEND:VEVENT"))


def keep_the_words(world: World) -> None:
    published(world)
    world.edit(one_of(world), replaced("SUMMARY:Session A. E.", "SUMMARY:Ada"))


def revert_an_edit_of_a_cancelled_one(world: World) -> None:
    published(world)
    world.edit(one_of(world), MOVED_A_DAY)
    world.change(one_of(world), status=AppointmentStatus.CANCELLED)


STORIES = [
    publish,
    reschedule,
    cancel,
    revert_a_move,
    revert_a_deletion,
    flag,
    keep_the_words,
    revert_an_edit_of_a_cancelled_one,
]


def state_of(world: World) -> tuple[object, ...]:
    """Return what must be the same, whether or not a process died on the way."""
    bodies = {href: _meaning(body) for href, body in world.collection.bodies().items()}
    drifts = sorted((drift.kinds, drift.status, drift.fingerprint) for drift in world.drifts())
    return bodies, drifts


def _meaning(body: bytes) -> list[bytes]:
    moving = (b"DTSTAMP", b"LAST-MODIFIED", b"CREATED")
    return [line for line in body.split(b"\r\n") if not line.startswith(moving)]


def run_to_its_end(world: MortalWorld, story: Callable[[World], None], dies_at: int | None) -> int:
    """Play the story, let the process die, start again until all is quiet; return the steps of the first cycle."""
    story(world)
    world.fate.steps, world.fate.dies_at = 0, dies_at
    with suppress(Killed):
        world.cycle()
    steps = world.fate.steps
    world.fate = DeathPoint()
    world.now += LEASE
    world.cycle()
    return steps


@pytest.fixture
def make_world(
    tmp_path: Path, sqlite_template: Path, open_stores: Callable[[str], SqlStore]
) -> Callable[[], MortalWorld]:
    """Return a function that makes worlds, each with an empty store of its own."""
    numbers = count()

    def made() -> MortalWorld:
        path = shutil.copy(sqlite_template, tmp_path / f"{next(numbers)}.db")
        return MortalWorld(open_stores(f"sqlite:///{path}"))

    return made


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_a_process_killed_at_any_step(make_world: Callable[[], MortalWorld], story: Callable[[World], None]) -> None:
    """Whatever the step, running again ends as if nothing had happened: nothing lost, nothing doubled."""
    unharmed = make_world()
    steps = run_to_its_end(unharmed, story, None)
    assert steps > 4, "a cycle takes some steps"
    for dies_at in range(steps):
        world = make_world()
        run_to_its_end(world, story, dies_at)
        assert state_of(world) == state_of(unharmed), f"killed at step {dies_at}"
        before = list(world.collection.writes)
        world.cycle(verify=True)
        assert world.collection.writes == before, f"a further cycle writes after a death at step {dies_at}"
