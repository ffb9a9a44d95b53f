"""The office as a fixture."""

import pytest

from syncd.ports.store.transaction import Store
from tests.inbound.office import Office


@pytest.fixture
def office(sqlite_store: Store) -> Office:
    return Office(sqlite_store)
