"""The outbox: what waits, what left, what was put aside; one mail as it will be or was sent."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from syncd.bootstrap import System
from syncd.core.access.permissions import Permission
from syncd.core.errors import NotFoundError, SyncdError
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Party
from syncd.core.work import WorkKind
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.headers import PREVIEW_POLICY
from syncd.entrypoints.web.listing import Asked
from syncd.entrypoints.web.pages import gone_to, page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor
from syncd.ports.store.lists import MessageFilter, MessageSort
from syncd.presentation import labels
from syncd.presentation.wording import for_pages
from syncd.services.messaging.outbox import retry as try_again

router = APIRouter(include_in_schema=False)


@router.get("/messages")
def messages(request: Request, system: TheSystem, visitor: SomeVisitor) -> Response:
    """List mails, the newest first."""
    asked = Asked(request)
    statuses = {status: label.text for status, label in labels.MESSAGES.items()}
    status = asked.word("status", "Status", statuses, everything="All")
    kind = asked.one_of("kind", "About", labels.MAILS)
    text = asked.text("Search", "person, address or id")
    part = asked.part(MessageSort, MessageSort.NEWEST)
    with system.store.reading() as tx:
        wanted = MessageFilter(status=status, kind=kind, provider_id=visitor.scope, text=text)
        found = tx.lists.messages(wanted, part)
    return page(request, "messages.html", is_wide=True, view=asked.view(found, part, [MessageSort.NEWEST]))


@router.get("/messages/{message_id}")
def message(request: Request, system: TheSystem, visitor: SomeVisitor, message_id: str) -> Response:
    """Show one mail: to whom, how it stands, and its words."""
    return _shown(request, system, visitor, message_id)


@router.get("/messages/{message_id}/preview.html")
def preview(system: TheSystem, visitor: SomeVisitor, message_id: str) -> Response:
    """Show the HTML part alone, for a frame in which nothing can run and nothing is fetched."""
    found, _ = _found(system, visitor, message_id)
    letter = system.composer.letter(found)
    headers = {"Content-Security-Policy": PREVIEW_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return HTMLResponse(letter.html, headers=headers)


@router.post("/messages/{message_id}/retry", dependencies=[OwnForm])
def retry(request: Request, system: TheSystem, visitor: SomeVisitor, message_id: str) -> Response:
    """Queue a mail that was put aside once more."""
    _found(system, visitor, message_id)
    visitor.require(Permission.MANAGE_MESSAGES)
    try:
        try_again(system.store, message_id, visitor.principal, visitor.now)
    except SyncdError as error:
        return _shown(request, system, visitor, message_id, status=status_of(error), problem=for_pages(error.message))
    return gone_to(request, f"/messages/{message_id}", "Queued again: it is tried at once.")


def _found(system: System, visitor: Visitor, message_id: str) -> tuple[Message, Appointment]:
    """Return a mail and what it is about. Raises `NotFoundError`, also for one that is not the visitor's to read."""
    with system.store.reading() as tx:
        found = tx.messages.get(message_id)
        one = tx.appointments.get(found.appointment_id)
    visitor.check_sees(one.provider_id)
    if visitor.scope is not None and found.party != Party.PROVIDER:
        raise NotFoundError
    return found, one


def _shown(
    request: Request, system: System, visitor: Visitor, message_id: str, *, status: int = 200, problem: str = ""
) -> Response:
    found, one = _found(system, visitor, message_id)
    with system.store.reading() as tx:
        work = tx.works.get(WorkKind.MESSAGE, message_id)
        names = tx.lists.names([one.provider_id, one.client_id])
    to_client = found.party == Party.CLIENT
    try:
        letter, wrong = system.composer.letter(found), ""
    except SyncdError as error:
        letter, wrong = None, for_pages(error.message)
    values: dict[str, Any] = {
        "message": found,
        "one": one,
        "person": names.get(one.client_id if to_client else one.provider_id, ""),
        "person_href": f"/people/clients/{one.client_id}" if to_client else f"/people/providers/{one.provider_id}",
        "letter": letter,
        "wrong": wrong,
        "due_at": work.due_at if work and found.status is MessageStatus.QUEUED else None,
        "may_retry": visitor.may("manage_messages") and found.status is MessageStatus.FAILED,
    }
    return page(request, "message.html", status=status, problem=problem, **values)
