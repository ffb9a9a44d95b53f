"""What the tests of reliability may ask for."""

from collections.abc import Iterator

import pytest

from syncd.adapters.db import SqlStore
from tests.reliability.stage import ScriptedWorld, Theatre


@pytest.fixture
def stage(sqlite_store: SqlStore) -> Iterator[Theatre]:
    """Return a function that sets up a practice whose calendar is on a scripted server with the quirks given."""
    theatre = Theatre(sqlite_store)
    with theatre.clean_up:
        yield theatre


@pytest.fixture
def world(stage: Theatre) -> ScriptedWorld:
    """Return a practice whose calendar is on a server that keeps to the RFCs."""
    return stage()
