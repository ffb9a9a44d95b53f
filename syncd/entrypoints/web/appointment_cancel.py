"""Cancelling an appointment: why, what the client reads of it, and what will happen; then it is done, once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from syncd.bootstrap import System
from syncd.core.errors import RefusalError
from syncd.core.scheduling.appointments import Scope
from syncd.core.scheduling.booking import is_late
from syncd.core.scheduling.money import written
from syncd.core.times import instant
from syncd.entrypoints.web.changing import Session, change_address, terms_of, to_change
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.ports.store.transaction import Transaction
from syncd.presentation import moments
from syncd.presentation.wording import for_pages
from syncd.services.access.once import once
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.foreseeing import scopes_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Given:
    """The fields of the form."""

    reason: str = ""
    note: str = ""
    message: str = ""
    scope: str = Scope.THIS
    waive: str = ""
    version: str = ""
    key: str = ""


def _given(
    reason: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    message: Annotated[str, Form()] = "",
    scope: Annotated[str, Form()] = Scope.THIS,
    waive: Annotated[str, Form()] = "",
    version: Annotated[str, Form()] = "",
    key: Annotated[str, Form(alias="once")] = "",
) -> Given:
    return Given(reason, note, message, scope, waive, version, key)


TheForm = Annotated[Given, Depends(_given)]


@router.get("/appointments/{appointment_id}/cancel")
def ask(request: Request, system: TheSystem, visitor: SomeVisitor, appointment_id: str) -> Response:
    """Ask why, and say what will happen."""
    return _form(request, system, visitor, to_change(system, visitor, appointment_id), Given())


@router.post("/appointments/{appointment_id}/cancel", dependencies=[OwnForm])
def cancel_it(
    request: Request, system: TheSystem, visitor: SomeVisitor, appointment_id: str, given: TheForm
) -> Response:
    """Cancel it, and go on to what was done; what is missing is said with all that was typed."""
    found, terms = to_change(system, visitor, appointment_id), terms_of(system, visitor)
    missing = _missing(system, given)
    if missing:
        return _form(request, system, visitor, found, given, status=422, problem=missing)
    asked = Cancel(
        appointment_id=appointment_id,
        reason=given.reason,
        note=given.note,
        message=given.message,
        scope=Scope(given.scope),
        waive_fee=bool(given.waive),
        version=int(given.version) if given.version.isdecimal() else None,
    )

    def act(tx: Transaction) -> str:
        return change_address(tx, cancel(tx, asked, terms))

    try:
        address = once(system.store, given.key, visitor.user.id, visitor.now, act)
    except RefusalError as error:
        found = to_change(system, visitor, appointment_id)
        words = for_pages(error.message)
        return _form(request, system, visitor, found, given, status=status_of(error), problem=words)
    return RedirectResponse(address, 303)


def _missing(system: System, given: Given) -> str:
    """Return what the form lacks, in words; "" when it is whole."""
    reason = next((one for one in system.settings.booking.reasons if one.code == given.reason), None)
    if reason is None:
        return "Choose a reason."
    if reason.note_required and not given.note.strip():
        return f"Write a note: “{reason.label}” explains nothing by itself."
    return "" if given.scope in set(Scope) else "Choose which sessions are to be cancelled."


def _form(
    request: Request,
    system: System,
    visitor: Visitor,
    found: Session,
    given: Given,
    *,
    status: int = 200,
    problem: str = "",
) -> Response:
    rules, one = system.settings.booking.rules(), found.one
    late = is_late(one, found.provider, rules, visitor.now)
    with system.store.reading() as tx:
        scopes = scopes_of(tx, one, visitor.now)
    own = found.provider.late_notice_hours
    notice = max(instant(one.start) - visitor.now, timedelta())
    values: dict[str, Any] = {
        "given": given,
        "reasons": rules.reasons,
        "scopes": scopes,
        "notice": moments.length(notice.total_seconds()),
        "hours": rules.late_notice_hours if own is None else own,
        "is_late": late,
        "fee": written(found.provider.late_fee) if late and found.provider.late_fee else "",
        "is_own": visitor.scope is not None,
    }
    return page(request, "appointment_cancel.html", status=status, problem=problem, **found.words, **values)
