"""An admin at the command line, and passwords that cost nothing."""

from datetime import UTC, datetime

import pytest

from syncd.adapters.passwords import Argon2Passwords
from syncd.core.access.principal import Principal, Role, local_administrator
from syncd.ports.store.transaction import Store
from syncd.services.access.users import Invited, NewUser, add_user

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def admin() -> Principal:
    return local_administrator("root")


@pytest.fixture(scope="session")
def passwords() -> Argon2Passwords:
    return Argon2Passwords(memory_kib=64, passes=1)


@pytest.fixture
def ana(store: Store, admin: Principal) -> Invited:
    """An admin who has not chosen a password yet."""
    return add_user(store, NewUser(name="Ana Admin", email="ana@example.com", role=Role.ADMIN), admin, NOW)
