"""What a release of syncd left in its database, frozen as it wrote it: ``NNNN.json`` for a release of revision NNNN.

`python -m tests.adapters_db.releases` freezes what the code of today writes; it is run when a version is released.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, DateTime, LargeBinary, MetaData, Table
from sqlalchemy.types import TypeEngine

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows by table, in plain JSON."""

LAST_RELEASE = "0014"
"""The revision of the last release. Until there is one it is that of the day on which this was written."""

OF_THE_PROGRAM = {"alembic_version"}


def frozen(revision: str) -> Rows:
    """Return the rows that a release of that revision left."""
    rows: Rows = json.loads(path_of(revision).read_text(encoding="utf-8"))
    return rows


def path_of(revision: str) -> Path:
    return Path(__file__).with_name(f"{revision}.json")


def tables_of(connection: Connection) -> list[Table]:
    """Return the tables that the database has now, whatever the code says of them, each after those it refers to."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name not in OF_THE_PROGRAM]


def values_of(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a frozen row as the database's driver takes it."""
    return {name: _value(table.c[name].type, value) for name, value in row.items()}


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the database in plain JSON."""
    return {name: _plain(value) for name, value in row.items()}


def _value(kind: TypeEngine[Any], value: Any) -> Any:
    if value is None or isinstance(kind, JSON):
        return value
    if isinstance(kind, DateTime):
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if kind.timezone else moment
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return value.encode("ascii")
    return bool(value) if isinstance(kind, Boolean) else value


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("ascii")
    return value.isoformat() if isinstance(value, date) else value
