"""Appointments of another system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from syncd.core.errors import InvalidValueError, NotFoundError, RefusalError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.scheduling.importing import EXTERNAL_ID, Imported, ImportVerdict, LineResult, Record, whole_number
from syncd.core.times import instant
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.changes import Terms
from syncd.services.scheduling.rescheduling import Reschedule, reschedule

_STATES = {"booked", "cancelled", "canceled"}
_NOTE = "Cancelled in the system that it was imported from."


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentTaker:
    """Takes over appointments under ``terms``. Unless ``tells`` nobody is written to about it.

    ``provider`` is whose they are where a line does not say.
    """

    terms: Terms
    tells: bool = False
    provider: str | None = None

    def __call__(self, store: Store, record: Record) -> LineResult:
        """Book the session of a line, or have the one that is known under its external id follow it."""
        values = record.values
        if values.get("status", "booked").casefold() not in _STATES:
            raise InvalidValueError(f"{values['status']!r} is no status. Give booked or cancelled.")
        with store.transaction(durable=False) as tx:
            known = tx.external_ids.find(Imported.APPOINTMENT, values[EXTERNAL_ID])
            if known is not None:
                return self._followed(tx, tx.appointments.get(known), record)
            if _is_cancelled(values):
                return LineResult(
                    record.line, ImportVerdict.UNCHANGED, "It is cancelled, and was never on record here."
                )
            one = book(tx, self._booking(tx, values), self._terms)
            tx.external_ids.name(Imported.APPOINTMENT, values[EXTERNAL_ID], one.id)
        return LineResult(record.line, ImportVerdict.CREATED, "", one.id)

    @property
    def _terms(self) -> Terms:
        return self.terms if self.tells else replace(self.terms, messages_for=lambda _tx, _effect: ())

    def _booking(self, tx: Transaction, values: Mapping[str, str]) -> NewBooking:
        people = values.get("people", "").split()
        provider = values.get("provider") or self.provider or _one_of(tx, Imported.PROVIDER, people)
        client = values.get("client") or _one_of(tx, Imported.CLIENT, people)
        return NewBooking(
            provider=_person(tx, Imported.PROVIDER, provider),
            client=_person(tx, Imported.CLIENT, client),
            start=_start(values["start"]),
            minutes=whole_number(values["minutes"], "minutes"),
            timezone=values.get("timezone"),
            location=values.get("location", ""),
            repeat=values.get("repeat"),
        )

    def _followed(self, tx: Transaction, one: Appointment, record: Record) -> LineResult:
        if _is_cancelled(record.values):
            return self._cancelled(tx, one, record)
        if one.status is AppointmentStatus.CANCELLED:
            raise RefusalError(f"{one.id} was cancelled here: book it anew under another external id.")
        changes = _changes(one, record.values)
        if not changes:
            return LineResult(record.line, ImportVerdict.UNCHANGED, "", one.id)
        if one.series_id is not None:
            raise RefusalError(
                f"{one.id} begins a series, and a series is changed by hand: syncd appointment reschedule {one.id}"
            )
        reschedule(tx, Reschedule(appointment_id=one.id, **changes), self._terms)
        return LineResult(record.line, ImportVerdict.CHANGED, "", one.id)

    def _cancelled(self, tx: Transaction, one: Appointment, record: Record) -> LineResult:
        if one.status is AppointmentStatus.CANCELLED:
            return LineResult(record.line, ImportVerdict.UNCHANGED, "", one.id)
        scope = Scope.THIS if one.series_id is None else Scope.ALL
        asked = Cancel(appointment_id=one.id, reason=record.values.get("reason", "other"), note=_NOTE, scope=scope)
        cancel(tx, asked, self._terms)
        return LineResult(record.line, ImportVerdict.CHANGED, "It is cancelled.", one.id)


def _person(tx: Transaction, kind: Imported, ref: str) -> str:
    """Return somebody's id, whose external id, id here or e-mail address ``ref`` is."""
    known = tx.external_ids.find(kind, ref)
    if known is not None:
        return known
    people = tx.providers if kind is Imported.PROVIDER else tx.clients
    try:
        return people.get(ref).id
    except NotFoundError:
        raise NotFoundError(f"No {kind} is known as {ref}. Import {kind}s first, or give their address.") from None


def _one_of(tx: Transaction, kind: Imported, addresses: Sequence[str]) -> str:
    """Return the one address among those of an event that is a provider's, or a client's."""
    people = tx.providers if kind is Imported.PROVIDER else tx.clients
    known = []
    for address in addresses:
        try:
            known.append(people.get(address).email)
        except NotFoundError:
            continue
    if len(set(known)) != 1:
        many = "None" if not known else "More than one"
        raise InvalidValueError(f"{many} of its people is a {kind} on record, by the e-mail address.")
    return known[0]


def _changes(one: Appointment, values: Mapping[str, str]) -> dict[str, Any]:
    """Return what a line says otherwise than the record; a local time is one of the appointment's own zone."""
    start, minutes, location = (
        _start(values["start"]),
        whole_number(values["minutes"], "minutes"),
        values.get("location"),
    )
    stands = one.start.replace(tzinfo=None) == start if start.tzinfo is None else instant(one.start) == instant(start)
    return {
        **({} if stands else {"start": start}),
        **({} if minutes == one.minutes else {"minutes": minutes}),
        **({} if location is None or location == one.location else {"location": location}),
    }


def _is_cancelled(values: Mapping[str, str]) -> bool:
    return values.get("status", "booked").casefold() != "booked"


def _start(text: str) -> datetime:
    try:
        start = datetime.fromisoformat(text) if len(text) > len("2026-12-01") else None
    except ValueError:
        start = None
    if start is None:
        raise InvalidValueError(
            f"{text!r} is no time. Give one such as 2026-12-01T10:00, in the zone or with an offset."
        )
    return start
