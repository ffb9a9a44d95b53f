"""What the repositories share: rows that must be there, local times as three columns, long lists in parts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from syncd.adapters.db.translation import unique
from syncd.core.errors import ConflictError, NotFoundError
from syncd.core.times import zone, zone_name

_PART = 500


class Repository:
    """One kind of record over a connection in a transaction."""

    def __init__(self, connection: Connection, *, read_only: bool) -> None:
        """Use ``connection``; ``read_only``: take no locks."""
        self._connection = connection
        self._read_only = read_only

    @property
    def _is_postgresql(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    def _insert(self, table: Table, values: Mapping[str, Any] | Sequence[Mapping[str, Any]], taken: str) -> None:
        """Store new rows, all or none; when one is there already, raise `AlreadyExistsError` saying ``taken``.

        The savepoint keeps the transaction usable after a refusal: PostgreSQL would give up all of it.
        """
        if values:
            with unique(taken), self._connection.begin_nested():
                self._connection.execute(insert(table), values)

    def _one(self, query: Select[Any], missing: str, **values: Any) -> RowMapping:
        """Return the only row; raise `NotFoundError` saying ``missing`` when there is none."""
        row = self._connection.execute(query, values).mappings().first()
        if row is None:
            raise NotFoundError(missing)
        return row

    def _many(self, query: Select[Any], **values: Any) -> Sequence[RowMapping]:
        return self._connection.execute(query, values).mappings().all()

    def _by_id(self, table: Table, ids: Iterable[str], *, locked: bool = False) -> dict[str, RowMapping]:
        """Return the rows of these ids that there are; ``locked``: until the transaction ends, in one order for all."""
        found = (select(table).where(table.c.id.in_(part)).order_by(table.c.id) for part in parts(sorted(ids)))
        queries = map(self._locked, found) if locked else found
        return {row["id"]: row for query in queries for row in self._many(query)}

    def _beyond(
        self, table: Table, key: Column[Any], after: str, missing: str, *, descending: bool = False
    ) -> ColumnElement[bool]:
        """Return the condition that a row comes after the one with id ``after`` in the order of ``key``, then of id.

        Raises `NotFoundError` saying ``missing`` when there is none of that id.
        """
        where = self._one(select(key).where(table.c.id == after), missing)[key]
        further, from_there = (key < where, key <= where) if descending else (key > where, key >= where)
        # Said so that an index is entered at that place: of an "or" alone SQLite walks all that comes before.
        return and_(from_there, or_(further, table.c.id > after))

    def _locked(self, query: Select[Any]) -> Select[Any]:
        """Keep the rows as they are until the transaction ends, so that what is read may be changed and saved.

        SQLite lets one writing transaction in at a time anyway, and ignores this.
        """
        return query if self._read_only else query.with_for_update(key_share=True)

    def _save(self, table: Table, values: Mapping[str, Any], missing: str) -> None:
        """Store a changed row; raise `NotFoundError` saying ``missing`` when there is none of that id."""
        # Setting a key, even to what it is, makes the database look for all that refer to it.
        changed = {name: value for name, value in values.items() if name != "id"}
        done = self._connection.execute(_update_of(table), {"the_id": values["id"], **changed})
        if done.rowcount == 0:
            raise NotFoundError(missing)

    def _remove(self, table: Table, row_id: str, missing: str) -> None:
        """Delete a row; raise `NotFoundError` saying ``missing`` when there is none of that id."""
        if self._connection.execute(delete(table).where(table.c.id == row_id)).rowcount == 0:
            raise NotFoundError(missing)

    def _save_version(self, table: Table, values: Mapping[str, Any], missing: str) -> None:
        """Store a changed row over the version that it was made from; raise `ConflictError` if that has gone by."""
        same = (table.c.id == values["id"], table.c.version == values["version"])
        done = self._connection.execute(update(table).where(*same).values({**values, "version": values["version"] + 1}))
        if done.rowcount == 0:
            self._one(select(table.c.id).where(table.c.id == values["id"]), missing)
            raise ConflictError(id=values["id"])


@cache
def _update_of(table: Table) -> Update:
    """Return the statement that changes one row by its id; made once, since making it costs more than running it."""
    return update(table).where(table.c.id == bindparam("the_id"))


@cache
def by_id(table: Table) -> Select[Any]:
    """Return the query for one row by ``the_id``; made once."""
    return select(table).where(table.c.id == bindparam("the_id"))


def given(*conditions: tuple[Column[Any], Callable[[Any, Any], Any], Any]) -> list[ColumnElement[bool]]:
    """Return the conditions whose value is given: each a column, an operator and the value or None."""
    return [compare(column, value) for column, compare, value in conditions if value is not None]


def local_values(prefix: str, moment: datetime | None) -> dict[str, Any]:
    """Return the columns of a local time; raise `UnknownTimezoneError` unless it is in an IANA zone."""
    if moment is None:
        return {f"{prefix}_wall": None, f"{prefix}_zone": None, f"{prefix}_fold": None}
    if moment.tzinfo is None:
        raise ValueError("a local time needs a time zone")
    name = zone(zone_name(moment)).key
    wall = moment.replace(tzinfo=None, fold=0)
    return {f"{prefix}_wall": wall, f"{prefix}_zone": name, f"{prefix}_fold": moment.fold}


def local_time(row: RowMapping, prefix: str) -> datetime:
    """Return the local time that stands in a row."""
    wall: datetime = row[f"{prefix}_wall"]
    return wall.replace(tzinfo=zone(row[f"{prefix}_zone"]), fold=row[f"{prefix}_fold"])


def local_time_or_none(row: RowMapping, prefix: str) -> datetime | None:
    """Return the local time that stands in a row, if one does."""
    return None if row[f"{prefix}_wall"] is None else local_time(row, prefix)


def parts(values: Iterable[str]) -> Iterator[list[str]]:
    """Cut a long list into parts that fit into one statement; each value once."""
    rest = iter(dict.fromkeys(values))
    while part := list(islice(rest, _PART)):
        yield part
