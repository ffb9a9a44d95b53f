"""Feeds of providers, in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, or_, select, update

from syncd.adapters.db import tables
from syncd.adapters.db.appointments import appointment_of
from syncd.adapters.db.feed_tables import feeds
from syncd.adapters.db.people import SqlProviders, client_of
from syncd.adapters.db.rows import Repository
from syncd.adapters.db.series import series_of
from syncd.core.scheduling.appointments import Appointment, Series
from syncd.core.sync.feeds import Feed
from syncd.core.sync.publishing import Publishable
from syncd.ports.store.feeds import FeedContent

_appointments, _series, _clients = tables.appointments, tables.series, tables.clients


class SqlFeeds(Repository):
    """Feeds, in the database; what one shows is read in five statements, however much it is."""

    def of_provider(self, provider_id: str) -> Feed | None:
        """Return a provider's, revoked or not; None when there never was one."""
        rows = self._many(self._locked(select(feeds).where(feeds.c.provider_id == provider_id)))
        return _feed(rows[0]) if rows else None

    def by_token(self, token_hash: str) -> Feed | None:
        """Return the one that the token with that hash opens, None when it opens none."""
        rows = self._many(select(feeds).where(feeds.c.token_hash == token_hash))
        return _feed(rows[0]) if rows else None

    def list(self) -> Sequence[Feed]:
        """Return all that have an address."""
        query = select(feeds).where(feeds.c.token_hash.is_not(None)).order_by(feeds.c.provider_id)
        return [_feed(row) for row in self._many(query)]

    def save(self, feed: Feed) -> None:
        """Store a new or a changed one."""
        same = feeds.c.provider_id == feed.provider_id
        if self._connection.execute(update(feeds).where(same).values(_values(feed))).rowcount == 0:
            self._insert(feeds, _values(feed), f"A feed of {feed.provider_id} was made at the same moment. Look again.")

    def note_visit(self, feed: Feed) -> None:
        """Store what was served and who came for it; an address that was changed meanwhile stays as it is."""
        same = (feeds.c.provider_id == feed.provider_id, feeds.c.token_hash == feed.token_hash)
        seen = {name: value for name, value in _values(feed).items() if name in _OF_A_VISIT}
        self._connection.execute(update(feeds).where(*same).values(seen))

    def revision(self, provider_id: str, since: datetime) -> str:
        """Return what changes with every change of the provider's sessions from then on; one cheap question."""
        shown = _shown(provider_id, since)
        sessions = select(func.count(), func.sum(_appointments.c.version), func.max(_appointments.c.id)).where(shown)
        series = select(func.count(), func.sum(_series.c.version)).where(_series.c.id.in_(_series_of(shown)))
        one, other = (self._connection.execute(query).one() for query in (sessions, series))
        return "/".join(str(value or 0) for value in (*one, *other))

    def content(self, provider_id: str, since: datetime) -> FeedContent:
        """Return the provider's appointments that start then or later, and the series that have any of these, whole."""
        shown = _shown(provider_id, since)
        whole = or_(shown, _appointments.c.series_id.in_(_series_of(shown)))
        ours = (_appointments.c.provider_id == provider_id, whole)
        rows = self._many(select(_appointments).where(*ours).order_by(_appointments.c.starts_at, _appointments.c.id))
        sessions = [appointment_of(row) for row in rows]
        series = {row["id"]: series_of(row) for row in self._many(_all_series(shown))}
        people = select(_clients).where(_clients.c.id.in_(select(_appointments.c.client_id).where(*ours)))
        clients = {row["id"]: client_of(row) for row in self._many(people)}
        provider = SqlProviders(self._connection, read_only=True).get(provider_id)
        items = [
            Publishable(record=record, provider=provider, client=clients[record.client_id], instances=instances)
            for record, instances in _records(sessions, series)
        ]
        return FeedContent(provider, items, self._changed_at(ours))

    def _changed_at(self, ours: tuple[ColumnElement[bool], ...]) -> Mapping[str, datetime]:
        """Return when each record last changed, a series with the last of its sessions."""
        changes = tables.appointment_changes
        record = func.coalesce(_appointments.c.series_id, _appointments.c.id).label("record")
        both = changes.join(_appointments, _appointments.c.id == changes.c.appointment_id)
        query = select(record, func.max(changes.c.at).label("at")).select_from(both).where(*ours).group_by(record)
        return {row["record"]: row["at"] for row in self._many(query)}


def _shown(provider_id: str, since: datetime) -> ColumnElement[bool]:
    return (_appointments.c.provider_id == provider_id) & (_appointments.c.starts_at >= since)


def _series_of(shown: ColumnElement[bool]) -> Select[Any]:
    return select(_appointments.c.series_id).where(shown, _appointments.c.series_id.is_not(None))


def _all_series(shown: ColumnElement[bool]) -> Select[Any]:
    return select(_series).where(_series.c.id.in_(_series_of(shown)))


def _records(
    sessions: Sequence[Appointment], series: Mapping[str, Series]
) -> list[tuple[Appointment | Series, tuple[Appointment, ...]]]:
    """Return single appointments and series with their instances, in a fixed order."""
    singles: list[tuple[Appointment | Series, tuple[Appointment, ...]]] = [
        (one, ()) for one in sessions if one.series_id is None
    ]
    instances = sorted((one for one in sessions if one.series_id), key=lambda one: str(one.series_id))
    return singles + [
        (series[str(series_id)], tuple(group)) for series_id, group in groupby(instances, lambda one: one.series_id)
    ]


def _values(feed: Feed) -> dict[str, Any]:
    return {
        "provider_id": feed.provider_id,
        "token_hash": feed.token_hash,
        "secret": feed.secret,
        "made_at": feed.made_at,
        "body_hash": feed.body_hash,
        "changed_at": feed.changed_at,
        "fetched_at": feed.fetched_at,
        "fetched_by": feed.fetched_by,
    }


def _feed(row: RowMapping) -> Feed:
    return Feed(**{name: row[name] for name in _NAMES})


_NAMES = tuple(feeds.c.keys())
_OF_A_VISIT = ("body_hash", "changed_at", "fetched_at", "fetched_by")
