"""What the tests of reliability may ask for."""

from collections.abc import Iterator

import pytest

from syncd.adapters.db import SqlStore
from tests.reliability.dav_world import ScriptedWorld, WorldMaker


@pytest.fixture
def stage(sqlite_store: SqlStore) -> Iterator[WorldMaker]:
    """Return a function that sets up a practice whose calendar is on a scripted server with the quirks given."""
    theatre = WorldMaker(sqlite_store)
    with theatre.clean_up:
        yield theatre


@pytest.fixture
def world(stage: WorldMaker) -> ScriptedWorld:
    """Return a practice whose calendar is on a server that keeps to the RFCs."""
    return stage()
