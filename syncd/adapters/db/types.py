"""How values are kept: the column type of instants, and JSON."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from syncd.core.audit.chain import canonical


class Canonical(dict[str, Any]):
    """A value that is stored as the text that is hashed, so that who follows the chain need not read it."""


def as_json(value: Any) -> str:
    """Return a value as it is stored in a JSON column."""
    return canonical(value) if isinstance(value, Canonical) else json.dumps(value)


class Instant(TypeDecorator[datetime]):
    """A moment, kept as UTC; refuses a naive value. (SQLite knows no zones: there it is UTC without saying so.)"""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """Return a column with a zone where the database has one."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC, as the database takes it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment as an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)
