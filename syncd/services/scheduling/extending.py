"""Keeping the store ahead of endless series, and knowing what stands before a time is given away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Cancellation, Scope, Series
from syncd.core.scheduling.booking import check_free, first_met
from syncd.core.scheduling.people import Party
from syncd.core.scheduling.reasons import NO_ROOM
from syncd.core.scheduling.series import extended
from syncd.core.times import instant
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Transaction
from syncd.services.scheduling.changes import By, Effect, Step, Terms, cancel_each, record_effect, save_series
from syncd.services.work.units import Done, Unit, at_rest, due_at

EXTENDER = By(Party.SYSTEM, "syncd")
"""Who books the next appointments of an endless series."""


def new_appointment_id() -> str:
    """Return the id of an appointment that is about to be."""
    return new_id("apt")


SHRUNK = timedelta(weeks=2)
"""By so much the horizon of an endless series may have shrunk before it is extended: not a write for every day."""


@dataclass(frozen=True, slots=True)
class Extension:
    """Keeps the appointments of endless series booked to the horizon. ``terms_at`` gives the terms of a moment."""

    terms_at: Callable[[datetime], Terms]

    def extend(self, unit: Unit) -> Done:
        """Extend one series if its horizon has shrunk enough; one that somebody just changed is looked at again."""
        terms = self.terms_at(unit.now)
        horizon = terms.rules.horizon
        with unit.store.reading() as tx:
            series = tx.series.get(unit.subject)
        if series.cancelled or series.extended_until is None:
            return Done(settle=at_rest)
        due = series.extended_until - horizon + SHRUNK
        if due > unit.now:
            return Done(settle=due_at(due))

        def settle(tx: Transaction) -> datetime | None:
            extend(tx, tx.series.get(series.id), terms, unit.now + horizon)
            return unit.now + SHRUNK

        return Done(settle=settle, durable=True)


def check_room(tx: Transaction, wanted: Sequence[Appointment], terms: Terms, *, leaving: Series | None = None) -> None:
    """Refuse appointments of one provider that meet what stands, or what its series will put there.

    At least one is booked; cancelled ones take no room. ``leaving`` is a series whose own instances are in ``wanted``
    with new times. Raises `OverlapError`.
    """
    live = [one for one in wanted if one.status is AppointmentStatus.BOOKED]
    provider_id = live[0].provider_id
    first, last = min(instant(one.start) for one in live), max(instant(one.end) for one in live)
    for series in tx.series.to_extend(last):
        if series.provider_id == provider_id and series.id != (leaving.id if leaving else None):
            extend(tx, series, terms, last)
    asked = {one.id for one in wanted}
    check_free(live, [one for one in tx.appointments.overlapping(provider_id, first, last) if one.id not in asked])


def extend(tx: Transaction, series: Series, terms: Terms, until: datetime) -> None:
    """Store the appointments that the rule gives before ``until``.

    One that would meet another appointment is cancelled at once for want of room: it leaves the calendars and stands on
    record, and nobody is booked twice.
    """
    longer, instances = extended(series, until, new_appointment_id)
    longer = tx.series.save(longer)
    if not instances:
        return
    taken = tx.appointments.overlapping(series.provider_id, instances[0].start, max(one.end for one in instances))
    tx.appointments.add(instances)
    _record(tx, "extended", tuple(Step(None, one) for one in instances), (), terms)
    why = Cancellation(reason=NO_ROOM.code, by=Party.SYSTEM, at=terms.now)
    stuck = cancel_each(tx, [(one, why) for one in instances if first_met(one, taken)])
    if stuck:
        _record(tx, "cancelled", stuck, (save_series(tx, longer),), terms)


def _record(tx: Transaction, kind: str, steps: tuple[Step, ...], records: tuple[Series, ...], terms: Terms) -> None:
    effect = Effect(
        kind=kind,
        at=terms.now,
        by=EXTENDER,
        scope=Scope.FUTURE,
        appointment=steps[0].after,
        steps=steps,
        records=records,
    )
    record_effect(tx, effect, terms.messages_for)
