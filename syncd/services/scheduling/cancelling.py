"""Cancel an appointment, or the future ones of its series, or all that are still to come."""

from dataclasses import dataclass, replace

from syncd.core.access.permissions import Permission
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Cancellation, LateFee, Scope, Series
from syncd.core.scheduling.booking import check_changeable, check_notice, late_fee_of
from syncd.core.scheduling.money import Money
from syncd.core.scheduling.reasons import chosen_reason
from syncd.core.scheduling.series import cut_off, given_instances, tail_of
from syncd.core.texts import LONGEST_MESSAGE, LONGEST_NOTE, checked_text
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Transaction
from syncd.services.scheduling.changes import (
    Effect,
    Terms,
    cancel_each,
    check_version,
    filed_claim,
    record_effect,
    save_series,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """What is to be cancelled, and why: ``note`` is for the record, ``message`` goes to the client.

    ``waive_fee``: a late-cancellation fee that is due goes on record as waived. ``version`` is the one that was looked
    at: if the appointment has changed since, the request is refused.
    """

    appointment_id: str
    reason: str
    note: str = ""
    message: str = ""
    scope: Scope = Scope.THIS
    waive_fee: bool = False
    version: int | None = None


def cancel(tx: Transaction, asked: Cancel, terms: Terms) -> Appointment:
    """Cancel what is asked and return the appointment; it stays on record with the reason, its claim is void.

    Raises a `RefusalError` when the reason is none of the practice's or lacks its note, when the appointment is past,
    cancelled or billed, and when it is too late for the client who asks.
    """
    one = tx.appointments.get(asked.appointment_id)
    terms.require(Permission.CHANGE_APPOINTMENT, one)
    check_version(one, asked.version)
    check_changeable(one, filed_claim(tx, one), terms.now)
    provider = tx.providers.get(one.provider_id)
    reason = chosen_reason(terms.rules.reasons, asked.reason, asked.note)
    doomed, series = _concerned(tx, one, asked.scope, terms)
    check_notice(doomed, terms.by.party, provider, terms.rules, terms.now)
    fees = [late_fee_of(each, reason, provider, terms.rules, terms.now) for each in doomed]
    steps = cancel_each(tx, [(each, _why(asked, fee, terms)) for each, fee in zip(doomed, fees, strict=True)])
    after = next(step.after for step in steps if step.after.id == one.id)
    record = save_series(tx, series) if series else after
    effect = Effect(
        kind="cancelled",
        at=terms.now,
        by=terms.by,
        scope=asked.scope,
        appointment=after,
        steps=steps,
        records=(record,),
        note=asked.note.strip(),
    )
    record_effect(tx, effect, terms.messages_for)
    return replace(after, sequence=record.sequence)


def _concerned(
    tx: Transaction, one: Appointment, scope: Scope, terms: Terms
) -> tuple[list[Appointment], Series | None]:
    """Return the appointments to be cancelled, and their series as it is without them."""
    if one.series_id is None:
        return [one], None
    series = tx.series.get(one.series_id)
    if scope is Scope.THIS:
        return [one], series
    instances = given_instances(series, tx.appointments.list(AppointmentQuery(series_id=series.id)))
    tail = tail_of(instances, one, scope, terms.now)
    return [each for each in tail if each.status is AppointmentStatus.BOOKED], cut_off(series, instances, tail[0])


def _why(asked: Cancel, fee: Money | None, terms: Terms) -> Cancellation:
    return Cancellation(
        reason=asked.reason,
        by=terms.by.party,
        at=terms.now,
        note=checked_text("The note", asked.note, LONGEST_NOTE),
        message=checked_text("The message", asked.message, LONGEST_MESSAGE),
        fee=LateFee(fee, waived=asked.waive_fee, decided_by=terms.by.actor) if fee else None,
    )
