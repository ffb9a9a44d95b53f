"""Moves between databases: the whole record as lines of JSON, compressed, alike for SQLite and PostgreSQL.

The first line says what the file is. Each table is a line that names its columns, and then a line a row. The last line
says how many rows of each table there are: a file that ends before it is damaged. Who works at the moment is not moved.
"""

import gzip
import json
import os
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import JSON, Connection, Date, DateTime, LargeBinary, Table, delete, func, select, text

from syncd.adapters.db import tables
from syncd.adapters.db.audit import SqlAudit
from syncd.adapters.db.bulk import TABLES, load, unguarded
from syncd.adapters.db.engine import make_engine, place_of, reading_engine
from syncd.adapters.db.schema import REVISION, require_current
from syncd.adapters.db.store import SqlTransaction
from syncd.adapters.db.translation import translated
from syncd.adapters.db.types import Canonical, Instant
from syncd.core.audit.chain import faults_in
from syncd.ports.store.transaction import Transaction
from syncd.ports.transfers import Transfer, TransferError

_FORMAT = "syncd-export-1"
_MOVED = tuple(table for table in TABLES if table is not tables.workers)
_BEGUN = frozenset({tables.audit_head, tables.work, tables.workers})
"""What a database that holds nothing may have rows in: `syncd init` and a daemon without anything to do leave these."""

_AT_ONCE = 1000


class SqlTransfers:
    """Exports of the database at a URL, and imports into it."""

    def __init__(self, url: str) -> None:
        """Take the database's address."""
        self._url = url

    def write(self, target: Path, key: str) -> Transfer:
        """Write one moment of the record; the file appears when it is whole, and only its owner may read it."""
        part = target.with_name(f".{target.name}.part")
        with _told(target), self._looking() as connection, _new_file(target, part) as file:
            head = SqlAudit(connection, read_only=True).head()
            about = {"format": _FORMAT, "revision": REVISION, "key": key, "audit_head": f"{head.number}:{head.hash}"}
            _write(file, about)
            counts = {table.name: _write_table(connection, table, file) for table in _MOVED}
            _write(file, {"rows": counts})
        return Transfer(revision=REVISION, key=key, counts=counts, audit_head=about["audit_head"])

    def read(self, source: Path, keys: frozenset[str], settle: Callable[[Transaction, Transfer], None]) -> Transfer:
        """Fill the empty database, all or nothing."""
        engine = make_engine(self._url, migrating=True)
        try:
            with (
                _told(source),
                gzip.open(source, "rt", encoding="utf-8") as lines,
                translated(place_of(engine)),
                engine.begin() as connection,
            ):
                about = _checked(_object(lines), source, keys)
                require_current(connection)
                _require_empty(connection)
                with unguarded(connection):
                    counts = _load_all(connection, lines, source)
                done = Transfer(revision=REVISION, key=about["key"], counts=counts, audit_head=about["audit_head"])
                _check(connection, done, source)
                tx = SqlTransaction(connection, read_only=False, clock=lambda: datetime.now(UTC))
                settle(tx, done)
                tx.audit.flush()
                tx.works.flush()
        finally:
            engine.dispose()
        return done

    @contextmanager
    def _looking(self) -> Iterator[Connection]:
        engine = make_engine(self._url)
        reader = reading_engine(self._url, engine)
        try:
            with translated(place_of(engine)), reader.connect() as connection, connection.begin():
                require_current(connection)
                yield connection
        finally:
            reader.dispose()
            engine.dispose()


