"""Reschedule an appointment, or the future ones of its series, or all that are still to come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from syncd.core.access.permissions import Permission
from syncd.core.scheduling.appointments import Appointment, Scope, Series
from syncd.core.scheduling.booking import (
    Wanted,
    check_changeable,
    check_minutes,
    check_notice,
    check_start,
    local_start,
)
from syncd.core.scheduling.series import (
    NewSeries,
    Replan,
    agrees,
    applied,
    given_instances,
    identity,
    kept_beyond,
    leaves_alone,
    replan,
    tail_of,
)
from syncd.core.texts import LONGEST_PLACE, checked_text
from syncd.core.times import instant, zone
from syncd.ports.store.ids import new_id
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Transaction
from syncd.services.scheduling.changes import (
    Effect,
    Step,
    Terms,
    check_version,
    filed_claim,
    record_effect,
    save_appointment,
    save_series,
)
from syncd.services.scheduling.extending import check_client_room, check_room
from syncd.services.sync.publications import publish


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule:
    """What is to change of an appointment; None: nothing. A naive ``start`` is read in the appointment's own zone.

    ``version`` is the one that was looked at: if the appointment has changed since, the request is refused.
    ``allow_overlap``: it is meant that the client has another appointment, with another provider, at the new time.
    """

    appointment_id: str
    start: datetime | None = None
    minutes: int | None = None
    location: str | None = None
    scope: Scope = Scope.THIS
    version: int | None = None
    allow_overlap: bool = False


def reschedule(tx: Transaction, asked: Reschedule, terms: Terms) -> Appointment:
    """Give an appointment another time, length or place and return it; asking for what already is changes nothing.

    Scope ``future`` splits the series, ``all`` leaves those alone that have begun; what was agreed for one session
    alone stays as agreed. Raises a `RefusalError` when the appointment is past, cancelled or billed, when it is too
    late for the client who asks, and when any new time is impossible or meets another appointment.
    """
    one = tx.appointments.get(asked.appointment_id)
    terms.require(Permission.CHANGE_APPOINTMENT, one)
    check_version(one, asked.version)
    check_changeable(one, filed_claim(tx, one), terms.now)
    wanted = _wanted(one, asked)
    if one.series_id is None or asked.scope is Scope.THIS:
        steps, records = _move_one(tx, one, wanted, asked, terms)
    else:
        steps, records = _move_tail(tx, one, wanted, asked, terms)
    if not records:
        return one
    after = next((step.after for step in steps if step.after.id == one.id), one)
    effect = Effect(
        kind="rescheduled",
        at=terms.now,
        by=terms.by,
        scope=asked.scope,
        appointment=after,
        steps=steps,
        records=records,
    )
    record_effect(tx, effect, terms.messages_for)
    return replace(after, sequence=records[-1].sequence)


def _wanted(one: Appointment, asked: Reschedule) -> Wanted:
    if asked.minutes is not None:
        check_minutes(asked.minutes)
    return Wanted(
        start=None if asked.start is None else local_start(asked.start, zone(one.timezone)),
        minutes=asked.minutes,
        location=None if asked.location is None else checked_text("The location", asked.location, LONGEST_PLACE),
    )


_Move = tuple[Appointment, Appointment]
_Moved = tuple[tuple[Step, ...], tuple[Appointment | Series, ...]]
"""What changed, stored, and what is published for it; nothing in both when all is as asked already."""


def _move_one(tx: Transaction, one: Appointment, wanted: Wanted, asked: Reschedule, terms: Terms) -> _Moved:
    moved = applied(one, wanted)
    if agrees(one, moved):
        return (), ()
    _check(tx, [(one, moved)], asked, terms)
    after = save_appointment(tx, moved)
    record = after if one.series_id is None else save_series(tx, tx.series.get(one.series_id))
    return (Step(one, after),), (record,)


def _move_tail(tx: Transaction, one: Appointment, wanted: Wanted, asked: Reschedule, terms: Terms) -> _Moved:
    series, stored, tail, plan = _planned(tx, one, wanted, asked, terms)
    if leaves_alone(plan, series, tail):
        return (), ()
    moves = list(zip(tail, plan.instances, strict=True))
    _check(tx, moves, asked, terms, leaving=series)
    records = _save_halves(tx, plan)
    moves += kept_beyond(plan, series, stored, tail)
    return _save_each(tx, [(before, after) for before, after in moves if after != before]), records


class _Planned(NamedTuple):
    """A series, its stored appointments, those that are to change, and what becomes of these."""

    series: Series
    stored: Sequence[Appointment]
    tail: list[Appointment]
    plan: Replan


def _planned(tx: Transaction, one: Appointment, wanted: Wanted, asked: Reschedule, terms: Terms) -> _Planned:
    series = tx.series.get(one.source.id)
    stored = tx.appointments.list(AppointmentQuery(series_id=series.id))
    instances = given_instances(series, stored)
    tail = tail_of(instances, one, asked.scope, terms.now)
    plan = replan(series, instances, tail, one, wanted, NewSeries(new_id("ser"), str(uuid4())))
    if asked.allow_overlap:
        plan = plan._replace(carried=replace(plan.carried, allow_overlap=True))
    return _Planned(series, stored, tail, plan)


def moves_of(tx: Transaction, asked: Reschedule, terms: Terms) -> list[tuple[Appointment, Appointment]]:
    """Return the sessions that a request would change, before and after, whatever these meet; nothing is stored."""
    one = tx.appointments.get(asked.appointment_id)
    wanted = _wanted(one, asked)
    if one.series_id is None or asked.scope is Scope.THIS:
        moves = [(one, applied(one, wanted))]
    else:
        planned = _planned(tx, one, wanted, asked, terms)
        moves = list(zip(planned.tail, planned.plan.instances, strict=True))
    return [(before, after) for before, after in moves if not agrees(before, after)]


def _save_each(tx: Transaction, moves: Sequence[_Move]) -> tuple[Step, ...]:
    """Store moved instances in an order in which no two of them ever are the same session of the series."""
    is_later = any(instant(identity(after)) > instant(identity(before)) for before, after in moves)
    order = sorted(moves, key=lambda move: instant(identity(move[0])), reverse=is_later)
    saved = {before.id: save_appointment(tx, after) for before, after in order}
    return tuple(Step(before, saved[before.id]) for before, _ in moves)


def _save_halves(tx: Transaction, plan: Replan) -> tuple[Series, ...]:
    """Store a series that moves as a whole, or the two that it was split into; the second is to be published anew."""
    if plan.head is None:
        return (save_series(tx, plan.carried),)
    head = save_series(tx, plan.head)
    tx.series.add(plan.carried)
    publish(tx, plan.carried)
    return head, plan.carried


def _check(
    tx: Transaction, moves: Sequence[_Move], asked: Reschedule, terms: Terms, *, leaving: Series | None = None
) -> None:
    provider = tx.providers.get(moves[0][0].provider_id)
    moving = [(before, after) for before, after in moves if not agrees(before, after)]
    check_notice([before for before, _ in moving], terms.by.party, provider, terms.rules, terms.now)
    for before, after in moving:
        if instant(after.start) != instant(before.start):
            check_start(after.start, terms.now)
    check_room(tx, [after for _, after in moves], terms, leaving=leaving)
    check_client_room(tx, moves, terms, allow_overlap=asked.allow_overlap, leaving=leaving)
