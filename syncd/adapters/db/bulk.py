"""Whole tables at once, past the triggers that guard single changes: for moves between databases and large tests."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Integer, Table, func, insert, select, text

from syncd.adapters.db.access_tables import metadata

_PORTION = 1000

TABLES = tuple(metadata.sorted_tables)
"""Every table, each after those that it refers to."""


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Let whole records be stored as they are: triggers say nothing inside the block, and are there again after it.

    The transaction is to be of an engine that was made for migrating: SQLite then checks references at its end.
    """
    if connection.dialect.name == "postgresql":
        yield from _unguarded_on_postgresql(connection)
    else:
        yield from _unguarded_on_sqlite(connection)


def _unguarded_on_postgresql(connection: Connection) -> Iterator[None]:
    for table in TABLES:
        connection.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
    yield
    # Deferred checks of references keep a table from being altered: they are made now.
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for table in TABLES:
        connection.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))


def _unguarded_on_sqlite(connection: Connection) -> Iterator[None]:
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in found:
        connection.execute(text(f"DROP TRIGGER {name}"))
    yield
    for _, statement in found:
        connection.exec_driver_sql(statement)


def load(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> int:
    """Store rows in portions; return how many. Numbers that the database gives go on after the highest of them."""
    rest, stored = iter(rows), 0
    while portion := list(islice(rest, _PORTION)):
        connection.execute(insert(table), portion)
        stored += len(portion)
    _go_on_counting(connection, table)
    return stored


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Move PostgreSQL's sequence of a table, where it has one; SQLite's follows what is stored."""
    [key, *others] = table.primary_key.columns
    if others or connection.dialect.name != "postgresql" or not isinstance(key.type, Integer):
        return
    sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, key.name))).scalar_one()
    highest = connection.execute(select(func.max(key))).scalar_one()
    if sequence is not None and highest is not None:
        connection.execute(select(func.setval(sequence, highest)))
