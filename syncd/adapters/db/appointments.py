"""Appointments, each with its claim, and their histories."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import eq, ge, lt
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, select

from syncd.adapters.db import tables
from syncd.adapters.db.due import DueWork
from syncd.adapters.db.rows import Repository, by_id, given, local_time, local_time_or_none, local_values
from syncd.adapters.db.search import Search
from syncd.core.claims.claim import ClaimStatus
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Cancellation, Change, LateFee
from syncd.core.scheduling.money import Money
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import DriftStatus
from syncd.core.times import instant
from syncd.ports.store.ids import new_id
from syncd.ports.store.scheduling import AppointmentQuery

_table = tables.appointments
_STARTING = (
    select(_table.c.id)
    .where(
        _table.c.provider_id == bindparam("provider"),
        _table.c.status == AppointmentStatus.BOOKED,
        _table.c.starts_at >= bindparam("start"),
        _table.c.starts_at < bindparam("before"),
    )
    .limit(1)
)


class SqlAppointments(Repository):
    """Appointments, in the database."""

    def __init__(self, connection: Connection, *, read_only: bool, making: DueWork) -> None:
        """Use ``connection``; ``read_only``: take no locks; ``making``: what makes work due."""
        super().__init__(connection, read_only=read_only)
        self._making = making

    def add(self, appointments: Iterable[Appointment]) -> None:
        """Store new ones, each with its pending claim."""
        new = list(appointments)
        taken = "There is an appointment with that id already."
        self._insert(_table, [_values(appointment) for appointment in new], taken)
        self._insert(tables.claims, [_claim(appointment) for appointment in new], taken)
        self._making.for_appointments(new)

    def get(self, appointment_id: str) -> Appointment:
        """Return one."""
        return appointment_of(self._one(by_id(_table), _missing(appointment_id), the_id=appointment_id))

    def by_id(self, ids: Iterable[str]) -> Mapping[str, Appointment]:
        """Return those of these ids that there are."""
        return {id_: appointment_of(row) for id_, row in self._by_id(_table, ids).items()}

    def save(self, appointment: Appointment) -> Appointment:
        """Store a changed one over the version it was made from; the claim's date follows by the foreign key."""
        with self._making.happenings.of_claims([appointment.id]):
            self._save_version(_table, _values(appointment), _missing(appointment.id))
        self._making.for_appointments([appointment])
        return replace(appointment, version=appointment.version + 1)

    def list(self, query: AppointmentQuery) -> Sequence[Appointment]:
        """Return those that fit, by start."""
        conditions = _conditions(query)
        if query.after is not None:
            conditions.append(self._beyond(_table, _table.c.starts_at, query.after, _missing(query.after)))
        if query.text:
            found = Search(self._connection, query.text).appointments(conditions, query.limit)
        else:
            found = select(_table).where(*conditions)
        rows = self._many(found.order_by(_table.c.starts_at, _table.c.id).limit(query.limit))
        return [appointment_of(row) for row in rows]

    def starts_within(self, provider_id: str, start: datetime, before: datetime) -> bool:
        """Tell whether a booked appointment of the provider starts in [start, before)."""
        return bool(self._many(_STARTING, provider=provider_id, start=start, before=before))

    def overlapping(self, provider_id: str, start: datetime, end: datetime) -> Sequence[Appointment]:
        """Return the provider's booked appointments that share any moment with [start, end).

        Locks the provider until the transaction ends: of two bookings at once the second sees the first.
        """
        provider = select(tables.providers.c.id).where(tables.providers.c.id == provider_id)
        self._one(self._locked(provider), f"No provider {provider_id!r}. See: syncd provider list")
        return self._sharing(_table.c.provider_id == provider_id, start, end)

    def overlapping_of_client(self, client_id: str, start: datetime, end: datetime) -> Sequence[Appointment]:
        """Return the client's booked appointments, with whomever, that share any moment with [start, end).

        Locks the client until the transaction ends.
        """
        client = select(tables.clients.c.id).where(tables.clients.c.id == client_id)
        self._one(self._locked(client), f"No client {client_id!r}. See: syncd client list")
        return self._sharing(_table.c.client_id == client_id, start, end)

    def took_place(self, appointment_id: str, now: datetime) -> bool:
        """Tell whether it is booked, its end has come, and no drift is open on it."""
        drifts, concerned = tables.drifts, tables.drift_appointments
        open_ones = select(concerned.c.appointment_id).join(drifts, drifts.c.id == concerned.c.drift_id)
        open_ones = open_ones.where(drifts.c.status == DriftStatus.OPEN, concerned.c.appointment_id == appointment_id)
        query = select(_table.c.id).where(
            _table.c.id == appointment_id,
            _table.c.status == AppointmentStatus.BOOKED,
            _table.c.ends_at <= now,
            _table.c.id.not_in(open_ones),
        )
        return bool(self._many(query))

    def _sharing(self, whose: ColumnElement[bool], start: datetime, end: datetime) -> Sequence[Appointment]:
        query = select(_table).where(
            whose,
            _table.c.status == AppointmentStatus.BOOKED,
            _table.c.starts_at < end,
            _table.c.starts_at > instant(start) - timedelta(minutes=tables.LONGEST_MINUTES),
            _table.c.ends_at > start,
        )
        return [appointment_of(row) for row in self._many(query.order_by(_table.c.starts_at, _table.c.id))]

    def record(self, changes: Iterable[Change]) -> None:
        """Append to the history."""
        changes = list(changes)
        rows = [
            {
                "appointment_id": change.appointment_id,
                "at": change.at,
                "kind": change.kind,
                "by": change.by,
                "actor": change.actor,
                "before": change.before,
                "after": change.after,
                "note": change.note,
            }
            for change in changes
        ]
        self._insert(tables.appointment_changes, rows, "That change is on record already.")
        self._making.happenings.changes(changes)

    def history(self, appointment_id: str) -> Sequence[Change]:
        """Return an appointment's history, oldest first."""
        table = tables.appointment_changes
        query = select(table).where(table.c.appointment_id == appointment_id).order_by(table.c.number)
        return [_change(row) for row in self._many(query)]


