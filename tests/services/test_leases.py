"""A calendar whose worker died is worked again at once."""

import subprocess
import sys
from datetime import timedelta

import pytest

from syncd.ports.store.transaction import Store
from syncd.services.sync.leases import free_abandoned, is_dead, new_owner
from tests.services.world import World


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


@pytest.fixture
def dead_owner() -> str:
    """The owner of a process that is no more."""
    code = "from syncd.services.sync.leases import new_owner; print(new_owner())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.strip()


def lease(world: World, owner: str) -> None:
    with world.store.transaction() as tx:
        assert tx.calendars.lease(world.calendar.id, owner, world.now, world.now + timedelta(minutes=15))


def is_due(world: World) -> bool:
    with world.store.reading() as tx:
        return [calendar.id for calendar in tx.calendars.due(world.now)] == [world.calendar.id]


def test_its_worker_died(world: World, dead_owner: str) -> None:
    """The calendar of a dead process is due again without waiting for its lease to end."""
    lease(world, dead_owner)
    assert not is_due(world)
    free_abandoned(world.store)
    assert is_due(world)


def test_its_worker_lives(world: World) -> None:
    """The calendar of a living process, ours or another, is left to it."""
    lease(world, new_owner())
    free_abandoned(world.store)
    assert not is_due(world)


def test_its_worker_is_on_another_host(world: World, dead_owner: str) -> None:
    """Whether a process on another host lives cannot be known here, so its lease stands."""
    _, rest = dead_owner.split(":", 1)
    lease(world, f"elsewhere.example.com:{rest}")
    free_abandoned(world.store)
    assert not is_due(world)


def test_its_workers_number_was_given_again(dead_owner: str) -> None:
    """A process is told from a later one under the same number, as in a container that was started again."""
    host, pid, started, number = new_owner().rsplit(":", 3)
    assert not is_dead(f"{host}:{pid}:{started}:{number}")
    assert is_dead(f"{host}:{pid}:{dead_owner.split(':')[2]}:{number}")
