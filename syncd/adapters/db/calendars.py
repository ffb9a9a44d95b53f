"""Providers' calendars: what is known of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, case, delete, not_, or_, select, update

from syncd.adapters.db import tables
from syncd.adapters.db.due import DueWork
from syncd.adapters.db.objectives import proven_since
from syncd.adapters.db.publications import LET_GO
from syncd.adapters.db.rows import Repository, by_id
from syncd.core.errors import NotFoundError
from syncd.core.reporting.alerts import Objectives
from syncd.core.sync.calendars import (
    Calendar,
    CalendarKind,
    CalendarMode,
    CalendarState,
    Capabilities,
    Privacy,
    Suspicion,
)
from syncd.core.sync.publication import PublicationState
from syncd.core.work import LeaseLostError

_table = tables.calendars
_strangers = tables.calendar_strangers
_DIGEST = 8
_MINUTE = timedelta(minutes=1)
_CYCLES_OWN = (
    "capabilities",
    "last_tried_at",
    "last_synced_at",
    "last_verified_at",
    "last_proven_equal_at",
    "last_error",
    "look",
    "deferred_until",
    "guards_reset_at",
    "unlisted",
    "suspected",
    "suspected_since",
    "suspected_times",
)
"""What a cycle writes whatever happened meanwhile: it alone knows."""

_SHARED = ("state", "cursor", "guards_waived")
"""What a cycle writes unless a person changed the calendar meanwhile: their word stays."""

# Every cycle, idle ones too, runs this: made once, it costs a fraction of what making it costs.
_UNCHANGED = _table.c.revision == bindparam("seen")
_FINISH = (
    update(_table)
    .where(_table.c.id == bindparam("the_id"))
    .values(
        {_table.c[name]: bindparam(name) for name in _CYCLES_OWN}
        | {
            _table.c[name]: case((_UNCHANGED, bindparam(name, type_=_table.c[name].type)), else_=_table.c[name])
            for name in _SHARED
        }
    )
    .returning(_table)
)


class SqlCalendars(Repository):
    """Calendars, in the database."""

    def __init__(self, connection: Connection, *, read_only: bool, making: DueWork) -> None:
        """Use ``connection``; ``read_only``: take no locks; ``making``: what makes work due."""
        super().__init__(connection, read_only=read_only)
        self._making = making

    def add(self, calendar: Calendar) -> None:
        """Store a new one; its provider must not have that URL yet."""
        self._insert(_table, _values(calendar), "That provider has that calendar already. See: syncd calendar list")
        self._making.for_calendar(calendar)

    def get(self, calendar_id: str) -> Calendar:
        """Return one, locked until the transaction ends."""
        return calendar_of(self._one(self._locked(by_id(_table)), _missing(calendar_id), the_id=calendar_id))

    def by_id(self, ids: Iterable[str]) -> Mapping[str, Calendar]:
        """Return those of these ids that there are, locked until the transaction ends."""
        return {id_: calendar_of(row) for id_, row in self._by_id(_table, ids, locked=True).items()}

    def save(self, calendar: Calendar) -> None:
        """Store one that a person changed."""
        before = self._making.happenings.state_of(calendar.id)
        values = _values(calendar) | {"revision": _table.c.revision + 1}
        changed = update(_table).where(_table.c.id == calendar.id).values(values)
        if self._connection.execute(changed).rowcount == 0:
            raise NotFoundError(_missing(calendar.id))
        self._making.happenings.calendar(calendar, before)
        self._making.for_calendar(calendar)
        if calendar.state.is_readable:
            self._making.for_claims_in(calendar.id)

    def remove(self, calendar_id: str) -> None:
        """Forget one; its publications stay, those that were watched as forgotten."""
        self._making.for_claims_in(calendar_id)
        self._remove(_table, calendar_id, _missing(calendar_id))
        watched = update(tables.publications).where(tables.publications.c.calendar_id == calendar_id, tables.WATCHED)
        self._connection.execute(watched.values(**LET_GO, state=PublicationState.FORGOTTEN))
        self._making.without_calendar(calendar_id)

    def list(self, provider_id: str | None = None) -> Sequence[Calendar]:
        """Return all, or a provider's, by provider and name."""
        query = select(_table).order_by(_table.c.provider_id, _table.c.name, _table.c.id)
        if provider_id is not None:
            query = query.where(_table.c.provider_id == provider_id)
        return [calendar_of(row) for row in self._many(query)]

    def unwell(self, now: datetime, within: Objectives) -> Sequence[Calendar]:
        """Return those that somebody may have to act on: few are loaded, however many there are."""
        worked = _table.c.state.in_([str(state) for state in CalendarState if state.is_worked])
        unproven = _table.c.last_proven_equal_at < proven_since(self._connection, now, within)
        writes = _table.c.mode.in_([mode for mode in CalendarMode if mode.writes])
        old = or_(_table.c.last_synced_at < now - within.look, and_(unproven, writes))
        left = and_(not_(worked), _table.c.state != CalendarState.PAUSED)
        query = select(_table).where(or_(left, and_(worked, old)))
        return [
            calendar_of(row) for row in self._many(query.order_by(_table.c.provider_id, _table.c.name, _table.c.id))
        ]

    def finish(self, calendar: Calendar) -> Calendar:
        """Store how a cycle left the calendar; a person's change that came meanwhile stays."""
        values = _values(calendar)
        left = {name: values[name] for name in (*_CYCLES_OWN, *_SHARED)}
        named = {"the_id": calendar.id, "seen": calendar.revision}
        before = self._making.happenings.state_of(calendar.id)
        row = self._connection.execute(_FINISH, left | named).mappings().first()
        if row is None:
            raise LeaseLostError(calendar=calendar.id)
        finished = calendar_of(row)
        self._making.happenings.calendar(finished, before)
        return finished

    def recovered(self, calendar: Calendar) -> None:
        """Note that a calendar can be read again: claims that waited for it are looked at."""
        self._making.for_claims_in(calendar.id)

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
        "inside": calendar.inside,
        "guards_waived": calendar.guards_waived,
        "revision": calendar.revision,
        "last_tried_at": calendar.last_tried_at,
        "last_synced_at": calendar.last_synced_at,
        "last_verified_at": calendar.last_verified_at,
        "last_proven_equal_at": calendar.last_proven_equal_at,
        "last_error": calendar.last_error,
        "look": calendar.look,
        "deferred_until": calendar.deferred_until,
        "guards_reset_at": calendar.guards_reset_at,
        "unlisted": calendar.unlisted,
        "suspected": calendar.suspicion.state if calendar.suspicion else None,
        "suspected_since": calendar.suspicion.since if calendar.suspicion else None,
        "suspected_times": calendar.suspicion.times if calendar.suspicion else None,
        "mode": calendar.mode,
        "privacy": calendar.privacy,
        "objective_minutes": calendar.objective // _MINUTE if calendar.objective else None,
    }


def calendar_of(row: RowMapping) -> Calendar:
    """Return the calendar that stands in a row."""
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
        inside=row["inside"],
        guards_waived=row["guards_waived"],
        revision=row["revision"],
        last_tried_at=row["last_tried_at"],
        last_synced_at=row["last_synced_at"],
        last_verified_at=row["last_verified_at"],
        last_proven_equal_at=row["last_proven_equal_at"],
        last_error=row["last_error"],
        look=row["look"],
        deferred_until=row["deferred_until"],
        guards_reset_at=row["guards_reset_at"],
        unlisted=row["unlisted"],
        suspicion=_suspicion(row),
        mode=CalendarMode(row["mode"]),
        privacy=Privacy(row["privacy"]) if row["privacy"] else None,
        objective=row["objective_minutes"] * _MINUTE if row["objective_minutes"] else None,
    )


def _suspicion(row: RowMapping) -> Suspicion | None:
    if row["suspected"] is None:
        return None
    return Suspicion(CalendarState(row["suspected"]), row["suspected_since"], row["suspected_times"])
