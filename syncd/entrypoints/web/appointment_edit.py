"""Rescheduling an appointment: another date, time, length or place, for it alone or for its series too."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from syncd.bootstrap import System
from syncd.bootstrap.visiting import slots
from syncd.core.errors import ClientOverlapError, RefusalError
from syncd.core.scheduling.appointments import Appointment, Scope
from syncd.core.times import zone
from syncd.entrypoints.web.changing import Session, change_address, terms_of, to_change
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.pages import gone_to, page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.times_asked import NO_TROUBLE, AskedTime, ByAddress, ByForm, Trouble, trouble_of
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.ports.store.transaction import Transaction
from syncd.presentation.wording import for_pages
from syncd.services.access.once import once
from syncd.services.scheduling.changes import Terms
from syncd.services.scheduling.foreseeing import Clash, Foreseen, ScopeChoice, clashes, foreseen, scopes_of
from syncd.services.scheduling.rescheduling import Reschedule, reschedule
from syncd.services.scheduling.slots import Looking

router = APIRouter(include_in_schema=False)

_FREE_DAYS = 3


class Consequence(NamedTuple):
    """What one scope would do, or why it cannot be chosen. ``kept``: sessions that were agreed apart and stay."""

    choice: ScopeChoice
    why_not: str = ""
    clashes: tuple[Clash, ...] = ()
    foreseen: Foreseen = Foreseen()
    kept: int = 0


@router.get("/appointments/{appointment_id}/edit")
def ask(request: Request, system: TheSystem, visitor: SomeVisitor, appointment_id: str, asked: ByAddress) -> Response:
    """Ask for the new time and place, and offer what is free."""
    return _form(request, system, visitor, to_change(system, visitor, appointment_id), asked)


@router.get("/appointments/{appointment_id}/edit/scope")
def ask_scope(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    appointment_id: str,
    asked: ByAddress,
    version: Annotated[str, Query()] = "",
) -> Response:
    """Of a series ask which sessions are meant, and say of each choice what it will do and what it would meet."""
    found = to_change(system, visitor, appointment_id)
    try:
        wanted = _wanted(found.one, asked, version)
        consequences = _consequences(system, visitor, found.one, wanted)
    except RefusalError as error:
        trouble = trouble_of(error, zone(found.one.timezone))
        return _form(request, system, visitor, found, asked, status=status_of(error), trouble=trouble)
    values: dict[str, Any] = {
        "asked": asked,
        "wanted": wanted,
        "consequences": consequences,
        "back": urlencode({"date": asked.date, "start": asked.start, "minutes": asked.minutes, "place": asked.place}),
    }
    return page(request, "appointment_scope.html", **found.words, **values)


@router.post("/appointments/{appointment_id}/edit", dependencies=[OwnForm])
def save(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    appointment_id: str,
    asked: ByForm,
    scope: Annotated[str, Form()] = Scope.THIS,
    version: Annotated[str, Form()] = "",
    key: Annotated[str, Form(alias="once")] = "",
) -> Response:
    """Reschedule it, and go on to what was done; every conflict is shown with what was typed."""
    found, terms = to_change(system, visitor, appointment_id), terms_of(system, visitor)
    try:
        wanted = _wanted(found.one, asked, version, scope)

        def act(tx: Transaction) -> str:
            before = tx.appointments.get(appointment_id)
            after = reschedule(tx, wanted, terms)
            return change_address(tx, after) if after.version != before.version else ""

        address = once(system.store, key, visitor.user.id, visitor.now, act)
    except RefusalError as error:
        found = to_change(system, visitor, appointment_id)
        trouble = _trouble(system, terms, found.one, asked, version, scope, error)
        return _form(request, system, visitor, found, asked, status=status_of(error), trouble=trouble)
    if not address:
        return gone_to(request, f"/appointments/{appointment_id}", "It is as it was: nothing was changed.")
    return RedirectResponse(address, 303)


def _wanted(one: Appointment, asked: AskedTime, version: str, scope: str = Scope.THIS) -> Reschedule:
    """Return the request that a form makes. Raises `RefusalError` for a time that is none."""
    return Reschedule(
        appointment_id=one.id,
        start=asked.moment(zone(one.timezone)),
        minutes=asked.length(),
        location=asked.place,
        scope=Scope(scope) if scope in set(Scope) else Scope.THIS,
        version=int(version) if version.isdecimal() else None,
        allow_overlap=bool(asked.overlap),
    )


def _trouble(
    system: System, terms: Terms, one: Appointment, asked: AskedTime, version: str, scope: str, error: RefusalError
) -> Trouble:
    """Return what a page says of a refusal: of a conflict all that is met, not the first alone."""
    said = trouble_of(error, zone(one.timezone))
    if error.code not in {"overlap", "client_overlap"}:
        return said
    with system.store.reading() as tx:
        met = tuple(clashes(tx, _wanted(one, asked, version, scope), terms))
    text = "That time is taken already." if met else said.text
    return Trouble(text, clashes=met, may_overlap=isinstance(error, ClientOverlapError))


def _consequences(system: System, visitor: Visitor, one: Appointment, wanted: Reschedule) -> list[Consequence]:
    terms = terms_of(system, visitor)
    with system.store.reading() as tx:
        choices = scopes_of(tx, one, visitor.now)
    return [_consequence(system, terms, choice, wanted) for choice in choices]


def _consequence(system: System, terms: Terms, choice: ScopeChoice, wanted: Reschedule) -> Consequence:
    asked = replace(wanted, scope=choice.scope)
    try:
        with system.store.reading() as tx:
            met = tuple(clashes(tx, asked, terms))
        if any(not one.of_client for one in met) or (met and not asked.allow_overlap):
            return Consequence(choice, clashes=met)
        done = foreseen(system.store, terms, lambda tx, heard: reschedule(tx, asked, heard))
    except RefusalError as error:
        return Consequence(choice, why_not=for_pages(error.message))
    moved = sum(1 for step in done.steps if step.before and step.before.start != step.after.start)
    return Consequence(choice, foreseen=done, kept=max(choice.sessions - moved, 0) if moved else 0)


def _form(
    request: Request,
    system: System,
    visitor: Visitor,
    found: Session,
    asked: AskedTime,
    *,
    status: int = 200,
    trouble: Trouble = NO_TROUBLE,
) -> Response:
    one = found.one
    shown = AskedTime(
        date=asked.date or f"{one.start:%Y-%m-%d}",
        start=asked.start or f"{one.start:%H:%M}",
        minutes=asked.minutes or str(one.minutes),
        place=one.location if asked.place == "\0" else asked.place,
        which=asked.which,
    )
    values: dict[str, Any] = {
        "asked": shown,
        "trouble": trouble,
        "free": _free(system, visitor, found, shown.date),
        "is_own": visitor.scope is not None,
    }
    return page(request, "appointment_edit.html", status=status, problem=trouble.text, **found.words, **values)


def _free(system: System, visitor: Visitor, found: Session, day: str) -> list[tuple[str, list[datetime]]]:
    """Return the free times of some days from the one that is asked about on, else of the next ones."""
    looking = Looking(
        provider=found.provider, client_id=found.one.client_id, minutes=found.one.minutes, leaving=found.one
    )
    with system.store.reading() as tx:
        times = slots(system).for_practice(tx, looking, visitor.now)
    return free_days(times, day)


def free_days(times: list[datetime], day: str) -> list[tuple[str, list[datetime]]]:
    """Return free times by day (as dates are written in forms): some days from ``day`` on, else the first ones."""
    days: dict[str, list[datetime]] = {}
    for time in times:
        days.setdefault(f"{time:%Y-%m-%d}", []).append(time)
    near = [name for name in days if name >= day] or list(days)
    return [(name, days[name]) for name in near[:_FREE_DAYS]]
