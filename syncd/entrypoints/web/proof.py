"""The password once more: before what would harm most if somebody found an open browser."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from syncd.core.access.accounts import SignInRefusedError, TooManyTriesError
from syncd.entrypoints.web.forms import OwnForm, own_path
from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem, address_of
from syncd.services.access.signing_in import prove

router = APIRouter(include_in_schema=False)


@router.get("/account/proof")
def ask(request: Request, visitor: SomeVisitor, next: str = "/") -> Response:  # noqa: A002 - the address's own word
    """Ask for the password; go on at once where it was given lately."""
    if visitor.session.is_fresh(visitor.now):
        return RedirectResponse(own_path(next), 303)
    return page(request, "proof.html", next=own_path(next))


@router.post("/account/proof", dependencies=[OwnForm])
def give(
    request: Request,
    system: TheSystem,
    visitor: SomeVisitor,
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the field's own word
) -> Response:
    """Take the password, and go on to what needed it."""
    who = (visitor.user, visitor.session)
    try:
        prove(system.store, system.passwords, who, password, visitor.now, address=address_of(request))
    except (SignInRefusedError, TooManyTriesError) as error:
        status = 429 if isinstance(error, TooManyTriesError) else 422
        return page(
            request,
            "proof.html",
            status=status,
            problem=error.message,
            problem_field="password",
            next=own_path(next),
        )
    return RedirectResponse(own_path(next), 303)
