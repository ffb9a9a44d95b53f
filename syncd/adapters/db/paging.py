"""Cutting a sorted list into pages by the sort key of the last row seen: no page costs more than the first."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, literal, or_, select

from syncd.core.errors import InvalidValueError
from syncd.ports.store.lists import MOST_COUNTED, Part

MOST_ROWS = 100


class Key(NamedTuple):
    """One part of the key that a list is sorted by; the last part of every key is unique. None is no value of it."""

    column: ColumnElement[Any]
    descending: bool = False


class Cut(NamedTuple):
    """A page's rows, how many rows the whole list has, and the cursor of the page after it."""

    rows: Sequence[RowMapping]
    total: int
    next: str | None


def cut(
    connection: Connection, query: Select[Any], keys: Sequence[Key], part: Part, *, lean: Select[Any] | None = None
) -> Cut:
    """Return one page of a query. ``lean`` has the same rows without the joins that only names are taken from.

    Raises `InvalidValueError` for a cursor that was not made here.
    """
    size = max(1, min(part.size, MOST_ROWS))
    order = [key.column.desc() if key.descending else key.column for key in keys]
    # First which rows: what is worked out for each row is then worked out for those of the page alone.
    unique = keys[-1].column
    fits = query if lean is None else lean
    chosen = fits.with_only_columns(unique, maintain_column_froms=True).order_by(*order).limit(size + 1)
    if part.cursor:
        chosen = chosen.where(_beyond(keys, _read(part.cursor, len(keys))))
    labelled = query.add_columns(*(key.column.label(f"key_{i}") for i, key in enumerate(keys)))
    page = labelled.where(unique.in_(chosen.subquery().select())).order_by(*order)
    rows = connection.execute(page).mappings().all()
    last = rows[size - 1] if len(rows) > size else None
    following = _written([last[f"key_{i}"] for i in range(len(keys))]) if last is not None else None
    return Cut(rows[:size], _total(connection, fits, rows, part, size), following)


def _total(connection: Connection, query: Select[Any], rows: Sequence[RowMapping], part: Part, size: int) -> int:
    """Count what fits, as far as anybody wants to know; a first page that holds all of it is counted already."""
    if not part.counted or (not part.cursor and len(rows) <= size):
        return min(len(rows), size)
    ones = query.with_only_columns(literal(1).label("one"), maintain_column_froms=True).limit(MOST_COUNTED + 1)
    few = select(func.count()).select_from(ones.subquery())
    return int(connection.execute(few).scalar_one())


def _beyond(keys: Sequence[Key], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that a row comes after the one with these key values."""
    pairs = list(zip(keys, values, strict=True))
    return or_(
        *(
            and_(*(same.column == value for same, value in pairs[:i]), _after(key, value))
            for i, (key, value) in enumerate(pairs)
        )
    )


def _after(key: Key, value: Any) -> ColumnElement[bool]:
    beyond: ColumnElement[bool] = key.column < value if key.descending else key.column > value
    return beyond


def _written(values: Sequence[Any]) -> str:
    plain = [_as_json(value) for value in values]
    return urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    return {"d": value.isoformat()} if isinstance(value, date) else value


def _read(cursor: str, length: int) -> list[Any]:
    try:
        plain = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [_from_json(value) for value in plain]
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidValueError("That place in the list is not known. Begin the list anew.") from error
    if len(values) != length or not all(isinstance(value, str | int | date) for value in values):
        raise InvalidValueError("That place in the list is not known. Begin the list anew.")
    return values


def _from_json(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return datetime.fromisoformat(value["t"]) if "t" in value else date.fromisoformat(value["d"])
