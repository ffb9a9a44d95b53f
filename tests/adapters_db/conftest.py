"""A store with the people to whom the builders' records belong."""

import pytest

from syncd.adapters.db import SqlStore
from tests.builders import a_client, a_provider


@pytest.fixture
def practice_store(store: SqlStore) -> SqlStore:
    """Return a store that holds one provider and one client, ``prv-1`` and ``cli-1``."""
    with store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-1"))
        tx.clients.add(a_client(id="cli-1"))
    return store
