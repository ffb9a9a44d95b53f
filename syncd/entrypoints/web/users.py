"""Accounts of the console: list, add, give a new link, switch off."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from syncd.bootstrap import System
from syncd.core.access.permissions import Permission
from syncd.core.access.principal import Role
from syncd.core.errors import SyncdError
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.pages import gone_to, page
from syncd.entrypoints.web.problems import status_of
from syncd.entrypoints.web.visitor import PracticeReader, TheSystem, Visitor
from syncd.presentation.wording import for_pages
from syncd.services.access.users import Invited, NewUser, add_user, deactivate_user, invite_again, list_users

router = APIRouter(include_in_schema=False)


@router.get("/people/users")
def users(request: Request, system: TheSystem, visitor: PracticeReader) -> Response:
    """List the accounts."""
    return _shown(request, system, visitor)


@router.post("/people/users", dependencies=[OwnForm])
def add(
    request: Request,
    system: TheSystem,
    visitor: PracticeReader,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    role: Annotated[Role, Form()] = Role.REVIEWER,
) -> Response:
    """Add an account, and show once the link by which its user chooses a password."""
    visitor.require(Permission.MANAGE_PEOPLE)
    new = NewUser(name=name, email=email.strip(), role=role)
    try:
        invited = add_user(system.store, new, visitor.principal, visitor.now)
    except SyncdError as error:
        given = {"name": name, "email": email, "role": str(role)}
        return _shown(request, system, visitor, status=status_of(error), problem=for_pages(error.message), given=given)
    return _shown(request, system, visitor, invited=invited)


@router.post("/people/users/{user_id}/invite", dependencies=[OwnForm])
def invite(request: Request, system: TheSystem, visitor: PracticeReader, user_id: str) -> Response:
    """Show once a new link by which a user chooses a password; earlier ones no longer count."""
    visitor.require(Permission.MANAGE_PEOPLE)
    return _shown(request, system, visitor, invited=invite_again(system.store, user_id, visitor.principal, visitor.now))


@router.post("/people/users/{user_id}/deactivate", dependencies=[OwnForm])
def switch_off(request: Request, system: TheSystem, visitor: PracticeReader, user_id: str) -> Response:
    """Let a user sign in no more."""
    visitor.require(Permission.MANAGE_PEOPLE)
    try:
        deactivate_user(system.store, user_id, visitor.principal, visitor.now)
    except SyncdError as error:
        return _shown(request, system, visitor, status=status_of(error), problem=for_pages(error.message))
    return gone_to(request, "/people/users", "Switched off: sessions ended and tokens revoked.")


def _shown(
    request: Request,
    system: System,
    visitor: Visitor,
    *,
    status: int = 200,
    problem: str = "",
    invited: Invited | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    values: dict[str, Any] = {
        "users": list_users(system.store, visitor.principal),
        "link": f"{system.settings.web.address}/welcome/{invited.secret}" if invited else "",
        "invited": invited.user if invited else None,
        "given": given or {"name": "", "email": "", "role": "reviewer"},
        "may_manage": visitor.may("manage_people"),
    }
    return page(request, "users.html", status=status, problem=problem, **values)
