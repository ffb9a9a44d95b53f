"""Lists as people read them: one query for a page's rows with their names, one for how many there are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import eq, ge, lt
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    RowMapping,
    Select,
    Table,
    and_,
    case,
    func,
    or_,
    select,
)

from syncd.adapters.db import tables
from syncd.adapters.db.appointments import appointment_of
from syncd.adapters.db.audit import link_of
from syncd.adapters.db.calendars import calendar_of
from syncd.adapters.db.claims import claim_of
from syncd.adapters.db.conditions import (
    IN_DRIFT,
    OPEN_HERE,
    OPEN_IN_CALENDAR,
    STOPPED,
    appointment_conditions,
    calendar_conditions,
    claim_conditions,
    drift_conditions,
    found_in,
    has_hold,
    is_held_for_a_person,
    message_conditions,
    own_session,
    standing_of,
    to_provider,
)
from syncd.adapters.db.drifts import SqlDrifts
from syncd.adapters.db.messages import message_of
from syncd.adapters.db.objectives import proven_since
from syncd.adapters.db.paging import Key, cut
from syncd.adapters.db.people import client_of, provider_of
from syncd.adapters.db.rows import Repository, given, local_time, local_time_or_none
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import HoldCode
from syncd.core.events.findings import Severity
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.reporting.alerts import Objectives
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.scheduling.people import Client, Provider
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.core.times import plus_minutes, zone
from syncd.core.work import WorkKind
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.lists import (
    AppointmentFilter,
    AppointmentRow,
    AppointmentSort,
    CalendarFilter,
    CalendarRow,
    CalendarSort,
    CalendarStanding,
    ClaimFilter,
    ClaimRow,
    ClaimSort,
    DriftFilter,
    DriftRow,
    DriftSort,
    Found,
    Happening,
    MessageFilter,
    MessageRow,
    MessageSort,
    Overview,
    Part,
    Waiting,
)

_drifts, _claims, _calendars, _messages = tables.drifts, tables.claims, tables.calendars, tables.messages
_sessions, _providers, _clients, _audit, _work = (
    tables.appointments,
    tables.providers,
    tables.clients,
    tables.audit,
    tables.work,
)
_NAMES = (_providers.c.name.label("provider_name"), _clients.c.name.label("client_name"))
_STARTS = (_sessions.c.start_wall, _sessions.c.start_zone, _sessions.c.start_fold, _sessions.c.minutes)
_WEEK = timedelta(days=7)

_RANK = case({str(severity): severity.rank for severity in Severity}, value=_drifts.c.severity, else_=len(Severity))
_OPEN_DRIFTS = select(func.count()).where(OPEN_HERE).correlate(_sessions).scalar_subquery()

_ORDERS: Mapping[str, tuple[Key, ...]] = {
    DriftSort.URGENT: (Key(_RANK), Key(_sessions.c.starts_at), Key(_drifts.c.id)),
    DriftSort.FOUND: (Key(_drifts.c.detected_at, descending=True), Key(_drifts.c.id)),
    DriftSort.SESSION: (Key(_sessions.c.starts_at), Key(_drifts.c.id)),
    DriftSort.PROVIDER: (Key(func.lower(_providers.c.name)), Key(_sessions.c.starts_at), Key(_drifts.c.id)),
    ClaimSort.DATE: (Key(_claims.c.date_of_service), Key(_claims.c.id)),
    ClaimSort.NEWEST: (Key(_claims.c.date_of_service, descending=True), Key(_claims.c.id)),
    ClaimSort.LONGEST: (Key(func.coalesce(_claims.c.held_since, _sessions.c.ends_at)), Key(_claims.c.id)),
    AppointmentSort.START: (Key(_sessions.c.starts_at), Key(_sessions.c.id)),
    AppointmentSort.LATEST: (Key(_sessions.c.starts_at, descending=True), Key(_sessions.c.id)),
    MessageSort.NEWEST: (Key(_messages.c.number, descending=True),),
    MessageSort.OLDEST: (Key(_messages.c.number),),
}


class SqlLists(Repository):
    """Pages of lists, from the database."""

    def __init__(self, connection: Connection, *, read_only: bool, drifts: SqlDrifts) -> None:
        """Use ``connection``; ``drifts`` makes whole drifts of rows."""
        super().__init__(connection, read_only=read_only)
        self._whole_drifts = drifts.whole
        self._proven_since: dict[tuple[datetime, Objectives], ColumnElement[datetime]] = {}

    def waiting(self, provider_id: str | None = None) -> Waiting:
        """Return what waits for a person: one query."""
        counted = [_count(table, conditions) for table, conditions in _waiting_conditions(provider_id).items()]
        return Waiting(*self._connection.execute(select(*counted)).one())

    def overview(self, provider_id: str | None = None) -> Overview:
        """Return the numbers of the first page: one query."""
        conditions = _waiting_conditions(provider_id)
        worked = _calendars.c.state.not_in([*STOPPED, CalendarState.PAUSED])
        own = [_calendars.c.provider_id == provider_id] if provider_id is not None else []
        queued = [_messages.c.status == MessageStatus.QUEUED, *(to_provider(provider_id) if provider_id else [])]
        else_held = ~has_hold(HoldCode.OPEN_DRIFT)
        claims, never = conditions[_claims], _calendars.c.last_proven_equal_at.is_(None)
        numbers = [
            *(_count(table, of_table) for table, of_table in conditions.items()),
            _count(_drifts, [*conditions[_drifts], _drifts.c.severity == Severity.CLAIM_DATE]),
            _count(_claims, [*claims, else_held]),
            _scalar(func.min(_claims.c.held_since), [*claims, else_held]),
            _count(_messages, queued),
            _count(_calendars, own),
            _count(_calendars, [worked, never, *own]),
            _scalar(func.min(_calendars.c.last_proven_equal_at), [worked, *own]),
            _scalar(func.max(_calendars.c.last_tried_at), [worked, *own]),
        ]
        drifts, calendars, held, failed, *rest = self._connection.execute(select(*numbers)).one()
        return Overview(Waiting(drifts, calendars, held, failed), *rest)

    def drifts(self, wanted: DriftFilter, part: Part) -> Found[DriftRow]:
        """Return drifts with their people and sessions."""
        query = _with_people(select(_drifts, *_NAMES, *_STARTS), _drifts, _drifts.c.appointment_id)
        query = query.where(*drift_conditions(wanted))
        found = cut(self._connection, query, _ORDERS[part.sort or DriftSort.URGENT], part)
        drifts = self._whole_drifts(found.rows)
        rows = [
            DriftRow(drift=drift, provider=row["provider_name"], client=row["client_name"], **_times(row))
            for drift, row in zip(drifts, found.rows, strict=True)
        ]
        return Found(rows, found.total, found.next)

    def claims(self, wanted: ClaimFilter, part: Part) -> Found[ClaimRow]:
        """Return claims with their people."""
        query = select(_claims, *_NAMES, *_STARTS, IN_DRIFT.label("in_drift"))
        query = _with_people(query, _claims, _claims.c.appointment_id).where(*claim_conditions(wanted))
        of_claims = not (wanted.text or wanted.provider_id or wanted.in_drift or part.sort == ClaimSort.LONGEST)
        lean = select(_claims.c.id).where(*claim_conditions(wanted)) if of_claims else None
        found = cut(self._connection, query, _ORDERS[part.sort or ClaimSort.DATE], part, lean=lean)
        rows = [
            ClaimRow(
                claim=claim_of(row),
                provider=row["provider_name"],
                client=row["client_name"],
                start=local_time(row, "start"),
                in_drift=bool(row["in_drift"]),
            )
            for row in found.rows
        ]
        return Found(rows, found.total, found.next)

    def appointments(self, wanted: AppointmentFilter, part: Part) -> Found[AppointmentRow]:
        """Return appointments with their people, claims and edits."""
        query = select(_sessions, *_NAMES, _claims.c.status.label("claim_status"), _OPEN_DRIFTS.label("open_drifts"))
        people = _people(_sessions).join(_claims, _claims.c.appointment_id == _sessions.c.id)
        query = query.select_from(people).where(*appointment_conditions(wanted))
        lean = None if wanted.text else select(_sessions.c.id).where(*appointment_conditions(wanted))
        found = cut(self._connection, query, _ORDERS[part.sort or AppointmentSort.START], part, lean=lean)
        rows = [
            AppointmentRow(
                appointment=appointment_of(row),
                provider=row["provider_name"],
                client=row["client_name"],
                claim=ClaimStatus(row["claim_status"]),
                open_drifts=row["open_drifts"],
            )
            for row in found.rows
        ]
        return Found(rows, found.total, found.next)

    def messages(self, wanted: MessageFilter, part: Part) -> Found[MessageRow]:
        """Return messages with the people and sessions that they are about."""
        due = (
            select(_work.c.due_at)
            .where(_work.c.kind == WorkKind.MESSAGE, _work.c.subject == _messages.c.id)
            .correlate(_messages)
            .scalar_subquery()
        )
        # The message's own columns of the same names stand first; its recurrence is no start.
        query = select(_messages, *_NAMES, *_STARTS, due.label("due_at"))
        query = _with_people(query, _messages, _messages.c.appointment_id).where(*message_conditions(wanted))
        found = cut(self._connection, query, _ORDERS[part.sort or MessageSort.NEWEST], part)
        rows = [
            MessageRow(
                message=message_of(row),
                provider=row["provider_name"],
                client=row["client_name"],
                start=local_time(row, "start"),
                due_at=row["due_at"] if row["status"] == MessageStatus.QUEUED else None,
            )
            for row in found.rows
        ]
        return Found(rows, found.total, found.next)

    def calendars(self, wanted: CalendarFilter, part: Part, now: datetime, within: Objectives) -> Found[CalendarRow]:
        """Return calendars with their standing."""
        standing = self._standing(now, within)
        query = select(
            _calendars,
            _providers.c.name.label("provider_name"),
            _providers.c.timezone.label("provider_zone"),
            standing.label("standing"),
            _count_of(_drifts, OPEN_IN_CALENDAR).label("open_drifts"),
            _count_of(_sessions, _coming(now)).label("sessions"),
            _work.c.due_at.label("due_at"),
            func.coalesce(_work.c.attempts, 0).label("attempts"),
        ).select_from(_calendars_with_work())
        query = query.where(*calendar_conditions(wanted, standing))
        found = cut(self._connection, query, _calendar_order(part.sort, standing), part)
        return Found([_calendar_row(row) for row in found.rows], found.total, found.next)

    def _standing(self, now: datetime, within: Objectives) -> Any:
        """Return how a calendar stands, as an expression; what it needs is asked for once."""
        asked = now, within
        if asked not in self._proven_since:
            self._proven_since[asked] = proven_since(self._connection, now, within)
        return standing_of(self._proven_since[asked])

    def standings(
        self, now: datetime, within: Objectives, provider_id: str | None = None
    ) -> Mapping[CalendarStanding, int]:
        """Return how many calendars stand how."""
        standing = self._standing(now, within)
        query = select(standing.label("standing"), func.count()).select_from(_calendars).group_by("standing")
        if provider_id is not None:
            query = query.where(_calendars.c.provider_id == provider_id)
        found = {row[0]: int(row[1]) for row in self._connection.execute(query)}
        return {word: found.get(str(word), 0) for word in CalendarStanding}

    def lately(self, size: int, provider_id: str | None = None) -> Sequence[Happening]:
        """Return the last records of the audit trail, newest first."""
        query = _trail().where(~_audit.c.action.startswith("user."), ~_audit.c.action.startswith("token."))
        if provider_id is not None:
            query = query.where(_providers.c.id == provider_id)
        return [_happening(row) for row in self._many(query.order_by(_audit.c.number.desc()).limit(size))]

    def audit(self, wanted: AuditQuery, part: Part) -> Found[Happening]:
        """Return records of the audit trail, newest first."""
        query = _trail().where(
            *given(
                (_audit.c.subject, eq, wanted.subject),
                (_audit.c.actor, eq, wanted.actor),
                (_audit.c.at, ge, wanted.since),
                (_audit.c.at, lt, wanted.until),
            )
        )
        if wanted.action is not None:
            within = _audit.c.action.startswith(f"{wanted.action}.", autoescape=True)
            query = query.where(or_(_audit.c.action == wanted.action, within))
        found = cut(self._connection, query, (Key(_audit.c.number, descending=True),), part)
        return Found([_happening(row) for row in found.rows], found.total, found.next)

    def providers(self, text: str | None, part: Part) -> Found[Provider]:
        """Return providers by name."""
        query = select(_providers).where(*found_in(text, _providers.c.name, _providers.c.email, _providers.c.id))
        found = cut(self._connection, query, (Key(func.lower(_providers.c.name)), Key(_providers.c.id)), part)
        return Found([provider_of(row) for row in found.rows], found.total, found.next)

    def clients(self, text: str | None, part: Part) -> Found[Client]:
        """Return clients by name."""
        query = select(_clients).where(*found_in(text, _clients.c.name, _clients.c.email, _clients.c.id))
        found = cut(self._connection, query, (Key(func.lower(_clients.c.name)), Key(_clients.c.id)), part)
        return Found([client_of(row) for row in found.rows], found.total, found.next)

    def names(self, ids: Collection[str]) -> Mapping[str, str]:
        """Return the names of providers and clients by id."""
        wanted = sorted(set(ids))
        both = [select(t.c.id, t.c.name).where(t.c.id.in_(wanted)) for t in (_providers, _clients)]
        if not wanted:
            return {}
        return {row[0]: row[1] for row in self._connection.execute(both[0].union_all(both[1]))}


def _trail() -> Select[Any]:
    """Return the trail, each record with the people and the session that its subject has."""
    joined = (
        _audit.outerjoin(_claims, _claims.c.id == _audit.c.subject)
        .outerjoin(_calendars, _calendars.c.id == _audit.c.subject)
        .outerjoin(_sessions, _sessions.c.id == func.coalesce(_claims.c.appointment_id, _audit.c.subject))
        .outerjoin(_clients, _clients.c.id == func.coalesce(_sessions.c.client_id, _audit.c.subject))
        .outerjoin(
            _providers,
            _providers.c.id == func.coalesce(_sessions.c.provider_id, _calendars.c.provider_id, _audit.c.subject),
        )
    )
    return select(_audit, *_NAMES, *_STARTS).select_from(joined)


def _happening(row: RowMapping) -> Happening:
    return Happening(link_of(row), row["provider_name"], row["client_name"], local_time_or_none(row, "start"))


def _waiting_conditions(provider_id: str | None) -> dict[Table, list[ColumnElement[bool]]]:
    """Return for each kind of record when it waits for a person, in the order of `Waiting`."""
    conditions: dict[Table, list[ColumnElement[bool]]] = {
        _drifts: [_drifts.c.status == DriftStatus.OPEN],
        _calendars: [_calendars.c.state.in_(STOPPED)],
        _claims: [_claims.c.status == ClaimStatus.HELD, is_held_for_a_person()],
        _messages: [_messages.c.status == MessageStatus.FAILED],
    }
    if provider_id is not None:
        conditions[_drifts].append(_drifts.c.provider_id == provider_id)
        conditions[_calendars].append(_calendars.c.provider_id == provider_id)
        conditions[_claims].append(own_session(_claims.c.appointment_id, provider_id))
        conditions[_messages] += to_provider(provider_id)
    return conditions


def _count(table: Table, conditions: Iterable[ColumnElement[bool]]) -> Any:
    return select(func.count()).select_from(table).where(*conditions).scalar_subquery()


def _scalar(what: Any, conditions: Iterable[ColumnElement[bool]]) -> Any:
    return select(what).where(*conditions).scalar_subquery()


def _people(table: Any) -> FromClause:
    joined: FromClause = table.join(_providers, _providers.c.id == _sessions.c.provider_id).join(
        _clients, _clients.c.id == _sessions.c.client_id
    )
    return joined


def _with_people(query: Select[Any], table: Any, appointment_id: Any) -> Select[Any]:
    return query.select_from(_people(table.join(_sessions, _sessions.c.id == appointment_id)))


def _times(row: RowMapping) -> dict[str, datetime]:
    start = local_time(row, "start")
    return {"start": start, "end": plus_minutes(start, row["minutes"])}


def _count_of(table: Any, condition: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(table).where(condition).correlate(_calendars).scalar_subquery()


def _coming(now: datetime) -> ColumnElement[bool]:
    return and_(
        _sessions.c.provider_id == _calendars.c.provider_id,
        _sessions.c.status == AppointmentStatus.BOOKED,
        _sessions.c.starts_at >= now,
        _sessions.c.starts_at < now + _WEEK,
    )


def _calendars_with_work() -> FromClause:
    its_cycle = and_(_work.c.kind == WorkKind.CALENDAR, _work.c.subject == _calendars.c.id)
    joined: FromClause = _calendars.join(_providers, _providers.c.id == _calendars.c.provider_id).outerjoin(
        _work, its_cycle
    )
    return joined


def _calendar_order(sort: str, standing: Any) -> tuple[Key, ...]:
    by_name = (Key(func.lower(_providers.c.name)), Key(_calendars.c.id))
    match sort or CalendarSort.WORST:
        case CalendarSort.PROVIDER:
            return by_name
        case CalendarSort.PROOF:
            return (Key(func.coalesce(_calendars.c.last_proven_equal_at, _EVER)), Key(_calendars.c.id))
        case _:
            rank = case({str(word): i for i, word in enumerate(CalendarStanding)}, value=standing, else_=9)
            return (Key(rank), *by_name)


_EVER = datetime(1970, 1, 1, tzinfo=zone("UTC"))


def _calendar_row(row: RowMapping) -> CalendarRow:
    return CalendarRow(
        calendar=calendar_of(row),
        provider=row["provider_name"],
        timezone=row["provider_zone"],
        standing=CalendarStanding(row["standing"]),
        open_drifts=row["open_drifts"],
        sessions=row["sessions"],
        due_at=row["due_at"],
        attempts=row["attempts"],
    )
