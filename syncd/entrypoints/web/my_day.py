"""A provider's first page: today and tomorrow, their own edits, their calendar, and the links for their clients."""

from datetime import timedelta
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from syncd.bootstrap import System
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.sync.drift import DriftStatus
from syncd.core.times import zone
from syncd.entrypoints.web.changing import clients_link
from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.visitor import Visitor
from syncd.ports.store.lists import (
    AppointmentFilter,
    AppointmentRow,
    CalendarFilter,
    ClaimFilter,
    DriftFilter,
    DriftSort,
    Part,
)
from syncd.presentation import labels
from syncd.presentation.diary import between
from syncd.presentation.edits import headline

_FEW = Part(size=10, counted=False)
_COMING = Part(size=200, counted=False)


def my_day(request: Request, system: System, visitor: Visitor, provider_id: str) -> Response:
    """Show a provider what is theirs."""
    with system.store.reading() as tx:
        provider = tx.providers.get(provider_id)
        tz = zone(provider.timezone)
        today = visitor.now.astimezone(tz).date()
        start, tomorrow = between(today, 1, tz)
        booked = AppointmentFilter(provider_id=provider_id, status=AppointmentStatus.BOOKED, starts_from=start)
        coming = tx.lists.appointments(booked, _COMING).rows
        own = DriftFilter(status=DriftStatus.OPEN, provider_id=provider_id)
        put_back = DriftFilter(
            status=DriftStatus.REVERTED,
            provider_id=provider_id,
            found_from=visitor.now - timedelta(days=7),
            session_from=visitor.now,
        )
        edits = [*tx.lists.drifts(own, _FEW).rows, *tx.lists.drifts(put_back, _by_time()).rows]
        calendars = tx.lists.calendars(
            CalendarFilter(provider_id=provider_id), _FEW, visitor.now, system.objectives
        ).rows
        claims = tx.lists.claims(ClaimFilter(provider_id=provider_id, for_a_person=True), _FEW).rows
        waiting = tx.lists.waiting(provider_id)
    ends = between(today, 2, tz)[1]
    values: dict[str, Any] = {
        "today": today,
        "zone_said": tz.key,
        "days": [
            ("Today", [row for row in coming if row.appointment.start < tomorrow]),
            ("Tomorrow", [row for row in coming if tomorrow <= row.appointment.start < ends]),
        ],
        "following": next((row for row in coming if row.appointment.start >= ends), None),
        "edits": [(row, headline(row.provider, row.drift), labels.DRIFTS[row.drift.status]) for row in edits],
        "calendars": calendars,
        "claims": claims,
        **_links(request, system, visitor, coming),
    }
    return page(request, "my_day.html", waiting=waiting, **values)


def _by_time() -> Part:
    return Part(size=10, counted=False, sort=DriftSort.FOUND)


def _links(request: Request, system: System, visitor: Visitor, coming: Any) -> dict[str, Any]:
    """Return the provider's clients with a session to come, and the link of the one that is chosen."""
    following: dict[str, AppointmentRow] = {}
    for row in coming:
        if row.appointment.start > visitor.now:
            following.setdefault(row.appointment.client_id, row)
    chosen = following.get(request.query_params.get("client", ""))
    return {
        "clients": sorted((row.client, id_) for id_, row in following.items()),
        "chosen": chosen,
        "link": clients_link(system, visitor, chosen.appointment) if chosen else "",
        "has_links": bool(system.settings.pages_address),
    }
