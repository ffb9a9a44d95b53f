"""Looking appointments up: as values, and as the plain data that commands and pages show."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from syncd.core.errors import InvalidValueError
from syncd.core.scheduling.appointments import Appointment, Change
from syncd.core.scheduling.reasons import DEFAULT_REASONS, Reason
from syncd.core.scheduling.series import extent
from syncd.core.times import instant
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.scheduling.history import sentence


def listing(
    store: Store,
    *,
    provider: str | None = None,
    client: str | None = None,
    starts_from: datetime | None = None,
    starts_before: datetime | None = None,
    text: str | None = None,
) -> Sequence[Appointment]:
    """Return the appointments that fit, cancelled ones too, by start; people by id or e-mail address.

    ``text`` is looked for in the people's names and the location. Raises `NotFoundError` for people unknown, and
    `InvalidValueError` for a bound at the very end of the calendar.
    """
    with store.reading() as tx:
        query = AppointmentQuery(
            provider_id=tx.providers.get(provider).id if provider else None,
            client_id=tx.clients.get(client).id if client else None,
            starts_from=_bound(starts_from),
            starts_before=_bound(starts_before),
            text=text,
        )
        return listed(tx, query)


def listed(tx: Transaction, query: AppointmentQuery) -> Sequence[Appointment]:
    """Return the appointments that fit, instances with the SEQUENCE of their series."""
    return _with_sequences(tx, tx.appointments.list(query))


def shown(store: Store, appointment_id: str, reasons: Iterable[Reason] = DEFAULT_REASONS) -> dict[str, Any]:
    """Return an appointment as plain data, with why it was cancelled and its ``history``, oldest first.

    Each line of history has a ``sentence``; ``reasons`` are those that the practice has for cancelling.
    """
    known = tuple(reasons)
    with store.reading() as tx:
        one = _with_sequences(tx, [tx.appointments.get(appointment_id)])[0]
        changes = tx.appointments.history(one.id)
    history = [{**_line(change), "sentence": sentence(change, one.timezone, known)} for change in changes]
    return {**document(one), "cancellation": _cancellation(one), "history": history}


def booked_document(store: Store, one: Appointment) -> dict[str, Any]:
    """Return an appointment that was just booked; the first one of a series with how far the series ``repeats``.

    ``sessions`` and ``last`` are None for a series without an end; ``booked`` of them stand in the store by now, up to
    ``booked_until``.
    """
    if one.series_id is None:
        return {**document(one), "repeats": None}
    with store.reading() as tx:
        series = tx.series.get(one.series_id)
        stored = tx.appointments.list(AppointmentQuery(series_id=series.id))
    total = extent(series)
    repeats = {
        "rule": series.rule,
        "sessions": total.sessions,
        "last": total.last.isoformat() if total.last else None,
        "booked": len(stored),
        "booked_until": stored[-1].start.isoformat(),
    }
    return {**document(one), "repeats": repeats}


def cancelled_document(one: Appointment, now: datetime) -> dict[str, Any]:
    """Return an appointment that was just cancelled, with the reason, a fee that is due, and the client's notice."""
    notice = (instant(one.start) - instant(now)).total_seconds() / 3600
    return {**document(one), "cancellation": _cancellation(one), "notice_hours": round(notice, 1)}


def document(one: Appointment) -> dict[str, Any]:
    """Return an appointment as plain data; times are ISO 8601 with the offset of its own zone."""
    return {
        "id": one.id,
        "uid": one.uid,
        "provider": one.provider_id,
        "client": one.client_id,
        "start": one.start.isoformat(),
        "end": one.end.isoformat(),
        "minutes": one.minutes,
        "timezone": one.timezone,
        "date_of_service": one.date_of_service.isoformat(),
        "status": one.status.value,
        "location": one.location,
        "sequence": one.sequence,
        "series": one.series_id,
        "recurrence_id": one.recurrence_id.isoformat() if one.recurrence_id else None,
        "version": one.version,
    }


def _bound(given: datetime | None) -> datetime | None:
    """Return a bound in UTC. Raises `InvalidValueError` for one that no calendar has there."""
    try:
        return instant(given) if given is not None else None
    except OverflowError as error:
        raise InvalidValueError(f"{given} is no time that a list can begin or end with. Check its year.") from error


def _with_sequences(tx: Transaction, appointments: Iterable[Appointment]) -> list[Appointment]:
    """Return the appointments, instances with the SEQUENCE of their series: it is that of their UID."""
    found = list(appointments)
    sequences = {id_: tx.series.get(id_).sequence for id_ in {one.series_id for one in found} if id_ is not None}
    return [replace(one, sequence=sequences.get(one.series_id or "", one.sequence)) for one in found]


def _line(change: Change) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(),
        "kind": change.kind,
        "by": change.by.value,
        "actor": change.actor,
        "before": change.before,
        "after": change.after,
        "note": change.note,
    }


def _cancellation(one: Appointment) -> dict[str, Any] | None:
    why = one.cancellation
    if why is None:
        return None
    fee = why.fee
    return {
        "reason": why.reason,
        "note": why.note,
        "message": why.message,
        "by": why.by.value,
        "at": why.at.isoformat(),
        "fee": fee
        and {
            "minor": fee.amount.minor,
            "currency": fee.amount.currency,
            "waived": fee.waived,
            "decided_by": fee.decided_by,
        },
    }
