"""An upgrade from the last release: its data, its code beside ours on the newer database, and what stops older code."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, func, select

from syncd.adapters.db import SqlStore, schema, upgrade
from syncd.adapters.db.engine import make_engine
from syncd.adapters.db.schema import OLDEST_BESIDE, REVISION
from syncd.ports.errors import StoreUnavailableError
from tests.adapters_db.releases import LAST_RELEASE, Rows, frozen, tables_of, values_of
from tests.databases import Direct, note_oldest
from tests.entrypoints.command import Shell, shell

__all__ = ["shell"]

Open = Callable[[str], SqlStore]


def _revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", "syncd.adapters.db:migrations")
    return sorted(one.revision for one in ScriptDirectory.from_config(config).walk_revisions())


BESIDE = [revision for revision in _revisions() if OLDEST_BESIDE <= revision < REVISION]
"""The older revisions whose code is to work on a database of today's."""

APPEND_ONLY = {"audit", "appointment_changes", "attestations"}
"""Tables in which no release changes a row."""

DELETED_FROM = {"calendars", "calendar_strangers", "drift_findings", "work", "workers", "sessions", "one_time_links"}
"""Tables from which releases delete rows."""

BEGINS_AS = {"claims": {"status": "pending"}}
"""What a row must begin with, and is changed to what it is."""


@pytest.fixture
def connection(fresh_url: str) -> Iterator[Connection]:
    """A connection to a database of the last release, with what that left in it. Each commit is a test's own."""
    to_revision(fresh_url, LAST_RELEASE)
    engine = make_engine(fresh_url)
    with engine.begin() as filling:
        write(filling, tables_of(filling), frozen(LAST_RELEASE))
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def to_revision(url: str, revision: str) -> None:
    """Bring a database to a revision as the code of that revision did."""

    def step(connection: Connection) -> str:
        command.upgrade(schema._config(connection), revision)
        return revision

    schema._create_file(url)
    schema._migrate(url, step)


def write(connection: Connection, tables: list[Table], rows: Rows) -> None:
    """Write rows as older code does: with the columns that it knows, each named; what a migration wrote is changed."""
    for table in tables:
        for row in rows.get(table.name, ()):
            known = values_of(table, {name: value for name, value in row.items() if name in table.c})
            is_there = connection.execute(select(table).where(*of_one_row(table, known))).first() is not None
            begins = BEGINS_AS.get(table.name, {})
            if not is_there:
                connection.execute(table.insert().values({**known, **begins}))
            if is_there or begins:
                change(connection, table, known)


