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
_NO_FILE = {"SQLITE_CANTOPEN"}
_READ_ONLY = {"SQLITE_READONLY", "25006"}


@contextmanager
def translated() -> Iterator[None]:
    """Turn whatever the database or SQLAlchemy raises inside the block into one of syncd's errors."""
    try:
        yield
    except DBAPIError as error:
        raise _meaning(error) from None
    except StatementError as error:
        raise (error.orig or error) from None  # a value that a column type refused: a mistake in the program
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"The database cannot be used ({type(error).__name__}).") from None


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


def _meaning(error: DBAPIError) -> SyncdError:
    code = _code(error)
    if code in _UNIQUE:
        return AlreadyExistsError()
    if code in _REFERENCE:
        return NotFoundError("That refers to a record that is not there, or not any more.")
    if code in _VALUE:
        return InvalidValueError("The database refuses that value.", code=code)
    if code in _LOST:
        return ConflictError()
    return _unavailable(error, code)


def _unavailable(error: DBAPIError, code: str) -> StoreUnavailableError:
    if code in _BUSY:
        return StoreUnavailableError("The database is busy: another process keeps it locked. Try again.")
    if code in _NO_FILE:
        return StoreUnavailableError("There is no database at that place, or it may not be opened. Run: syncd init")
    if code in _READ_ONLY:
        return StoreUnavailableError(
            "The database can only be read here. Check the permissions of its file and folder."
        )
    if not code:  # no connection, so no answer with a code: the client library's words name host and reason
        reason = (str(error.orig).splitlines() or [""])[0]
        return StoreUnavailableError(f"The database cannot be reached: {reason}")
    return StoreUnavailableError(f"The database failed ({code}).", code=code)
