"""What a person sets for one calendar, how its account is tested, and how it is removed."""

from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from syncd.bootstrap import System
from syncd.bootstrap.console import trial_servers
from syncd.core.access.permissions import Permission
from syncd.core.errors import InvalidValueError, RefusalError, SyncdError
from syncd.core.reporting.alerts import of_calendar
from syncd.core.sync.calendars import Calendar, CalendarMode, Privacy
from syncd.core.wording import counted
from syncd.entrypoints.web.calendars import require_calendar
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.pages import Told, gone_to, page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.ports.remote.values import Account
from syncd.presentation.labels import MODE_MEANS, MODES, PRIVACIES
from syncd.presentation.plans import planned_writes
from syncd.presentation.wording import for_pages
from syncd.services.reporting.doctor import Doctor, check_reader
from syncd.services.sync.calendars import Wishes, as_wished
from syncd.services.sync.reconcile import CycleReport
from syncd.services.sync.rounds import preview_as

router = APIRouter(include_in_schema=False)

_LONGEST_MINUTES = 60 * 24 * 366
_BUSY = "syncd is at this calendar just now. Nothing was changed; try again in some seconds."


class _Wish(NamedTuple):
    """What the page of settings sends. ``objective``: hours, "" for as usual; ``plan``: the preview that was seen."""

    mode: CalendarMode
    privacy: str
    objective: str
    agreed: str
    reader: str
    reader_url: str
    plan: str

    def wishes(self) -> Wishes:
        """Return it as the service takes it. Raises `InvalidValueError`."""
        if self.privacy and self.privacy not in PRIVACIES:
            raise InvalidValueError("Choose one of the ways that are offered.", field="privacy")
        if self.privacy == Privacy.NAME and not self.agreed:
            raise InvalidValueError(
                "Full names need an agreement with the service that covers health data: tick that there is one.",
                field="agreed",
            )
        return {
            "mode": self.mode,
            "privacy": Privacy(self.privacy) if self.privacy else None,
            "objective": _hours(self.objective),
        }


def _hours(text: str) -> timedelta | None:
    """Return how old the proof may grow; None: as the settings say."""
    if not text.strip():
        return None
    try:
        minutes = round(float(text.strip().replace(",", ".")) * 60)
    except (ValueError, OverflowError):
        minutes = 0
    if not 1 <= minutes <= _LONGEST_MINUTES:
        raise InvalidValueError("Give a number of hours, such as 48, or nothing for the usual.", field="objective")
    return timedelta(minutes=minutes)


def wish_form(
    mode: Annotated[CalendarMode, Form()] = CalendarMode.NORMAL,
    privacy: Annotated[str, Form()] = "",
    objective: Annotated[str, Form()] = "",
    agreed: Annotated[str, Form()] = "",
    reader: Annotated[str, Form()] = "",
    reader_url: Annotated[str, Form()] = "",
    plan: Annotated[str, Form()] = "",
) -> _Wish:
    """Return the fields of the page of settings."""
    return _Wish(mode, privacy, objective, agreed, reader.strip(), reader_url.strip(), plan)


@router.get("/calendars/{calendar_id}/settings")
def settings(request: Request, system: TheSystem, visitor: SomeVisitor, calendar_id: str) -> Response:
    """Show what is set for one calendar."""
    calendar = require_calendar(system, visitor, calendar_id, Permission.MANAGE_CALENDAR)
    return _settings_page(request, system, calendar, _wish_of(calendar))


@router.post("/calendars/{calendar_id}/settings", dependencies=[OwnForm])
def save(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    calendar_id: str,
    wish: Annotated[_Wish, Depends(wish_form)],
    password: Annotated[str, Form()] = "",
) -> Response:
    """Set it; what a mode that writes again would write is shown first, and the reader of a locked one is tried."""
    calendar = require_calendar(system, visitor, calendar_id, Permission.MANAGE_CALENDAR)
    try:
        wishes = wish.wishes()
        if wish.mode is CalendarMode.LOCKED is not calendar.mode:
            _check_locked(system, calendar, wish, password)
        if wish.mode.writes and not calendar.mode.writes:
            report = _preview(system, visitor, calendar, wishes)
            if not wish.plan or wish.plan != _plan_id(report):
                return _preview_page(request, calendar, wish, report)
        system.calendars(visitor.principal).set(calendar_id, wishes, visitor.now)
    except SyncdError as error:
        return _settings_page(request, system, calendar, wish, error)
    told = "Set." if calendar.mode is wish.mode else f"Set: {MODES[wish.mode].text}. {_AFTER[wish.mode]}"
    return gone_to(request, f"/calendars/{calendar_id}", told)


_AFTER = {
    CalendarMode.NORMAL: "The next look writes what was withheld.",
    CalendarMode.LOCKED: "The provider's login was seen to have no right but to read.",
    CalendarMode.REPORT_ONLY: "Nothing is written there from now on.",
}


def _wish_of(calendar: Calendar) -> _Wish:
    hours = f"{calendar.objective / timedelta(hours=1):g}" if calendar.objective else ""
    privacy = str(calendar.privacy) if calendar.privacy else ""
    agreed = "yes" if calendar.privacy is Privacy.NAME else ""
    return _Wish(calendar.mode, privacy, hours, agreed, reader="", reader_url="", plan="")


def _check_locked(system: System, calendar: Calendar, wish: _Wish, password: str) -> None:
    """Try the provider's own login: only where it can read and not write the calendar is locked."""
    if not calendar.mode.writes:
        raise InvalidValueError("Set it to “Normal” first, then to “Locked”.", field="reader")
    if not (wish.reader and password):
        raise InvalidValueError("Give the provider's own login and password, so that it can be tried.", field="reader")
    if wish.reader == calendar.username:
        raise InvalidValueError("That is the login by which syncd writes. Give the provider's own.", field="reader")
    reader = Account(wish.reader_url or calendar.url, wish.reader, password, plain_http=calendar.plain_http)
    if not wish.reader_url:
        check_reader(system.servers, reader)
        return
    with closing(trial_servers(system)) as servers:
        check_reader(servers, reader)


