"""A user's own account: name, how pages look, password, where one is signed in, tokens for programs."""

from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from syncd.bootstrap import System
from syncd.core.access.accounts import LEAST_PASSWORD, Clock, Session, Theme, TokenScope
from syncd.core.errors import InvalidValueError, SyncdError
from syncd.core.wording import counted
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.pages import gone_to, page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, Visitor, address_of
from syncd.presentation.wording import for_pages
from syncd.services.access.own import (
    Liking,
    change_password,
    create_own_token,
    end_other_sessions,
    end_session,
    own_sessions,
    own_tokens,
    revoke_own_token,
    scopes_of,
    set_liking,
)
from syncd.services.access.tokens import Issued

router = APIRouter(include_in_schema=False)

_DAYS = {30: "30 days", 90: "90 days", 366: "A year"}
_SCOPES = {
    TokenScope.READ: "Read what you see",
    TokenScope.WRITE: "Do what you may do",
    TokenScope.CLAIMS: "Ask for claims, and say that they were filed",
    TokenScope.METRICS: "Read figures for monitoring (/metrics)",
}


@router.get("/account")
def account(request: Request, system: TheSystem, visitor: SomeVisitor) -> Response:
    """Show the account."""
    return _shown(request, system, visitor)


@router.post("/account", dependencies=[OwnForm])
def save(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    name: Annotated[str, Form()] = "",
    timezone: Annotated[str, Form()] = "",
    clock: Annotated[Clock, Form()] = Clock.H24,
    theme: Annotated[Theme, Form()] = Theme.SYSTEM,
) -> Response:
    """Keep the name, and how pages are shown."""
    liking = Liking(name=name, timezone=timezone.strip() or None, clock=clock, theme=theme)
    try:
        set_liking(system.store, visitor.user.id, liking, visitor.now)
    except SyncdError as error:
        field = "timezone" if error.code == "unknown_timezone" else "name"
        return _shown(request, system, visitor, error=error, field=field, liking=liking)
    return gone_to(request, "/account", "Kept.")


@router.post("/account/stay", dependencies=[OwnForm])
def stay(_visitor: SomeVisitor) -> Response:
    """Stay signed in: that somebody asked for it is use enough."""
    return Response(status_code=204)


@router.post("/account/password", dependencies=[OwnForm])
def password(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
) -> Response:
    """Set another password; all other sessions end."""
    who, given = (visitor.user, visitor.session), (old, new)
    try:
        ended = change_password(
            system.store,
            system.passwords,
            who,
            given,
            visitor.now,
            address=address_of(request),
            forbidden=(system.settings.practice.name,),
        )
    except SyncdError as error:
        field = "new" if isinstance(error, InvalidValueError) else "old"
        return _shown(request, system, visitor, error=error, field=field)
    return gone_to(request, "/account", f"The password was changed; {counted(ended, 'other session')} ended.")


@router.post("/account/sessions/end", dependencies=[OwnForm])
def end_others(request: Request, system: TheSystem, visitor: SomeVisitor) -> Response:
    """Sign out everywhere else."""
    ended = end_other_sessions(system.store, visitor.user, visitor.session, visitor.now)
    return gone_to(request, "/account", f"{counted(ended, 'other session')} ended.")


@router.post("/account/sessions/{session_id}/end", dependencies=[OwnForm])
def end_one(request: Request, system: TheSystem, visitor: SomeVisitor, session_id: str) -> Response:
    """Sign out in one other browser."""
    end_session(system.store, visitor.user, session_id, visitor.now)
    return gone_to(request, "/account", "That session ended.")


def _shown(
    request: Request,
    system: System,
    visitor: Visitor,
    *,
    error: SyncdError | None = None,
    field: str = "",
    liking: Liking | None = None,
) -> Response:
    user = visitor.user
    sessions = own_sessions(system.store, user.id, visitor.now)
    values: dict[str, Any] = {
        "liking": liking or Liking(name=user.name, timezone=user.timezone, clock=user.clock, theme=user.theme),
        "zones": sorted(available_timezones()),
        "usual_zone": system.settings.web.timezone,
        "sessions": [(one, _browser(one), one.id == visitor.session.id) for one in sessions],
        "least": LEAST_PASSWORD,
        "problem_field": field,
    }
    problem = for_pages(error.message) if error else ""
    return page(request, "account.html", status=_status(error), problem=problem, **values)


def _status(error: SyncdError | None) -> int:
    """Return the status; a wrong own password is a fault of the form, not of the session."""
    status = status_of(error) if error else 200
    return 422 if status in {401, 409} else status


def _browser(session: Session) -> str:
    """Return what a browser calls itself, as far as people know it."""
    agent = session.agent
    names = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    systems = (
        *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
        *(("Macintosh", "macOS"), ("Linux", "Linux")),
    )
    name = next((said for mark, said in names if mark in agent), "A program")
    where = next((said for mark, said in systems if mark in agent), "")
    return f"{name} on {where}" if where else name


@router.get("/account/tokens")
def tokens(request: Request, system: TheSystem, visitor: SomeVisitor) -> Response:
    """List the user's tokens."""
    return _tokens_page(request, system, visitor)


@router.post("/account/tokens", dependencies=[OwnForm])
def make_token(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    note: Annotated[str, Form()] = "",
    scope: Annotated[TokenScope, Form()] = TokenScope.READ,
    days: Annotated[int, Form()] = 90,
) -> Response:
    """Make a token, and show it once."""
    visitor.require_proof()
    try:
        issued = create_own_token(system.store, visitor.user, scope, visitor.now, days=days, note=note)
    except SyncdError as error:
        return _tokens_page(request, system, visitor, error=error)
    return _tokens_page(request, system, visitor, issued=issued)


@router.post("/account/tokens/{token_id}/revoke", dependencies=[OwnForm])
def revoke_token(request: Request, system: TheSystem, visitor: SomeVisitor, token_id: str) -> Response:
    """Let a token open nothing any more."""
    revoke_own_token(system.store, visitor.user, token_id, visitor.now)
    return gone_to(request, "/account/tokens", "Revoked: it opens nothing any more.")


def _tokens_page(
    request: Request,
    system: System,
    visitor: Visitor,
    *,
    issued: Issued | None = None,
    error: SyncdError | None = None,
) -> Response:
    values: dict[str, Any] = {
        "tokens": own_tokens(system.store, visitor.user.id),
        "issued": issued,
        "scopes": [(scope, _SCOPES[scope]) for scope in scopes_of(visitor.user)],
        "names": _SCOPES,
        "days": _DAYS,
        "now": visitor.now,
    }
    problem = for_pages(error.message) if error else ""
    return page(request, "account_tokens.html", status=_status(error), problem=problem, **values)
