"""Appointments as a calendar: day, week and month, drawn by the server, with a panel about the one that is open."""

from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import Response

from syncd.bootstrap import System
from syncd.core.errors import InvalidValueError, NotFoundError
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.times import zone
from syncd.entrypoints.web.changing import clients_link, session_of
from syncd.entrypoints.web.pages import page, zone_of
from syncd.entrypoints.web.visitor import Visitor
from syncd.ports.store.lists import AppointmentFilter, Part
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Transaction
from syncd.presentation import labels
from syncd.presentation.diary import between, monday_of, month_bounds, month_weeks, people_grid, week_grid, week_said
from syncd.presentation.edits import headline
from syncd.presentation.moments import MONTHS
from syncd.services.scheduling.foreseeing import scopes_of

VIEWS = {"list": "List", "day": "Day", "week": "Week", "month": "Month"}
_MOST = 1000
_PEOPLE = 6


class Shown(NamedTuple):
    """Which days a page shows, and which come before and after it."""

    first: date
    days: int
    earlier: date
    later: date
    said: str


def diary(request: Request, system: System, visitor: Visitor, view: str) -> Response:
    """Show a day, a week or a month."""
    with system.store.reading() as tx:
        people = tx.lists.providers(None, Part(size=100, counted=False)).rows if visitor.scope is None else []
        chosen = visitor.scope or request.query_params.get("provider") or ""
        if not chosen and view == "week" and people:
            chosen = people[0].id
        tz = zone(tx.providers.get(chosen).timezone) if chosen else zone_of(request)
        today = visitor.now.astimezone(tz).date()
        shown = _shown(view, _day(request, today))
        start, end = between(shown.first, shown.days, tz)
        wanted = AppointmentFilter(provider_id=chosen or None, starts_from=start, starts_before=end)
        rows = tx.lists.appointments(wanted, Part(size=_MOST, counted=False)).rows
        coming = AppointmentFilter(
            provider_id=chosen or None, status=AppointmentStatus.BOOKED, starts_from=max(visitor.now, end)
        )
        following = [] if rows else tx.lists.appointments(coming, Part(size=1, counted=False)).rows
        opened = panel_of(tx, request, system, visitor)
    values: dict[str, Any] = {
        "view_name": view,
        "shown": shown,
        "today": today,
        "zone_said": tz.key,
        "people": people,
        "chosen": chosen,
        "following": following,
        "opened": opened,
        "at": lambda **changes: address(request, **changes),
    }
    if view == "month":
        month = _day(request, today)
        values |= {"weeks": month_weeks(rows, month, tz, today), "is_empty": not rows}
        return page(request, "appointments_month.html", is_wide=True, **values)
    grid = _grid(view, rows, shown, tz, today, chosen)
    return page(request, "appointments_grid.html", is_wide=True, grid=grid, is_empty=grid.is_empty, **values)


def _grid(view: str, rows: Any, shown: Shown, tz: ZoneInfo, today: date, chosen: str) -> Any:
    if view == "day" and not chosen:
        return people_grid(rows, shown.first, tz, today, _PEOPLE)
    return week_grid(rows, shown.first, shown.days, tz, today)


def _shown(view: str, on: date) -> Shown:
    if view == "month":
        first, end = month_bounds(on)
        before, after = on.replace(day=1) - timedelta(days=1), (on.replace(day=1) + timedelta(days=31)).replace(day=1)
        return Shown(first, (end - first).days, before.replace(day=1), after, f"{MONTHS[on.month - 1]} {on.year}")
    days, first = (7, monday_of(on)) if view == "week" else (1, on)
    step = timedelta(days=days)
    return Shown(first, days, first - step, first + step, week_said(first, days))


def _day(request: Request, today: date) -> date:
    text = request.query_params.get("date", "")
    try:
        on = date.fromisoformat(text) if text else today
    except ValueError as error:
        raise InvalidValueError("The date is one such as 2026-12-01.") from error
    if not 1971 <= on.year < 2199:
        raise InvalidValueError("There are no appointments in that year.")
    return on


def address(request: Request, **changes: Any) -> str:
    """Return the address of the same page with other values; None takes one away."""
    values = {**dict(request.query_params), "open": None, "after": None, **changes}
    query = urlencode({name: str(value) for name, value in values.items() if value is not None})
    return f"{request.url.path}?{query}{'#panel' if changes.get('open') else ''}"


def panel_of(tx: Transaction, request: Request, system: System, visitor: Visitor) -> dict[str, Any] | None:
    """Return what the panel says of the appointment that is open, None where none is."""
    opened = request.query_params.get("open", "")
    if not opened:
        return None
    try:
        found = session_of(tx, opened, visitor.now)
        visitor.check_sees(found.one.provider_id)
    except NotFoundError:
        return None
    drifts = tx.drifts.list(DriftQuery(appointment_id=opened))
    scopes = [] if found.why_not else scopes_of(tx, found.one, visitor.now)
    return {
        **found.words,
        "status": labels.APPOINTMENTS[found.one.status],
        "claim": found.claim,
        "drifts": [(drift, headline(found.provider.name, drift)) for drift in drifts if drift.status == "open"],
        "scope": scopes[-1] if len(scopes) > 1 else None,
        "may_change": visitor.may("change_appointment", found.one.provider_id),
        "link": clients_link(system, visitor, found.one),
        "close": address(request),
    }
