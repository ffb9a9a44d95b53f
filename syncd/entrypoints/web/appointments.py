"""Appointments: the list with its search, and the page of one with all that happened to it."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from syncd.bootstrap import System
from syncd.core.errors import InvalidValueError
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.entrypoints.web.changing import clients_link, session_of
from syncd.entrypoints.web.diary import VIEWS, address, diary, panel_of
from syncd.entrypoints.web.listing import Asked, Choice, midnight
from syncd.entrypoints.web.pages import page, zone_of
from syncd.entrypoints.web.timeline import timeline
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.ports.store.lists import AppointmentFilter, AppointmentSort, Part
from syncd.ports.store.sync import DriftQuery
from syncd.presentation import labels
from syncd.presentation.edits import headline

router = APIRouter(include_in_schema=False)

_TIMES = (Choice("coming", "Upcoming"), Choice("past", "Past"), Choice("cancelled", "Cancelled"), Choice("all", "All"))
_DAY = timedelta(days=1)


@router.get("/appointments")
def appointments(request: Request, system: TheSystem, visitor: SomeVisitor) -> Response:
    """Show appointments: as a list, those to come first, or as a calendar."""
    view = request.query_params.get("view", "list")
    if view not in VIEWS:
        raise InvalidValueError(f"Appointments are shown as: {', '.join(VIEWS)}.")
    return _list(request, system, visitor) if view == "list" else diary(request, system, visitor, view)


def _list(request: Request, system: System, visitor: Visitor) -> Response:
    asked = Asked(request)
    when = asked.choice("when", "Show", _TIMES)
    text = asked.text("Search", "client, provider, place or id")
    since, until = asked.day("since", "From"), asked.day("until", "Until")
    latest = when in {"past", "cancelled"}
    begin, end = midnight(since, zone_of(request)), midnight(until, zone_of(request))
    with system.store.reading() as tx:
        people = tx.lists.providers(None, Part(size=100, counted=False)).rows if visitor.scope is None else []
        provider = visitor.scope or asked.one_of("provider", "Provider", {one.id: one.name for one in people})
        wanted = AppointmentFilter(
            provider_id=provider,
            client_id=asked.hidden("client"),
            status=AppointmentStatus.CANCELLED if when == "cancelled" else None,
            starts_from=begin or (visitor.now if when == "coming" else None),
            starts_before=end + _DAY if end else visitor.now if when == "past" else None,
            text=text,
        )
        part = asked.part(AppointmentSort, AppointmentSort.LATEST if latest else AppointmentSort.START)
        found = tx.lists.appointments(wanted, part)
        opened = panel_of(tx, request, system, visitor)
    values: dict[str, Any] = {
        "view": asked.view(found, part, [AppointmentSort.LATEST]),
        "latest": latest,
        "opened": opened,
    }
    values |= {"view_name": "list", "at": lambda **changes: address(request, **changes)}
    return page(request, "appointments.html", is_wide=True, **values)


@router.get("/appointments/{appointment_id}")
def appointment(request: Request, system: TheSystem, visitor: SomeVisitor, appointment_id: str) -> Response:
    """Show an appointment with its claim, its edits and all that happened to it."""
    reasons = system.settings.booking.rules().reasons
    with system.store.reading() as tx:
        found = session_of(tx, appointment_id, visitor.now)
        one = found.one
        visitor.check_sees(one.provider_id)
        provider = found.provider.name
        drifts = tx.drifts.list(DriftQuery(appointment_id=one.id))
        publications = tx.publications.of_source(one.source)
        values: dict[str, Any] = {
            "one": one,
            "provider": provider,
            "client": found.client.name,
            "claim": found.claim,
            "drifts": [(drift, headline(provider, drift)) for drift in drifts],
            "stands": [publication.calendar_id for publication in publications],
            "why_not": found.why_not,
            "may_change": visitor.may("change_appointment", one.provider_id),
            "link": clients_link(system, visitor, one),
            "series": tx.series.get(one.series_id) if one.series_id else None,
            "reason": _reason(one.cancellation.reason, reasons) if one.cancellation else "",
            "history": timeline(tx, one, provider, reasons, visitor.scope),
        }
    return page(request, "appointment.html", status_label=labels.APPOINTMENTS[one.status], **values)


def _reason(code: str, reasons: Any) -> str:
    from syncd.core.scheduling.reasons import OWN_REASONS

    return next((reason.label for reason in (*reasons, *OWN_REASONS) if reason.code == code), code)