def _write_table(connection: Connection, table: Table, file: IO[str]) -> int:
    """Write a table's rows in the order of its key; not all of them are in memory at once. Return how many."""
    _write(file, {"table": table.name, "columns": [column.name for column in table.columns]})
    write = [_writer(column.type) for column in table.columns]
    query = select(table).order_by(*table.primary_key.columns)
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(query)
    number = 0
    for row in rows:
        values = [value if value is None else turn(value) for turn, value in zip(write, row, strict=True)]
        file.write(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n")
        number += 1
    return number


def _load_all(connection: Connection, lines: Iterable[str], source: Path) -> Mapping[str, int]:
    """Store every table's rows; return how many there are to be, as the file says at its end."""
    for table in _BEGUN:
        connection.execute(delete(table))
    rest, known = iter(lines), {table.name: table for table in _MOVED}
    head = _object(rest)
    while "table" in head:
        if head["table"] not in known:
            raise _damaged(source)
        rows = _Rows(rest)
        load(connection, known[head["table"]], rows.of(known[head["table"]], head["columns"]))
        head = rows.after
    if not isinstance(head.get("rows"), dict):
        raise _damaged(source)
    return dict(head["rows"])


class _Rows:
    """The rows of one table, and then the line that follows them."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.after: dict[str, Any] = {}

    def of(self, table: Table, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        read = [_reader(table, name) for name in columns]
        for line in self._lines:
            values = json.loads(line)
            if isinstance(values, dict):
                self.after = values
                return
            row = {
                name: value if value is None else turn(value)
                for name, turn, value in zip(columns, read, values, strict=True)
            }
            yield row | {"owner": None, "leased_at": None} if table is tables.work else row


def _check(connection: Connection, done: Transfer, source: Path) -> None:
    """Raise `TransferError` unless all rows came, every reference leads somewhere, and the trail is whole."""
    for table in _MOVED:
        found = connection.execute(select(func.count()).select_from(table)).scalar_one()
        if found != done.counts.get(table.name, 0):
            raise TransferError(
                f"{source} should bring {done.counts.get(table.name, 0)} rows of {table.name}, and brought {found}.",
                table=table.name,
            )
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
        raise TransferError(f"{source} holds references to records that are not in it.", file=str(source))
    audit = SqlAudit(connection, read_only=True)
    head = audit.head()
    fault = next(faults_in(audit.chain(), head), None)
    if fault is not None or f"{head.number}:{head.hash}" != done.audit_head:
        raise TransferError(
            f"The audit trail in {source} is not whole. See on the old database: syncd audit verify", file=str(source)
        )


def _checked(about: Mapping[str, Any], source: Path, keys: frozenset[str]) -> Mapping[str, Any]:
    if about.get("format") != _FORMAT:
        raise TransferError(f"{source} was not written by: syncd export", file=str(source))
    if about["revision"] != REVISION:
        raise TransferError(
            f"{source} is of revision {about['revision']}, this program's database of {REVISION}. Export and import "
            "with the same version of syncd.",
            revision=about["revision"],
        )
    if about["key"] not in keys:
        raise TransferError(
            f"The passwords in {source} are sealed with the key named {about['key']}, which is not here. Put the old "
            "installation's key in place first (security.key_file).",
            key=about["key"],
        )
    return about


def _require_empty(connection: Connection) -> None:
    for table in TABLES:
        if table not in _BEGUN and connection.execute(select(table).limit(1)).first() is not None:
            raise TransferError(
                f"The database at hand holds {table.name.replace('_', ' ')} already. Import into one that is fresh "
                "from: syncd init",
                table=table.name,
            )


def _writer(kind: Any) -> Callable[[Any], Any]:
    match kind:
        case Instant() | DateTime() | Date():
            return lambda value: value.isoformat()
        case LargeBinary():
            return lambda value: b64encode(value).decode("ascii")
        case _:
            return lambda value: value


def _reader(table: Table, name: str) -> Callable[[Any], Any]:
    column = table.columns[name]
    if column is tables.audit.c.details:
        return Canonical
    match column.type:
        case JSON():
            return lambda value: value
        case Instant() | DateTime():
            return datetime.fromisoformat
        case Date():
            return date.fromisoformat
        case LargeBinary():
            return b64decode
        case _:
            return lambda value: value


def _write(file: IO[str], line: Mapping[str, Any]) -> None:
    file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _object(lines: Iterable[str]) -> dict[str, Any]:
    found = json.loads(next(iter(lines), "null"))
    return found if isinstance(found, dict) else {}


@contextmanager
def _new_file(target: Path, part: Path) -> Iterator[IO[str]]:
    """Write a file for its owner only, under another name until it is whole."""
    if target.exists():
        raise TransferError(f"{target} is there already.", file=str(target))
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with (
            os.fdopen(descriptor, "wb") as raw,
            closing(gzip.open(raw, "wt", compresslevel=5, encoding="utf-8")) as file,
        ):
            yield file
        part.rename(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, ValueError, KeyError, TypeError, gzip.BadGzipFile, zlib.error):
        raise _damaged(path) from None
    except OSError as error:
        raise TransferError(f"{path}: {error.strerror or error}.", file=str(path)) from error


def _damaged(path: Path) -> TransferError:
    return TransferError(f"{path} is damaged, or no export of syncd.", file=str(path))
