"""Appointments: list, book, look up, reschedule, cancel, and say how a session went."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from syncd.core.access.permissions import Permission
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.people import Party
from syncd.entrypoints.web.api.answering import Expected, MaybeExpected, listed_rows, meeting, part_of, shown
from syncd.entrypoints.web.api.caller import Caller, Reader, Writer, as_if_none
from syncd.entrypoints.web.api.route import PREFIX, router
from syncd.entrypoints.web.api.shapes import appointments as shapes
from syncd.entrypoints.web.api.values import ID, Bound, Paged
from syncd.ports.store.lists import AppointmentFilter, AppointmentSort
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Transaction
from syncd.presentation.documents.appointments import (
    appointment_document,
    booked_document,
    cancelled_document,
    story_document,
)
from syncd.presentation.documents.drifts import drift_document
from syncd.services.messaging.links import revoke
from syncd.services.scheduling.appointments import extent_of, story, with_sequences
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.outcomes import Outcome, record_outcome
from syncd.services.scheduling.rescheduling import Reschedule, reschedule

routes = router("appointments")


class Wanted(Paged):
    """Which appointments."""

    provider: Annotated[str | None, Field(max_length=320, description="only this provider's")] = None
    client: Annotated[str | None, Field(max_length=320, description="only this client's")] = None
    status: AppointmentStatus | None = None
    from_: Annotated[Bound | None, Field(alias="from", description="only those that start then or later")] = None
    to: Annotated[Bound | None, Field(description="only those that start before")] = None
    search: Annotated[str | None, Field(max_length=100, description="in a name, the place or the id")] = None
    sort: AppointmentSort = AppointmentSort.START


@routes.get("/appointments", response_model=shapes.Appointments)
def list_appointments(caller: Reader, asked: Annotated[Wanted, Query()]) -> Response:
    """List appointments by start. Days and times without an offset are UTC."""
    with caller.system.store.reading() as tx:
        wanted = AppointmentFilter(
            provider_id=caller.whose(tx, asked.provider),
            client_id=_client(caller, tx, asked.client),
            status=asked.status,
            starts_from=asked.from_,
            starts_before=asked.to,
            text=asked.search,
        )
        found = tx.lists.appointments(wanted, part_of(asked, asked.sort))
        rows = with_sequences(tx, [row.appointment for row in found.rows])
    return listed_rows("appointments", [appointment_document(one) for one in rows], found.next)


@routes.post("/appointments", response_model=shapes.BookedAppointment, status_code=201)
def book_appointment(caller: Writer, new: shapes.NewAppointment) -> Response:
    """Book an appointment, or with ``repeat`` a series of them."""
    caller.require(Permission.BOOK)
    with caller.system.store.transaction() as tx:
        booked = book(tx, NewBooking(**new.model_dump()), caller.terms())
    document = booked_document(booked, extent_of(caller.system.store, booked))
    return shown(document, 201, version=booked.version, location=f"{PREFIX}/appointments/{booked.id}")


@routes.get("/appointments/{appointment_id}", response_model=shapes.AppointmentStory)
def show_appointment(caller: Reader, appointment_id: ID) -> Response:
    """Show an appointment, what happened to it, and what was edited in the provider's calendar, oldest first."""
    _seen(caller, appointment_id)
    told = story(caller.system.store, appointment_id)
    document = story_document(told, caller.terms().rules.reasons)
    with caller.system.store.reading() as tx:
        drifts = tx.drifts.list(DriftQuery(appointment_id=appointment_id))[::-1]
    document["drifts"] = [drift_document(drift) for drift in drifts]
    return shown(document, version=told.appointment.version)


@routes.patch("/appointments/{appointment_id}", response_model=shapes.Appointment)
def reschedule_appointment(
    caller: Writer, appointment_id: ID, changes: shapes.Rescheduling, expected: Expected
) -> Response:
    """Give an appointment another time, length or place; history keeps the old ones."""
    version = meeting(expected, _changed(caller, appointment_id, Permission.CHANGE_APPOINTMENT).version)
    asked = Reschedule(
        appointment_id=appointment_id,
        **{name: value for name, value in changes.given().items() if name in {"start", "minutes", "location"}},
        scope=changes.scope,
        version=version,
        allow_overlap=changes.allow_overlap,
    )
    with caller.system.store.transaction() as tx:
        moved = reschedule(tx, asked, caller.terms(_behalf(caller, changes.by)))
    return shown(appointment_document(moved), version=moved.version)


