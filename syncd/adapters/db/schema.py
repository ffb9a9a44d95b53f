"""The database's schema: of which revision it is, and how it gets to another one."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, inspect, select, text

from syncd.adapters.db.engine import make_engine, place_of, sqlite_path
from syncd.adapters.db.translation import translated
from syncd.ports.errors import StoreUnavailableError

if TYPE_CHECKING:
    from alembic.config import Config

REVISION = "0020"
"""The revision that this code works with: the newest in ``migrations/versions``. Revisions sort as texts."""

_MIGRATION_LOCK = 0x73796E6364  # "syncd": PostgreSQL's advisory lock of whoever migrates


def upgrade(url: str) -> str:
    """Bring the database to this code's revision, creating it where it is an absent SQLite file; return the revision.

    All or nothing; safe to repeat, and to run from two places at once.
    """
    from alembic import command

    _create_file(url)
    _migrate(url, lambda config: command.upgrade(config, REVISION))
    return REVISION


def downgrade(url: str, revision: str) -> None:
    """Take the database back to an older revision; ``base``: to no tables at all.

    What only newer tables hold is lost.
    """
    from alembic import command

    _migrate(url, lambda config: command.downgrade(config, revision))


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the database, None when it was never set up."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def require_current(connection: Connection) -> None:
    """Raise `StoreUnavailableError` unless the database is of this code's revision."""
    revision = current_revision(connection)
    if revision is None:
        raise StoreUnavailableError("The database has not been set up. Run: syncd init")
    _refuse_newer(revision)
    if revision != REVISION:
        raise StoreUnavailableError(
            f"The database is of revision {revision}, this program needs {REVISION}. Run: syncd init", revision=revision
        )


def _refuse_newer(revision: str) -> None:
    if revision > REVISION:
        raise StoreUnavailableError(
            f"The database is of revision {revision}, newer than this program's {REVISION}. Install a newer syncd.",
            revision=revision,
        )


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


def _migrate(url: str, step: Callable[["Config"], None]) -> None:
    engine = make_engine(url, migrating=True)
    try:
        with translated(place_of(engine)), engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            _refuse_newer(current_revision(connection) or "")
            step(_config(connection))
            _check_references(connection)
    finally:
        engine.dispose()


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "syncd.adapters.db:migrations")
    return config


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
        raise StoreUnavailableError("The database holds references to records that are not there; nothing was changed.")
