"""The conditions by which lists are filtered, and what standing a calendar has: said once, for lists and for counts."""

from datetime import datetime
from operator import eq, ge, le, lt
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select

from syncd.adapters.db import tables
from syncd.adapters.db.rows import given
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import HoldCode
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.lists import (
    AppointmentFilter,
    CalendarFilter,
    CalendarStanding,
    ClaimFilter,
    DriftFilter,
    MessageFilter,
)

_drifts, _claims, _calendars, _messages = tables.drifts, tables.claims, tables.calendars, tables.messages
_sessions, _providers, _clients = tables.appointments, tables.providers, tables.clients
_BY_A_PERSON = tuple(code for code in HoldCode if code not in {HoldCode.NOT_OVER, HoldCode.NOT_OBSERVED})
STOPPED = tuple(str(s) for s in CalendarState if not s.is_worked and s is not CalendarState.PAUSED)

OPEN_HERE = and_(
    tables.drift_appointments.c.appointment_id == _sessions.c.id,
    tables.drift_appointments.c.drift_id == _drifts.c.id,
    _drifts.c.status == DriftStatus.OPEN,
)
IN_DRIFT = exists().where(OPEN_HERE).correlate(_sessions)
OPEN_IN_CALENDAR = and_(_drifts.c.calendar_id == _calendars.c.id, _drifts.c.status == DriftStatus.OPEN)


def found_in(text: str | None, *columns: Any) -> list[ColumnElement[bool]]:
    """Return the condition that every word of a text stands in one of the columns; case makes no difference."""
    words = (text or "").lower().split()[:8]
    return [or_(*(func.lower(column).contains(word, autoescape=True) for column in columns)) for word in words]


def drift_conditions(wanted: DriftFilter) -> list[ColumnElement[bool]]:
    """Return the conditions on drifts, joined with their people and sessions."""
    conditions = given(
        (_drifts.c.status, eq, wanted.status),
        (_drifts.c.severity, eq, wanted.severity),
        (_drifts.c.provider_id, eq, wanted.provider_id),
        (_drifts.c.calendar_id, eq, wanted.calendar_id),
        (_drifts.c.detected_at, ge, wanted.found_from),
        (_drifts.c.detected_at, lt, wanted.found_before),
        (_sessions.c.starts_at, ge, wanted.session_from),
        (_sessions.c.starts_at, lt, wanted.session_before),
    )
    if wanted.kind is not None:
        conditions.append(_drifts.c.kinds.contains(f" {wanted.kind} ", autoescape=True))
    if wanted.ids is not None:
        conditions.append(_drifts.c.id.in_(list(wanted.ids)))
    places = (_providers.c.name, _clients.c.name, _sessions.c.location, _drifts.c.id, _sessions.c.id)
    return [*conditions, *found_in(wanted.text, *places)]


def claim_conditions(wanted: ClaimFilter) -> list[ColumnElement[bool]]:
    """Return the conditions on claims, joined with their people and sessions."""
    conditions = given(
        (_claims.c.status, eq, wanted.status),
        (_sessions.c.provider_id, eq, wanted.provider_id),
        (_claims.c.date_of_service, ge, wanted.since),
        (_claims.c.date_of_service, le, wanted.until),
    )
    if wanted.hold is not None:
        conditions.append(has_hold(wanted.hold))
    if wanted.for_a_person:
        conditions += [_claims.c.status == ClaimStatus.HELD, is_held_for_a_person()]
    if wanted.in_drift:
        conditions += [_claims.c.status == ClaimStatus.FILED, IN_DRIFT]
    places = (_providers.c.name, _clients.c.name, _claims.c.id, _claims.c.number, _sessions.c.id)
    return [*conditions, *found_in(wanted.text, *places)]


def has_hold(code: HoldCode) -> ColumnElement[bool]:
    """Return the condition that a claim has that hold."""
    return _claims.c.holds.contains(f" {code.value} ", autoescape=True)


def is_held_for_a_person() -> ColumnElement[bool]:
    """Held by what only a person lifts, or by an edit that came since it was last looked at."""
    return or_(func.trim(_claims.c.holds) == "", *(has_hold(code) for code in _BY_A_PERSON))


def appointment_conditions(wanted: AppointmentFilter) -> list[ColumnElement[bool]]:
    """Return the conditions on appointments, joined with their people."""
    conditions = given(
        (_sessions.c.provider_id, eq, wanted.provider_id),
        (_sessions.c.client_id, eq, wanted.client_id),
        (_sessions.c.status, eq, wanted.status),
        (_sessions.c.starts_at, ge, wanted.starts_from),
        (_sessions.c.starts_at, lt, wanted.starts_before),
    )
    places = (_providers.c.name, _clients.c.name, _sessions.c.location, _sessions.c.id)
    return [*conditions, *found_in(wanted.text, *places)]


def message_conditions(wanted: MessageFilter) -> list[ColumnElement[bool]]:
    """Return the conditions on messages, joined with their people and sessions."""
    conditions = given(
        (_messages.c.appointment_id, eq, wanted.appointment_id),
        (_messages.c.status, eq, wanted.status),
        (_messages.c.kind, eq, wanted.kind),
    )
    if wanted.provider_id is not None:
        conditions += to_provider(wanted.provider_id)
    places = (_providers.c.name, _clients.c.name, _messages.c.recipient, _messages.c.id)
    return [*conditions, *found_in(wanted.text, *places)]


def to_provider(provider_id: str) -> list[ColumnElement[bool]]:
    """Return the conditions that a message goes to that provider."""
    own = select(_sessions.c.id).where(_sessions.c.provider_id == provider_id)
    return [_messages.c.party == Party.PROVIDER, _messages.c.appointment_id.in_(own)]


def own_session(appointment_id: Any, provider_id: str) -> ColumnElement[bool]:
    """Return the condition that an appointment is that provider's."""
    own: ColumnElement[bool] = appointment_id.in_(select(_sessions.c.id).where(_sessions.c.provider_id == provider_id))
    return own


def calendar_conditions(wanted: CalendarFilter, standing: Any) -> list[ColumnElement[bool]]:
    """Return the conditions on calendars, joined with their providers."""
    conditions = given((_calendars.c.provider_id, eq, wanted.provider_id))
    if wanted.standing is not None:
        conditions.append(standing == str(wanted.standing))
    return [
        *conditions,
        *found_in(wanted.text, _providers.c.name, _calendars.c.name, _calendars.c.url, _calendars.c.id),
    ]


def standing_of(proven_since: ColumnElement[datetime]) -> Any:
    """Return a calendar's standing, as `CalendarStanding` has it."""
    edited = exists().where(OPEN_IN_CALENDAR).correlate(_calendars)
    return case(
        (_calendars.c.state.in_(STOPPED), literal(str(CalendarStanding.STOPPED))),
        (_calendars.c.state == CalendarState.PAUSED, literal(str(CalendarStanding.PAUSED))),
        (_calendars.c.state == CalendarState.UNREACHABLE, literal(str(CalendarStanding.UNREACHABLE))),
        (edited, literal(str(CalendarStanding.EDITED))),
        (_calendars.c.last_proven_equal_at >= proven_since, literal(str(CalendarStanding.AGREES))),
        else_=literal(str(CalendarStanding.UNPROVEN)),
    )