@routes.post("/appointments/{appointment_id}/cancel", response_model=shapes.CancelledAppointment)
def cancel_appointment(caller: Writer, appointment_id: ID, asked: shapes.Cancelling, expected: Expected) -> Response:
    """Cancel an appointment. It stays on record with the reason, and leaves the provider's calendar."""
    version = meeting(expected, _changed(caller, appointment_id, Permission.CHANGE_APPOINTMENT).version)
    values = asked.model_dump(exclude={"by"})
    with caller.system.store.transaction() as tx:
        wanted = Cancel(appointment_id=appointment_id, version=version, **values)
        gone = cancel(tx, wanted, caller.terms(_behalf(caller, asked.by)))
    return shown(cancelled_document(gone, caller.now), version=gone.version)


@routes.post("/appointments/{appointment_id}/complete", response_model=shapes.Appointment)
def complete_appointment(
    caller: Writer, appointment_id: ID, asked: shapes.Outcome, expected: MaybeExpected
) -> Response:
    """Say that a session took place. Takes back a no-show that was noted by mistake."""
    return _outcome(caller, appointment_id, AppointmentStatus.COMPLETED, asked.note, expected)


@routes.post("/appointments/{appointment_id}/no-show", response_model=shapes.Appointment)
def note_no_show(caller: Writer, appointment_id: ID, asked: shapes.Outcome, expected: MaybeExpected) -> Response:
    """Say that the client did not come: the session's claim is held and never filed."""
    return _outcome(caller, appointment_id, AppointmentStatus.NO_SHOW, asked.note, expected)


@routes.post("/appointments/{appointment_id}/revoke-links", response_model=shapes.RevokedLinks)
def revoke_links(caller: Writer, appointment_id: ID) -> Response:
    """Make every link about an appointment void that was mailed until now."""
    _changed(caller, appointment_id, Permission.MANAGE_MESSAGES)
    revoke(caller.system.store, appointment_id, caller.principal, caller.now)
    return shown({"appointment": appointment_id, "revoked_until": caller.now.isoformat()})


@routes.get("/reasons", response_model=shapes.Reasons)
def list_reasons(caller: Reader) -> Response:
    """List the reasons for which an appointment may be cancelled."""
    rows = [
        {
            "code": reason.code,
            "label": reason.label,
            "note_required": reason.note_required,
            "offers_reschedule": reason.offers_reschedule,
        }
        for reason in caller.system.settings.booking.reasons
    ]
    return shown({"reasons": rows})


def _seen(caller: Caller, appointment_id: str) -> Appointment:
    """Return an appointment that the caller sees; another provider's is as if there were none."""
    with caller.system.store.reading() as tx, as_if_none(f"No appointment {appointment_id!r}."):
        found = tx.appointments.get(appointment_id)
        caller.check_sees(found.provider_id)
    return found


def _client(caller: Caller, tx: Transaction, ref: str | None) -> str | None:
    """Return the id of a client. A provider is not told who is on record: an unknown client has no session."""
    return ref if ref is None or caller.scope is not None else tx.clients.get(ref).id


def _changed(caller: Caller, appointment_id: str, act: Permission) -> Appointment:
    found = _seen(caller, appointment_id)
    caller.require(act, found.provider_id)
    return found


def _outcome(
    caller: Caller, appointment_id: str, status: AppointmentStatus, note: str, expected: frozenset[int] | None
) -> Response:
    version = meeting(expected, _changed(caller, appointment_id, Permission.RECORD_OUTCOME).version)
    asked = Outcome(appointment_id=appointment_id, status=status, note=note, version=version)
    with caller.system.store.transaction() as tx:
        one = record_outcome(tx, asked, caller.terms())
    return shown(appointment_document(one), version=one.version)


def _behalf(caller: Caller, by: str | None) -> Party | None:
    """Return on whose behalf something is done; a provider acts as themselves."""
    return None if by is None or caller.scope is not None else Party(by)
