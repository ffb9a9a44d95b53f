"""Engines for the two databases: how a transaction begins, what a connection is set to, how many there are."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from syncd.adapters.db.types import as_json
from syncd.ports.errors import ConfigurationError

_LAZY = "syncd_lazy"
_WAL = "PRAGMA journal_mode = WAL"
_PATIENCE_SECONDS = 10
MIGRATION_PATIENCE_SECONDS = 600
"""For so long who would migrate a database waits for another who does."""

_KEPT_OPEN, MOST_CONNECTIONS = 8, 32
"""Connections of one pool: those kept open, and those there may be at once."""

_POOL: dict[str, Any] = {
    "pool_size": _KEPT_OPEN,
    "max_overflow": MOST_CONNECTIONS - _KEPT_OPEN,
    "pool_timeout": 30,
}


def sqlite_path(url: str) -> Path | None:
    """Return the file of an SQLite URL, None for a PostgreSQL one; raise `ConfigurationError` for anything else."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        return None
    if parsed.get_backend_name() != "sqlite" or parsed.host or parsed.database in {None, "", ":memory:"}:
        raise ConfigurationError(
            "The database must be a file, sqlite:///path/to/syncd.db (three slashes), "
            "or postgresql://user:password@host/name."
        )
    return Path(str(parsed.database)).absolute()


def make_engine(url: str, *, migrating: bool = False) -> Engine:
    """Return an engine for ``url``; connects to nothing yet.

    ``migrating``: an SQLite table is changed by copying it, so foreign keys are checked at the end and not on the way.
    """
    path = sqlite_path(url)
    return _postgresql(_parsed(url)) if path is None else _sqlite(path, migrating=migrating)


def reading_engine(url: str, engine: Engine) -> Engine:
    """Return an engine whose transactions only look: they see one moment, wait for no writer, and refuse writes.

    On PostgreSQL it shares the connections of ``engine``. SQLite's are set so once and for all: to turn a connection
    round for each look cost 0.3 ms.
    """
    path = sqlite_path(url)
    if path is None:
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return _sqlite_reading(path)


def place_of(engine: Engine) -> str:
    """Return where an engine's database is, for a person: the file, or host and name; never a login."""
    url = engine.url
    if url.get_backend_name() == "sqlite":
        return unquote(str(url.database).removeprefix("file:"))
    return f"{url.database} at {url.host or 'localhost'}" + (f":{url.port}" if url.port else "")


def lazily(connection: Connection) -> Connection:
    """Set a fresh connection not to wait until the disk has what it commits."""
    return connection.execution_options(**{_LAZY: True})


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # ValueError: the port is no number
        raise ConfigurationError(
            "The database's address cannot be read. Give one such as sqlite:///var/syncd.db"
        ) from None


def _postgresql(url: URL) -> Engine:
    arguments = {
        "connect_timeout": _PATIENCE_SECONDS,
        "application_name": "syncd",
        # A session that is cut off in mid-transaction must not keep others waiting for as long as they wait for locks.
        "options": (
            f"-c timezone=UTC -c lock_timeout={_PATIENCE_SECONDS}s "
            f"-c idle_in_transaction_session_timeout={_PATIENCE_SECONDS - 2}s"
        ),
    }
    driver = url.set(drivername="postgresql+psycopg")
    try:
        engine = create_engine(
            driver,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_recycle=1800,
            connect_args=arguments,
            json_serializer=as_json,
            **_POOL,
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError("PostgreSQL needs its driver. Run: pip install 'syncd[postgresql]'") from error

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_LAZY):
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")

    return engine


def _sqlite(path: Path, *, migrating: bool) -> Engine:
    patience = MIGRATION_PATIENCE_SECONDS if migrating else _PATIENCE_SECONDS
    engine = _sqlite_engine(path, f"foreign_keys = {'OFF' if migrating else 'ON'}", patience)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # FULL: what is on record stays so, even through a loss of power.
        _set(connection, "synchronous", "NORMAL" if connection.get_execution_options().get(_LAZY) else "FULL")
        # A transaction that reads first and takes the lock at its first write fails when another wrote between.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _sqlite_reading(path: Path) -> Engine:
    engine = _sqlite_engine(path, "query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _sqlite_engine(path: Path, pragma: str, patience: float = _PATIENCE_SECONDS) -> Engine:
    # mode=rw: a mistyped path is an error, not a new empty database.
    engine = create_engine(
        URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": "rw", "uri": "true"}),
        hide_parameters=True,
        connect_args={"timeout": patience},
        json_serializer=as_json,
        **_POOL,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3 would begin transactions by itself, and too late
        connection.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own knows ASCII only
        _use_wal(connection)
        connection.execute(f"PRAGMA {pragma}")

    return engine


def _set(connection: Connection, pragma: str, value: str) -> None:
    """Set what an SQLite connection, which the pool keeps, is not set to already."""
    if connection.info.get(pragma) != value:
        connection.exec_driver_sql(f"PRAGMA {pragma} = {value}")
        connection.info[pragma] = value


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging: a step that, unlike all others, does not wait for its lock by itself."""
    try:
        connection.execute(_WAL)
    except sqlite3.OperationalError as error:
        if not _is_busy(error):
            raise
        _use_wal_patiently(connection)


def _use_wal_patiently(connection: sqlite3.Connection) -> None:
    from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

    patiently = Retrying(
        retry=retry_if_exception(_is_busy),
        wait=wait_random(0.01, 0.05),
        stop=stop_after_delay(_PATIENCE_SECONDS),
        reraise=True,
    )
    patiently(connection.execute, _WAL)


def _is_busy(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY"


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
