"""Providers' calendars: what is known of each, when it is due, and who is working it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, bindparam, case, delete, or_, select, union, update

from syncd.adapters.db import tables
from syncd.adapters.db.publications import LET_GO
from syncd.adapters.db.rows import Repository
from syncd.core.sync.calendars import Calendar, CalendarKind, CalendarState, Capabilities, Suspicion
from syncd.core.sync.publication import PublicationState

_table = tables.calendars
_strangers = tables.calendar_strangers
_DIGEST = 8
_SET_ONCE = frozenset({"id", "provider_id", "kind", "url", "plain_http"})
_KEPT = _SET_ONCE | {"state", "lease_owner", "lease_until"}
_WORKED = [state for state in CalendarState if state.is_worked or state.heals]

# Every cycle, idle ones too, runs these: made once, they cost a fraction of what making them costs.
_LEASE = (
    update(_table)
    .where(
        _table.c.id == bindparam("the_id"),
        or_(
            _table.c.lease_until.is_(None),
            _table.c.lease_until <= bindparam("now"),
            _table.c.lease_owner == bindparam("the_owner"),
        ),
    )
    .values(lease_owner=bindparam("the_owner"), lease_until=bindparam("until"))
    .returning(_table)
)
_FINISH = (
    update(_table)
    .where(_table.c.id == bindparam("the_id"), _table.c.lease_owner == bindparam("the_owner"))
    .values(
        {column: bindparam(column.name) for column in _table.c if column.name not in _KEPT}
        | {_table.c.state: case((_table.c.state == bindparam("seen"), bindparam("state")), else_=_table.c.state)}
        | {_table.c.lease_owner: None, _table.c.lease_until: None}
    )
)


class SqlCalendars(Repository):
    """Calendars, in the database. The lease is the store's own: saving a calendar leaves it alone."""

    def add(self, calendar: Calendar) -> None:
        """Store a new one; its provider must not have that URL yet."""
        self._insert(_table, _values(calendar), "That provider has that calendar already. See: syncd calendar list")

    def get(self, calendar_id: str) -> Calendar:
        """Return one, locked until the transaction ends."""
        query = self._locked(select(_table).where(_table.c.id == calendar_id))
        return _calendar(self._one(query, _missing(calendar_id)))

    def save(self, calendar: Calendar) -> None:
        """Store a changed one."""
        self._save(_table, _values(calendar), _missing(calendar.id))

    def remove(self, calendar_id: str) -> None:
        """Forget one; its publications stay, those that were watched as forgotten."""
        self._remove(_table, calendar_id, _missing(calendar_id))
        watched = update(tables.publications).where(tables.publications.c.calendar_id == calendar_id, tables.WATCHED)
        self._connection.execute(watched.values(**LET_GO, state=PublicationState.FORGOTTEN))

    def list(self, provider_id: str | None = None) -> Sequence[Calendar]:
        """Return all, or a provider's, by provider and name."""
        query = select(_table).order_by(_table.c.provider_id, _table.c.name, _table.c.id)
        if provider_id is not None:
            query = query.where(_table.c.provider_id == provider_id)
        return [_calendar(row) for row in self._many(query)]

    def due(self, now: datetime) -> Sequence[Calendar]:
        """Return the worked or healing, unleased ones whose time has come, or with something to write that answer."""
        waiting = tables.publications
        candidates = union(
            select(_table.c.id).where(or_(_table.c.due_at.is_(None), _table.c.due_at <= now)),
            select(waiting.c.calendar_id).where(waiting.c.wanted != waiting.c.done, tables.WATCHED),
        )
        query = select(_table).where(
            _table.c.id.in_(candidates),
            _table.c.state.in_(_WORKED),
            or_(_table.c.lease_until.is_(None), _table.c.lease_until <= now),
            or_(_table.c.due_at.is_(None), _table.c.due_at <= now, _table.c.failures == 0),
        )
        return [_calendar(row) for row in self._many(query.order_by(_table.c.due_at.nulls_first(), _table.c.id))]

    def lease(self, calendar_id: str, owner: str, now: datetime, until: datetime) -> Calendar | None:
        """Take the calendar for ``owner`` until then, or longer if it is theirs; None when another holds it."""
        taken = {"the_id": calendar_id, "the_owner": owner, "now": now, "until": until}
        row = self._connection.execute(_LEASE, taken).mappings().first()
        return _calendar(row) if row is not None else None

    def finish(self, calendar: Calendar, owner: str, seen: CalendarState) -> None:
        """Store how a cycle left the calendar and give it back; a state that is not as ``seen`` stays."""
        changed = {name: value for name, value in _values(calendar).items() if name not in _SET_ONCE}
        self._connection.execute(_FINISH, {**changed, "the_id": calendar.id, "the_owner": owner, "seen": seen})

    def release(self, calendar_id: str, owner: str) -> None:
        """Give the calendar back, if ``owner`` still holds it."""
        held = and_(_table.c.id == calendar_id, _table.c.lease_owner == owner)
        self._connection.execute(update(_table).where(held).values(lease_owner=None, lease_until=None))

    def strangers(self, calendar_id: str) -> frozenset[bytes] | None:
        """Return the digests of others' resources that are known, None where none were ever listed."""
        query = select(_strangers.c.digests).where(_strangers.c.calendar_id == calendar_id)
        whole = self._connection.execute(query).scalar_one_or_none()
        if whole is None:
            return None
        return frozenset(whole[start : start + _DIGEST] for start in range(0, len(whole), _DIGEST))

    def remember_strangers(self, calendar_id: str, digests: frozenset[bytes]) -> None:
        """Store which of others' resources are known from now on; each digest has eight bytes."""
        self._connection.execute(delete(_strangers).where(_strangers.c.calendar_id == calendar_id))
        self._insert(_strangers, [{"calendar_id": calendar_id, "digests": b"".join(sorted(digests))}], "")

    def leases(self) -> Mapping[str, str]:
        """Return who holds which calendar, by its id."""
        held = select(_table.c.id, _table.c.lease_owner).where(_table.c.lease_owner.is_not(None))
        return {row["id"]: row["lease_owner"] for row in self._many(held)}


