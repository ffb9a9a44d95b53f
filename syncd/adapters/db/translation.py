"""Database errors translated where they enter: which of syncd's errors each one is.

The original is dropped, not chained: its text holds values of the row, and those belong in no log.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from syncd.core.errors import AlreadyExistsError, ConflictError, InvalidValueError, NotFoundError, SyncdError
from syncd.ports.errors import StoreUnavailableError

# SQLite's result codes by name, PostgreSQL's by SQLSTATE.
_UNIQUE = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_ROWID", "23505"}
_REFERENCE = {"SQLITE_CONSTRAINT_FOREIGNKEY", "23503"}
_VALUE = {
    "SQLITE_CONSTRAINT_CHECK",
    "SQLITE_CONSTRAINT_NOTNULL",
    "SQLITE_CONSTRAINT_TRIGGER",
    "23514",
    "23502",
    "P0001",
}
_LOST = {"SQLITE_BUSY_SNAPSHOT", "40001", "40P01", "55P03"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED"}
_READ_ONLY = {"SQLITE_READONLY", "25006"}


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn whatever the database or SQLAlchemy raises inside the block into one of syncd's errors.

    ``place`` names the database in them: its file, or its host and name.
    """
    try:
        yield
    except DBAPIError as error:
        raise _meaning(error, place) from None
    except StatementError as error:
        raise (error.orig or error) from None  # a value that a column type refused: a mistake in the program
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"The database {place} cannot be used ({type(error).__name__}).") from None


@contextmanager
def unique(taken: str) -> Iterator[None]:
    """Say ``taken`` when what the block stores is there already."""
    try:
        yield
    except DBAPIError as error:
        if _code(error) in _UNIQUE:
            raise AlreadyExistsError(taken) from None
        raise


def _code(error: DBAPIError) -> str:
    if isinstance(error.orig, sqlite3.Error):
        return str(getattr(error.orig, "sqlite_errorname", ""))
    return str(getattr(error.orig, "sqlstate", None) or "")


def _meaning(error: DBAPIError, place: str) -> SyncdError:
    code = _code(error)
    if code in _UNIQUE:
        return AlreadyExistsError()
    if code in _REFERENCE:
        return NotFoundError("That refers to a record that is not there, or not any more.")
    if code in _VALUE:
        return InvalidValueError("The database refuses that value.", code=code)
    if code in _LOST:
        return ConflictError()
    return _unavailable(error, code, place)


def _unavailable(error: DBAPIError, code: str, place: str) -> StoreUnavailableError:
    for codes, told in _REASONS:
        if any(code == one or code.startswith(f"{one}_") for one in codes):  # SQLITE_IOERR_WRITE is a SQLITE_IOERR
            return StoreUnavailableError(told.format(place=place), code=code)
    if not code:  # no connection, so no answer with a code: the client library's words name host and reason
        reason = (str(error.orig).splitlines() or [""])[0]
        return StoreUnavailableError(
            f"The database {place} cannot be reached: {reason}. Look whether it runs, and at the setting database.url."
        )
    return StoreUnavailableError(f"The database {place} failed ({code}).", code=code)


_REASONS = (
    (_BUSY, "The database {place} is busy: another process keeps it locked. Try again."),
    (
        {"SQLITE_CANTOPEN"},
        (
            "There is no database at {place}, or it may not be opened. On a new installation run: syncd init. "
            "Otherwise look at the setting database.url and at the permissions of file and folder."
        ),
    ),
    (_READ_ONLY, "The database {place} can only be read here. Check the permissions of its file and folder."),
    (
        {"SQLITE_NOTADB", "SQLITE_CORRUPT"},
        (
            "{place} is no database of syncd's, or is damaged. Look at the setting database.url, or put it back from "
            "your backup."
        ),
    ),
    (
        {"SQLITE_FULL", "53100"},
        "The database {place} cannot grow: the disk is full. Make room; nothing was changed.",
    ),
    (
        {"SQLITE_IOERR", "58030"},
        "The disk under the database {place} failed. Look at the system's log; nothing was changed.",
    ),
)
"""What keeps a database from being used, by its code, and what to do about it."""