def _preview(system: System, visitor: Visitor, calendar: Calendar, wishes: Wishes) -> CycleReport:
    as_if = partial(as_wished, wishes=wishes)
    report = preview_as(system.reconciler, calendar.id, visitor.now, as_if).reports[0]
    if report.errors and report.plan is None:
        raise RefusalError(report.errors[0].message)
    return report


def _plan_id(report: CycleReport) -> str:
    return report.plan.id if report.plan else "nothing"


def _preview_page(request: Request, calendar: Calendar, wish: _Wish, report: CycleReport) -> Response:
    """Show what the next look would write; what was seen before and has changed is said to have."""
    lines = list(planned_writes(report.plan))
    values: dict[str, Any] = {
        "calendar": calendar,
        "wish": wish._replace(plan=_plan_id(report)),
        "lines": lines,
        "flagged": report.counts["flagged"],
        "errors": [for_pages(one.message) for one in report.errors],
        "changed": bool(wish.plan),
    }
    return page(request, "calendar_preview.html", status=409 if wish.plan else 200, **values)


def _settings_page(
    request: Request, system: System, calendar: Calendar, wish: _Wish, error: SyncdError | None = None
) -> Response:
    with system.store.reading() as tx:
        provider = tx.providers.get(calendar.provider_id)
    problem = "" if error is None else _BUSY if error.code == "busy" else for_pages(error.message)
    values: dict[str, Any] = {
        "calendar": calendar,
        "provider": provider,
        "wish": wish,
        "modes": [(mode, label.text, MODE_MEANS[mode]) for mode, label in MODES.items()],
        "privacies": PRIVACIES,
        "usual": PRIVACIES[system.settings.practice.privacy],
        "usual_hours": f"{system.settings.sync.objective / 60:g}",
        "problem_field": error.details.get("field", "") if error else "",
    }
    return page(request, "calendar_settings.html", status=status_of(error) if error else 200, problem=problem, **values)


@router.post("/calendars/{calendar_id}/test", dependencies=[OwnForm])
def test(request: Request, system: TheSystem, visitor: SomeVisitor, calendar_id: str) -> Response:
    """Look at the account and the calendar, write nothing, and say what is there, what is wrong and how to mend it."""
    calendar = require_calendar(system, visitor, calendar_id, Permission.MEND_CALENDAR)
    doctor = Doctor(servers=system.servers, vault=system.vault, reconciler=system.reconciler)
    alert = of_calendar(calendar, visitor.now, system.objectives)
    checks = list(doctor.examine(calendar, alert, visitor.now))
    with system.store.reading() as tx:
        provider = tx.providers.get(calendar.provider_id)
    values: dict[str, Any] = {
        "calendar": calendar,
        "provider": provider,
        "checks": [(_CHECKS.get(one.name, one.name.capitalize()), one.ok, for_pages(one.message)) for one in checks],
    }
    return page(request, "calendar_test.html", **values)


_CHECKS = {
    "account": "Account",
    "rights": "Leave to write",
    "changes": "News of changes",
    "invitations": "Invitations",
    "conditions": "Safe writes",
    "storage": "Storage",
    "state": "State",
    "events": "Events",
}


@router.get("/calendars/{calendar_id}/remove")
def before_removing(request: Request, system: TheSystem, visitor: SomeVisitor, calendar_id: str) -> Response:
    """Show what becomes of the events and claims, before the calendar is removed."""
    calendar = require_calendar(system, visitor, calendar_id, Permission.MANAGE_CALENDAR)
    visitor.require_proof()
    return _removal_page(request, system, calendar)


@router.post("/calendars/{calendar_id}/remove", dependencies=[OwnForm])
def remove(
    request: Request, system: TheSystem, visitor: SomeVisitor, calendar_id: str, events: Annotated[str, Form()] = ""
) -> Response:
    """Forget the calendar; its events stay, or those that nobody has edited are taken away first."""
    calendar = require_calendar(system, visitor, calendar_id, Permission.MANAGE_CALENDAR)
    visitor.require_proof()
    try:
        if events not in {"leave", "withdraw"}:
            raise InvalidValueError("Choose what becomes of the events.", field="events")
        gone = system.calendars(visitor.principal).remove(calendar_id, visitor.now, withdraw=events == "withdraw")
    except SyncdError as error:
        return _removal_page(request, system, calendar, error)
    told = "Removed."
    if events == "withdraw":
        told = f"Removed; {counted(gone.withdrawn, 'event')} taken away."
        told += f" {counted(gone.left, 'event')} left: edited there since, or not to be seen now." if gone.left else ""
    return gone_to(request, "/calendars", Told(told, "warn" if gone.left else "good"))


def _removal_page(request: Request, system: System, calendar: Calendar, error: SyncdError | None = None) -> Response:
    with system.store.reading() as tx:
        provider = tx.providers.get(calendar.provider_id)
        published = tx.publications.count(calendar.id)
        others = len(tx.calendars.list(provider.id)) - 1
    problem = "" if error is None else _BUSY if error.code == "busy" else for_pages(error.message)
    values: dict[str, Any] = {
        "calendar": calendar,
        "provider": provider,
        "published": published,
        "others": others,
        "problem_field": error.details.get("field", "") if error else "",
    }
    return page(request, "calendar_remove.html", status=status_of(error) if error else 200, problem=problem, **values)
