"""Decisions on a provider's answer by mail: no calendar is looked at, for none holds it."""

from collections.abc import Sequence
from dataclasses import replace

from syncd.core.errors import DecisionError
from syncd.core.events.findings import Kind
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.sync.acceptance import Request, requests_answered
from syncd.core.sync.calendars import CalendarKind
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.times import instant
from syncd.ports.store.transaction import Transaction
from syncd.services.scheduling.changes import ASKED_AGAIN, COUNTER_REFUSED, Effect, Terms, raised, record_effect


def requests_by_mail(tx: Transaction, drift: Drift, terms: Terms) -> tuple[Request, ...]:
    """Return what taking the answer over asks for. Raises `DecisionError` where it cannot be."""
    return requests_answered(drift.findings, _sessions(tx, drift), terms.now)


def hold_on(tx: Transaction, drift: Drift, terms: Terms, note: str) -> Drift:
    """Keep what the record says, and tell the provider so: they are asked again, or their proposal is refused.

    Raises `DecisionError` where no invitation by mail is theirs, so that there is nothing to send, or nothing to hold.
    """
    if why := why_not_kept(tx, drift, terms):
        raise DecisionError(why)
    first = next(one for one in _sessions(tx, drift) if _is_ahead(one, terms))
    record = tx.series.get(first.series_id) if first.series_id is not None else first
    is_declined = Kind.DECLINED in drift.kinds
    names_one = any(finding.recurrence_id is not None for finding in drift.findings)
    effect = Effect(
        kind=ASKED_AGAIN if is_declined else COUNTER_REFUSED,
        at=terms.now,
        by=terms.by,
        scope=Scope.THIS if names_one or first.series_id is None else Scope.ALL,
        appointment=first,
        steps=(),
        records=(raised(tx, record),) if is_declined else (),
        note=note,
    )
    record_effect(tx, effect, terms.messages_for)
    return settled(tx, drift, DriftStatus.REVERTED, terms, note)


def why_not_kept(tx: Transaction, drift: Drift, terms: Terms) -> str:
    """Return why a provider cannot be told that the record stands; "": they can."""
    if not any(_is_ahead(one, terms) for one in _sessions(tx, drift)):
        return "The session has begun or is cancelled: nobody can be asked any more. Dismiss it."
    kinds = {calendar.kind for calendar in tx.calendars.list(drift.provider_id)}
    if kinds - {CalendarKind.FEED}:
        return (
            "The event stands in the provider's calendar as the record has it, so there is no invitation to send anew. "
            f"Accept the answer, or leave the session as it is: syncd drift dismiss {drift.id}"
        )
    return ""


def settled(tx: Transaction, drift: Drift, status: DriftStatus, terms: Terms, note: str) -> Drift:
    """Store a decision on an answer."""
    done = replace(
        drift,
        status=status,
        due_at=None,
        resolved_at=terms.now,
        resolved_by=terms.by.actor,
        note=note or drift.note,
    )
    tx.drifts.save(done)
    return done


def _sessions(tx: Transaction, drift: Drift) -> Sequence[Appointment]:
    found = tx.appointments.by_id(drift.concerned).values()
    return sorted(found, key=lambda one: (instant(one.start), one.id))


def _is_ahead(one: Appointment, terms: Terms) -> bool:
    return one.status is AppointmentStatus.BOOKED and instant(one.start) > terms.now
