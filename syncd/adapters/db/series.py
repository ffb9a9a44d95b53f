"""Series of appointments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, text

from syncd.adapters.db import tables
from syncd.adapters.db.due import DueWork
from syncd.adapters.db.rows import Repository, local_time, local_values
from syncd.core.scheduling.appointments import Series

_table = tables.series


class SqlSeries(Repository):
    """Series, in the database."""

    def __init__(self, connection: Connection, *, read_only: bool, making: DueWork) -> None:
        """Use ``connection``; ``read_only``: take no locks; ``making``: what makes work due."""
        super().__init__(connection, read_only=read_only)
        self._making = making

    def add(self, series: Series) -> None:
        """Store a new one."""
        self._insert(_table, _values(series), "There is a series with that id or UID already.")
        self._making.for_series(series)

    def get(self, series_id: str) -> Series:
        """Return one."""
        return series_of(self._one(select(_table).where(_table.c.id == series_id), _missing(series_id)))

    def by_id(self, ids: Iterable[str]) -> Mapping[str, Series]:
        """Return those of these ids that there are."""
        return {id_: series_of(row) for id_, row in self._by_id(_table, ids).items()}

    def save(self, series: Series) -> Series:
        """Store a changed one over the version that it was made from."""
        self._save_version(_table, _values(series), _missing(series.id))
        self._making.for_series(series)
        return replace(series, version=series.version + 1)

    def to_extend(self, until: datetime) -> Sequence[Series]:
        """Return the uncancelled series with ``extended_until`` before ``until``, the most urgent first."""
        query = select(_table).where(text("NOT cancelled"), _table.c.extended_until < until)
        return [series_of(row) for row in self._many(query.order_by(_table.c.extended_until, _table.c.id))]

    def unfinished(self) -> Sequence[Series]:
        """Return the uncancelled series whose rule gives more than the store has, the most urgent first."""
        query = select(_table).where(text("NOT cancelled"), _table.c.extended_until.is_not(None))
        return [series_of(row) for row in self._many(query.order_by(_table.c.extended_until, _table.c.id))]


def _missing(series_id: str) -> str:
    return f"No series {series_id!r}. See: syncd appointment list"


def _values(series: Series) -> dict[str, Any]:
    return {
        "id": series.id,
        "uid": series.uid,
        "provider_id": series.provider_id,
        "client_id": series.client_id,
        **local_values("start", series.start),
        "minutes": series.minutes,
        "rule": series.rule,
        "location": series.location,
        "sequence": series.sequence,
        "extended_until": series.extended_until,
        "split_from": series.split_from,
        "cancelled": series.cancelled,
        "allow_overlap": series.allow_overlap,
        "version": series.version,
    }


def series_of(row: RowMapping) -> Series:
    """Return a series from its row."""
    return Series(
        id=row["id"],
        uid=row["uid"],
        provider_id=row["provider_id"],
        client_id=row["client_id"],
        start=local_time(row, "start"),
        minutes=row["minutes"],
        rule=row["rule"],
        location=row["location"],
        sequence=row["sequence"],
        extended_until=row["extended_until"],
        split_from=row["split_from"],
        cancelled=row["cancelled"],
        allow_overlap=row["allow_overlap"],
        version=row["version"],
    )