def _missing(calendar_id: str) -> str:
    return f"No calendar {calendar_id!r}. See: syncd calendar list"


def _values(calendar: Calendar) -> dict[str, Any]:
    return {
        "id": calendar.id,
        "provider_id": calendar.provider_id,
        "kind": calendar.kind,
        "name": calendar.name,
        "url": calendar.url,
        "username": calendar.username,
        "secret": calendar.secret,
        "state": calendar.state,
        "capabilities": asdict(calendar.capabilities),
        "cursor": calendar.cursor,
        "plain_events": calendar.plain_events,
        "plain_http": calendar.plain_http,
        "guards_waived": calendar.guards_waived,
        "due_at": calendar.due_at,
        "last_tried_at": calendar.last_tried_at,
        "last_synced_at": calendar.last_synced_at,
        "last_verified_at": calendar.last_verified_at,
        "last_proven_equal_at": calendar.last_proven_equal_at,
        "last_error": calendar.last_error,
        "failures": calendar.failures,
        "look": calendar.look,
        "deferred_until": calendar.deferred_until,
        "guards_reset_at": calendar.guards_reset_at,
        "unlisted": calendar.unlisted,
        "suspected": calendar.suspicion.state if calendar.suspicion else None,
        "suspected_since": calendar.suspicion.since if calendar.suspicion else None,
        "suspected_times": calendar.suspicion.times if calendar.suspicion else None,
    }


def _calendar(row: RowMapping) -> Calendar:
    return Calendar(
        id=row["id"],
        provider_id=row["provider_id"],
        kind=CalendarKind(row["kind"]),
        name=row["name"],
        url=row["url"],
        username=row["username"],
        secret=row["secret"],
        state=CalendarState(row["state"]),
        capabilities=Capabilities(**row["capabilities"]),
        cursor=row["cursor"],
        plain_events=row["plain_events"],
        plain_http=row["plain_http"],
        guards_waived=row["guards_waived"],
        due_at=row["due_at"],
        last_tried_at=row["last_tried_at"],
        last_synced_at=row["last_synced_at"],
        last_verified_at=row["last_verified_at"],
        last_proven_equal_at=row["last_proven_equal_at"],
        last_error=row["last_error"],
        failures=row["failures"],
        look=row["look"],
        deferred_until=row["deferred_until"],
        guards_reset_at=row["guards_reset_at"],
        unlisted=row["unlisted"],
        suspicion=_suspicion(row),
    )


def _suspicion(row: RowMapping) -> Suspicion | None:
    if row["suspected"] is None:
        return None
    return Suspicion(CalendarState(row["suspected"]), row["suspected_since"], row["suspected_times"])
