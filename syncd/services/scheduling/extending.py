"""Keeping the store ahead of endless series, and knowing what stands before a time is given away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core.access.principal import part_of_syncd
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Cancellation, Scope, Series
from syncd.core.scheduling.booking import check_client_free, check_free, first_met
from syncd.core.scheduling.people import Party
from syncd.core.scheduling.reasons import CLIENT_BUSY, NO_ROOM, Reason
from syncd.core.scheduling.series import extended
from syncd.core.times import instant
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Transaction
from syncd.services.scheduling.changes import By, Effect, Step, Terms, cancel_each, record_effect, save_series
from syncd.services.work.units import Done, Unit, at_rest, due_at

EXTENDER = By(Party.SYSTEM, part_of_syncd("syncd"))
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


def check_client_room(
    tx: Transaction,
    wanted: Sequence[tuple[Appointment | None, Appointment]],
    terms: Terms,
    *,
    allow_overlap: bool,
    leaving: Series | None = None,
) -> None:
    """Refuse appointments of one client that meet what the client has with other providers, unless it is meant.

    Each is given before (None: it is new) and after. The client is locked in either case, so that of two bookings at
    once the second sees the first. Raises `ClientOverlapError`.
    """
    live = [(before, after) for before, after in wanted if after.status is AppointmentStatus.BOOKED]
    client_id, provider_id = live[0][1].client_id, live[0][1].provider_id
    first, last = min(instant(one.start) for _, one in live), max(instant(one.end) for _, one in live)
    for series in tx.series.to_extend(last):
        if series.client_id == client_id and series.id != (leaving.id if leaving else None):
            extend(tx, series, terms, last)
    taken = tx.appointments.overlapping_of_client(client_id, first, last)
    if not allow_overlap:
        check_client_free(live, [one for one in taken if one.provider_id != provider_id])


def extend(tx: Transaction, series: Series, terms: Terms, until: datetime) -> None:
    """Store the appointments that the rule gives before ``until``.

    One that would meet another appointment of the provider's, or of the client's unless that was said to be meant, is
    cancelled at once: it leaves the calendars and stands on record, and nobody is booked twice.
    """
    longer, instances = extended(series, until, new_appointment_id)
    longer = tx.series.save(longer)
    if not instances:
        return
    stuck = _without_room(tx, series, instances)
    tx.appointments.add(instances)
    _record(tx, "extended", tuple(Step(None, one) for one in instances), (), terms)
    for reason in (NO_ROOM, CLIENT_BUSY):
        why = Cancellation(reason=reason.code, by=Party.SYSTEM, at=terms.now)
        steps = cancel_each(tx, [(one, why) for one in instances if stuck.get(one.id) is reason])
        if steps:
            longer = save_series(tx, longer)
            _record(tx, "cancelled", steps, (longer,), terms)


def _without_room(tx: Transaction, series: Series, instances: Sequence[Appointment]) -> dict[str, Reason]:
    """Return why those of a series' new instances that cannot take place cannot, by their ids."""
    start, end = instances[0].start, max(one.end for one in instances)
    stuck: dict[str, Reason] = {}
    if not series.allow_overlap:
        of_client = tx.appointments.overlapping_of_client(series.client_id, start, end)
        stuck |= {one.id: CLIENT_BUSY for one in instances if first_met(one, of_client)}
    of_provider = tx.appointments.overlapping(series.provider_id, start, end)
    return stuck | {one.id: NO_ROOM for one in instances if first_met(one, of_provider)}


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