def change(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    assert connection.execute(table.update().where(*of_one_row(table, row)).values(row)).rowcount == 1


def counts(connection: Connection, tables: list[Table]) -> dict[str, int]:
    found = {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
    return {name: number for name, number in found.items() if number}


def of_one_row(table: Table, row: Mapping[str, Any]) -> Any:
    key = [column == row[column.name] for column in table.primary_key]
    assert key, f"{table.name} has no primary key"
    return key


class TestUpgrade:
    def test_nothing_is_lost(self, connection: Connection, fresh_url: str) -> None:
        """Every row that the last release left is there after the upgrade."""
        before = counts(connection, tables_of(connection))
        connection.rollback()
        assert upgrade(fresh_url) == REVISION
        after = counts(connection, tables_of(connection))
        assert {name: number for name, number in before.items() if after.get(name, 0) < number} == {}
        assert sum(before.values()) == sum(len(rows) for rows in frozen(LAST_RELEASE).values())

    def test_it_is_understood(
        self, connection: Connection, fresh_url: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every list and the audit trail can be read, and say what they said before."""
        connection.rollback()
        upgrade(fresh_url)
        monkeypatch.setenv("SYNCD_DATABASE__URL", fresh_url)
        assert_is_understood(shell)


def assert_is_understood(shell: Shell) -> None:
    rows = frozen(LAST_RELEASE)
    kept = {row["id"]: row["date_of_service"] for row in rows["appointments"]}
    listed = shell.json("appointment", "list")["appointments"]
    assert {one["id"]: one["date_of_service"] for one in listed} == kept
    assert {len(shell.json("appointment", "show", one)["history"]) > 0 for one in kept} == {True}
    for noun, table in (
        ("provider", "providers"), ("client", "clients"), ("calendar", "calendars"), ("drift", "drifts"),
        ("claim", "claims"), ("message", "messages"), ("user", "users"), ("token", "api_tokens"),
    ):  # fmt: skip
        (ids,) = [[one["id"] for one in found] for found in shell.json(noun, "list").values()]
        assert sorted(ids) == sorted(row["id"] for row in rows[table]), noun
    assert shell.json("drift", "show", rows["drifts"][0]["id"])["kinds"] == ["moved"]
    assert shell.json("audit", "verify")["records"] == len(rows["audit"])
    assert shell.json("status")["open_drifts"] == 1


@pytest.mark.parametrize("revision", BESIDE)
class TestOlderCodeBesideOurs:
    def test_its_statements(self, fresh_url: str, revision: str, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        """What it inserts, looks up, changes and deletes goes through on the newer database; ours reads what it wrote.

        Where this fails, a migration took something away from code of that revision: raise
        `syncd.adapters.db.schema.OLDEST_BESIDE`, and say in the changelog that all processes are to be stopped first.
        """
        to_revision(fresh_url, revision)
        engine = make_engine(fresh_url)
        with engine.connect() as connection:
            tables = tables_of(connection)
        upgrade(fresh_url)
        with engine.begin() as connection:
            write(connection, tables, frozen(LAST_RELEASE))
        monkeypatch.setenv("SYNCD_DATABASE__URL", fresh_url)
        assert_is_understood(shell)
        with engine.begin() as connection:
            for table in reversed(tables):
                change_and_delete(connection, table)
        engine.dispose()


def change_and_delete(connection: Connection, table: Table) -> None:
    for row in [dict(row) for row in connection.execute(select(table)).mappings()]:
        if table.name not in APPEND_ONLY:
            change(connection, table, row)
        if table.name in DELETED_FROM:
            assert connection.execute(table.delete().where(*of_one_row(table, row))).rowcount == 1


class TestWhatStopsOlderCode:
    """The check that a program makes of a database that a newer one has upgraded."""

    @pytest.fixture(params=BESIDE)
    def older(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
        """Make this program one of an older revision that may work on."""
        monkeypatch.setattr(schema, "REVISION", request.param)
        return str(request.param)

    def test_nothing_where_nothing_was_taken_away(self, database_url: str, older: str, open_stores: Open) -> None:
        """It works on, and its own `init` leaves the newer database as it is."""
        store = open_stores(database_url)
        store.ping()
        assert upgrade(database_url) == REVISION
        with store.transaction() as tx:
            assert list(tx.providers.list()) == []

    def test_a_program_that_is_too_old(
        self, database_url: str, open_stores: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is told so, and what to do; neither does it work nor does its `init` touch the database."""
        monkeypatch.setattr(schema, "REVISION", f"{int(OLDEST_BESIDE) - 1:04}")
        store = open_stores(database_url)
        for begin in (store.ping, lambda: upgrade(database_url)):
            with pytest.raises(StoreUnavailableError, match=r"cannot work with it\. Install a newer syncd and restart"):
                begin()
        assert store.revision() == REVISION

    def test_a_program_that_works_when_the_upgrade_comes(
        self, database_url: str, direct: Direct, open_stores: Open
    ) -> None:
        """Once it has asked it begins nothing more, until a program that fits is started."""
        store = open_stores(database_url)
        with store.reading() as tx:
            tx.providers.list()
        direct("UPDATE alembic_version SET version_num = '9999'")
        note_oldest(database_url, "9999")
        with pytest.raises(StoreUnavailableError):
            store.ping()
        for begin in (store.reading, store.transaction):
            with pytest.raises(StoreUnavailableError, match="Install a newer syncd"), begin():
                pytest.fail("no work begins on it")

    def test_a_newer_database_of_which_nothing_is_known(
        self, database_url: str, direct: Direct, open_stores: Open
    ) -> None:
        """Silence is no permission."""
        schema_without_note(database_url)
        direct("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StoreUnavailableError, match="Install a newer syncd"):
            open_stores(database_url).ping()


def schema_without_note(url: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        schema._note_oldest(connection, None)
    engine.dispose()
