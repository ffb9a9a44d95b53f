"""Providers who leave and clients whose care has ended: deactivate them, with what becomes of their appointments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from syncd.core.access.permissions import Permission, require
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import HasAppointmentsError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope, Series
from syncd.core.scheduling.booking import has_begun
from syncd.core.scheduling.people import Client, Provider
from syncd.core.scheduling.series import ended, given_instances, identity
from syncd.core.times import instant
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Transaction
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.changes import Terms, save_series


class PersonKind(StrEnum):
    """Who somebody is to the practice."""

    PROVIDER = "provider"
    CLIENT = "client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deactivate:
    """Who is to be deactivated, by id or e-mail address.

    ``cancel_for`` is the reason for which the appointments to come are cancelled, with its ``note`` for the record and
    ``message`` to the clients; None: while there are any, the request is refused.
    """

    kind: PersonKind
    ref: str
    cancel_for: str | None = None
    note: str = ""
    message: str = ""


class Deactivated(NamedTuple):
    """Who is deactivated, and the ids of the appointments that were cancelled for it."""

    person: Provider | Client
    cancelled: tuple[str, ...]


def deactivate(tx: Transaction, asked: Deactivate, terms: Terms) -> Deactivated:
    """Deactivate a provider or a client: nobody can book them any more; what has been stays on record.

    Raises `HasAppointmentsError` while sessions are to come and ``cancel_for`` is None; with it each is cancelled as by
    a person, with its messages, and each series ends. A session under way goes on. Calendars stay connected until they
    are removed, since what was cancelled still has to leave them.
    """
    require(terms.by.who, Permission.MANAGE_PEOPLE)
    person = _locked(tx, asked.kind, asked.ref, terms)
    if not person.active:
        return Deactivated(person, ())
    coming, endless = _coming(tx, person, terms), _lasting(tx, person)
    if asked.cancel_for is None and (coming or endless):
        raise _has_appointments(person, coming, endless)
    cancelled = _cancel_all(tx, coming, asked, terms)
    for series in _lasting(tx, person):
        _end(tx, series, terms)
    _save(tx, replace(person, active=False))
    details = {"cancelled": len(cancelled)}
    _record(tx, terms, f"{asked.kind}.deactivated", person.id, details)
    return Deactivated(replace(person, active=False), cancelled)


def activate(tx: Transaction, kind: PersonKind, ref: str, terms: Terms) -> Provider | Client:
    """Let a provider or client be booked again; the appointments that were cancelled stay so."""
    require(terms.by.who, Permission.MANAGE_PEOPLE)
    person = _locked(tx, kind, ref, terms)
    if not person.active:
        person = replace(person, active=True)
        _save(tx, person)
        _record(tx, terms, f"{kind}.activated", person.id, {})
    return person


def _locked(tx: Transaction, kind: PersonKind, ref: str, terms: Terms) -> Provider | Client:
    """Return somebody whom no other books until the transaction ends."""
    if kind is PersonKind.PROVIDER:
        tx.appointments.overlapping(tx.providers.get(ref).id, terms.now, terms.now)
        return tx.providers.get(ref)
    tx.appointments.overlapping_of_client(tx.clients.get(ref).id, terms.now, terms.now)
    return tx.clients.get(ref)


def _save(tx: Transaction, person: Provider | Client) -> None:
    if isinstance(person, Provider):
        tx.providers.save(person)
    else:
        tx.clients.save(person)


def _coming(tx: Transaction, person: Provider | Client, terms: Terms) -> list[Appointment]:
    """Return the person's booked appointments that have not begun, by start."""
    is_provider = isinstance(person, Provider)
    query = AppointmentQuery(
        provider_id=person.id if is_provider else None,
        client_id=None if is_provider else person.id,
        status=AppointmentStatus.BOOKED,
        starts_from=terms.now,
    )
    return [one for one in tx.appointments.list(query) if not has_begun(one, terms.now)]


def _lasting(tx: Transaction, person: Provider | Client) -> list[Series]:
    """Return the person's series that will have sessions which are not in the store yet."""
    return [each for each in tx.series.unfinished() if person.id in {each.provider_id, each.client_id}]


def _has_appointments(
    person: Provider | Client, coming: Sequence[Appointment], endless: Sequence[Series]
) -> HasAppointmentsError:
    if coming:
        first = coming[0]
        many = "1 appointment" if len(coming) == 1 else f"{len(coming)} appointments"
        what = f"{many} to come, the first {first.id} at {first.start.isoformat(timespec='minutes')}"
    else:
        what = f"a series that goes on ({endless[0].id})"
    return HasAppointmentsError(
        f"{person.id} has {what}. Cancel or move them first, or give --cancel-appointments to cancel them all now.",
        appointments=[one.id for one in coming],
        series=[series.id for series in endless],
    )


def _cancel_all(tx: Transaction, coming: Sequence[Appointment], asked: Deactivate, terms: Terms) -> tuple[str, ...]:
    """Cancel appointments, those of a series together where none of them would take one along that has begun."""
    for one in coming:
        current = tx.appointments.get(one.id)
        if current.status is AppointmentStatus.BOOKED:
            scope = Scope.FUTURE if _leads(tx, current, coming, terms) else Scope.THIS
            request = Cancel(
                appointment_id=one.id,
                reason=asked.cancel_for or "",
                note=asked.note,
                message=asked.message,
                scope=scope,
            )
            cancel(tx, request, terms)
    return tuple(one.id for one in coming)


def _leads(tx: Transaction, one: Appointment, coming: Sequence[Appointment], terms: Terms) -> bool:
    """Tell whether every later session of the same series, by its rule, is to come as well, and no earlier one is."""
    if one.series_id is None:
        return False
    instances = given_instances(
        tx.series.get(one.series_id), tx.appointments.list(AppointmentQuery(series_id=one.series_id))
    )
    at = instant(identity(one))
    open_ones = {each.id for each in coming}
    earlier = [each for each in instances if instant(identity(each)) < at]
    later = [each for each in instances if instant(identity(each)) > at]
    return not any(has_begun(each, terms.now) for each in later) and not any(
        each.id in open_ones and each.status is AppointmentStatus.BOOKED for each in earlier
    )


def _end(tx: Transaction, series: Series, terms: Terms) -> None:
    """End a series after those of its sessions that are on record: of what was still to come, none is to be."""
    instances = given_instances(series, tx.appointments.list(AppointmentQuery(series_id=series.id)))
    after = save_series(tx, ended(series, instances))
    tx.publications.mark_dirty(after.source)
    _record(tx, terms, "series.ended", series.id, {})


def _record(tx: Transaction, terms: Terms, action: str, subject: str, details: dict[str, int]) -> None:
    tx.audit.append(
        [AuditRecord(at=terms.now, actor=terms.by.actor, action=action, subject=subject, details={**details})]
    )