def _missing(appointment_id: str) -> str:
    return f"No appointment {appointment_id!r}. See: syncd appointment list"


def _conditions(query: AppointmentQuery) -> list[ColumnElement[bool]]:
    return given(
        (_table.c.provider_id, eq, query.provider_id),
        (_table.c.client_id, eq, query.client_id),
        (_table.c.series_id, eq, query.series_id),
        (_table.c.status, eq, query.status),
        (_table.c.starts_at, ge, query.starts_from),
        (_table.c.starts_at, lt, query.starts_before),
    )


def _claim(appointment: Appointment) -> dict[str, Any]:
    return {
        "id": new_id("clm"),
        "appointment_id": appointment.id,
        "date_of_service": appointment.date_of_service,
        "status": ClaimStatus.PENDING,
    }


def _values(appointment: Appointment) -> dict[str, Any]:
    return {
        "id": appointment.id,
        "uid": appointment.uid,
        "provider_id": appointment.provider_id,
        "client_id": appointment.client_id,
        **local_values("start", appointment.start),
        "minutes": appointment.minutes,
        "starts_at": appointment.start,
        "ends_at": appointment.end,
        "date_of_service": appointment.date_of_service,
        "status": appointment.status,
        "location": appointment.location,
        "sequence": appointment.sequence,
        "series_id": appointment.series_id,
        **local_values("recurrence", appointment.recurrence_id),
        **_cancellation_values(appointment.cancellation),
        "version": appointment.version,
    }


def _cancellation_values(cancellation: Cancellation | None) -> dict[str, Any]:
    fee = cancellation.fee if cancellation else None
    return {
        "cancel_reason": cancellation.reason if cancellation else None,
        "cancelled_by": cancellation.by if cancellation else None,
        "cancelled_at": cancellation.at if cancellation else None,
        "cancel_note": cancellation.note if cancellation else None,
        "cancel_message": cancellation.message if cancellation else None,
        "fee_minor": fee.amount.minor if fee else None,
        "fee_currency": fee.amount.currency if fee else None,
        "fee_waived": fee.waived if fee else None,
        "fee_decided_by": fee.decided_by if fee else None,
    }


def appointment_of(row: RowMapping) -> Appointment:
    """Return an appointment from its row."""
    return Appointment(
        id=row["id"],
        uid=row["uid"],
        provider_id=row["provider_id"],
        client_id=row["client_id"],
        start=local_time(row, "start"),
        minutes=row["minutes"],
        status=AppointmentStatus(row["status"]),
        location=row["location"],
        sequence=row["sequence"],
        series_id=row["series_id"],
        recurrence_id=local_time_or_none(row, "recurrence"),
        cancellation=_cancellation(row),
        version=row["version"],
    )


def _cancellation(row: RowMapping) -> Cancellation | None:
    if row["cancel_reason"] is None:
        return None
    fee = None
    if row["fee_minor"] is not None:
        fee = LateFee(Money(row["fee_minor"], row["fee_currency"]), row["fee_waived"], row["fee_decided_by"])
    return Cancellation(
        reason=row["cancel_reason"],
        by=Party(row["cancelled_by"]),
        at=row["cancelled_at"],
        note=row["cancel_note"],
        message=row["cancel_message"],
        fee=fee,
    )


def _change(row: RowMapping) -> Change:
    return Change(
        appointment_id=row["appointment_id"],
        at=row["at"],
        kind=row["kind"],
        by=Party(row["by"]),
        actor=row["actor"],
        before=row["before"],
        after=row["after"],
        note=row["note"],
    )
