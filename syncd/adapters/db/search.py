"""Looking for a text in the names and places of appointments, however many there are.

First whose names and which places have it, of which there are few; then the appointments of these. Where few have it
an index gives each one's, and where many do the next appointments in time are looked through: some of them will fit.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, false, func, or_, select, union

from syncd.adapters.db import tables

_table = tables.appointments
_FEW = {"client_id": 100, "provider_id": 10, "location": 10}
"""So many clients, providers or places have so few appointments that all of theirs may be put in order."""

_MOST_PLACES = 1000
"""With more places than this on record, each appointment's own is looked at."""


class _Matches(NamedTuple):
    """The values of a column that have the text; None: too many to name them."""

    column: Column[str]
    values: Sequence[str] | None

    @property
    def is_few(self) -> bool:
        return self.values is not None and len(self.values) <= _FEW[self.column.name]


class Search:
    """One text that is looked for, without case."""

    def __init__(self, connection: Connection, text: str) -> None:
        """Look over ``connection``."""
        self._connection = connection
        self._text = text.lower()

    def appointments(self, conditions: Sequence[ColumnElement[bool]], limit: int | None) -> Select[Any]:
        """Return the query for the appointments that have the text and fit the conditions; not in order yet."""
        named = _Matches(_table.c.client_id, self._people(tables.clients))
        held = _Matches(_table.c.provider_id, self._people(tables.providers))
        matches = [named, held, _Matches(_table.c.location, self._places())]
        if not all(one.is_few for one in matches):
            return select(_table).where(*conditions, or_(*map(self._has_any, matches)))
        queries = [
            select(_table.c.id).where(*conditions, one.column == value) for one in matches for value in one.values or ()
        ]
        if not queries:
            return select(_table).where(false())
        first = [query.order_by(_table.c.starts_at, _table.c.id).limit(limit).subquery() for query in queries]
        return select(_table).where(_table.c.id.in_(union(*(select(one.c.id) for one in first))))

    def _has_any(self, matches: _Matches) -> ColumnElement[bool]:
        # Not the column itself: of an index on it the database would put all in order, to take the first few.
        if matches.values is None:
            return self._in(matches.column)
        return func.coalesce(matches.column, "").in_(matches.values)

    def _people(self, table: Table) -> Sequence[str]:
        return self._connection.execute(select(table.c.id).where(self._in(table.c.name))).scalars().all()

    def _places(self) -> Sequence[str] | None:
        """Return the places that have the text, by a look-up for each place there is."""
        further = select(func.min(_table.c.location))
        found: list[str] = []
        one = self._connection.execute(further).scalar_one()
        for _ in range(_MOST_PLACES):
            if one is None:
                return found
            found += [one] if self._text in one.lower() else []
            one = self._connection.execute(further.where(_table.c.location > one)).scalar_one()
        return None

    def _in(self, column: Column[str]) -> ColumnElement[bool]:
        return func.lower(column).contains(self._text, autoescape=True)
