"""The database's schema: of which revision it is, and how it gets to another one."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, inspect, select, text

from syncd.adapters.db.engine import MIGRATION_PATIENCE_SECONDS, make_engine, place_of, sqlite_path
from syncd.adapters.db.translation import translated
from syncd.ports.errors import StoreUnavailableError

if TYPE_CHECKING:
    from alembic.config import Config

REVISION = "0025"
"""The revision that this code works with: the newest in ``migrations/versions``. Revisions sort as texts."""

OLDEST_BESIDE = "0012"
"""The oldest revision whose code may go on with a database of `REVISION`: since then nothing was taken away from it.

A migration that takes something away raises it; tests/adapters_db/test_side_by_side.py says when. It is noted in the
database, for the older code that meets it there.
"""

_MIGRATION_LOCK = 0x73796E6364  # "syncd": PostgreSQL's advisory lock of whoever migrates


def upgrade(url: str) -> str:
    """Bring the database to this code's revision, creating it where it is an absent SQLite file; return the revision.

    A newer one beside which this code works is left as it is. All or nothing; safe to repeat, and to run from two
    places at once: the second waits, for ten minutes at most, and finds it done.
    """
    _create_file(url)
    return _migrate(url, _up)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to an older revision; ``base``: to no tables at all.

    What only newer tables hold is lost.
    """
    from alembic import command

    def down(connection: Connection) -> str:
        if current_revision(connection) is not None:
            _note_oldest(connection, None)
        command.downgrade(_config(connection), revision)
        return revision

    _migrate(url, down)


def _up(connection: Connection) -> str:
    revision = current_revision(connection)
    if revision is not None and revision > REVISION:
        _refuse_unless_beside(connection, revision)
        return revision
    if revision != REVISION:
        from alembic import command

        command.upgrade(_config(connection), REVISION)
    _note_oldest(connection, OLDEST_BESIDE)
    return REVISION


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the database, None when it was never set up."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def require_current(connection: Connection) -> None:
    """Raise `StoreUnavailableError` unless the database is of this code's revision, or of a newer one beside it."""
    revision = current_revision(connection)
    if revision is None:
        raise StoreUnavailableError("The database has not been set up. Run: syncd init")
    if revision < REVISION:
        raise StoreUnavailableError(
            f"The database is of revision {revision}, this program needs {REVISION}. Run: syncd init", revision=revision
        )
    if revision > REVISION:
        _refuse_unless_beside(connection, revision)


def _refuse_unless_beside(connection: Connection, revision: str) -> None:
    oldest = _noted_oldest(connection)
    if oldest is None or oldest > REVISION:
        raise StoreUnavailableError(
            f"The database is of revision {revision}, newer than this program's {REVISION}, which cannot work with it. "
            "Install a newer syncd and restart this process.",
            revision=revision,
        )


def _noted_oldest(connection: Connection) -> str | None:
    """Return the oldest revision whose code may work with this database, None where nothing is noted."""
    if connection.dialect.name == "sqlite":
        number = connection.execute(text("PRAGMA user_version")).scalar_one()
        return f"{number:04}" if number else None
    noted = connection.execute(text("SELECT obj_description('alembic_version'::regclass, 'pg_class')")).scalar_one()
    return noted.rpartition(" ")[2] if noted else None


def _note_oldest(connection: Connection, revision: str | None) -> None:
    """Note it where older code can find it, whatever tables it knows: SQLite's number of its own, a comment."""
    if _noted_oldest(connection) == revision:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA user_version = {int(revision or 0)}"))
    else:
        words = f"'syncd: for code of revisions from {revision}'" if revision else "NULL"
        connection.execute(text(f"COMMENT ON TABLE alembic_version IS {words}"))


def _create_file(url: str) -> None:
    path = sqlite_path(url)
    if path is None or path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Clients' names stand in it: for its owner only. SQLite gives the files beside it the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreUnavailableError(
            f"The database {path} cannot be created: {error.strerror}. Give syncd's user the right to, or set "
            "database.url to another place."
        ) from error


def _migrate(url: str, step: Callable[[Connection], str]) -> str:
    engine = make_engine(url, migrating=True)
    try:
        with translated(place_of(engine)), engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                _take_turn(connection)
            revision = step(connection)
            _check_references(connection)
    finally:
        engine.dispose()
    return revision


def _take_turn(connection: Connection) -> None:
    """Wait for whoever migrates a PostgreSQL database now, longer than for any other lock."""
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    before = connection.execute(text("SHOW lock_timeout")).scalar_one()
    connection.execute(text(f"SET LOCAL lock_timeout = '{MIGRATION_PATIENCE_SECONDS}s'"))
    connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
    connection.execute(text(f"SET LOCAL lock_timeout = '{before}'"))


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "syncd.adapters.db:migrations")
    return config


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
        raise StoreUnavailableError("The database holds references to records that are not there; nothing was changed.")
