"""Pages on which one signs in, chooses a password, and signs out."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.background import BackgroundTask

from syncd.bootstrap.console import reset_mails
from syncd.core.access.accounts import LEAST_PASSWORD, SignInRefusedError, TooManyTriesError
from syncd.core.errors import InvalidValueError
from syncd.entrypoints.web.forms import OwnForm, own_path
from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.throttle import Throttle
from syncd.entrypoints.web.visitor import (
    Now,
    TheSystem,
    address_of,
    drop_session,
    keep_session,
    session_secret,
    visitor_or_none,
)
from syncd.services.access.signing_in import Credentials, begin_session, sign_in, sign_out
from syncd.services.access.users import choose_password, invited_user

router = APIRouter(include_in_schema=False)


@router.get("/login")
def login(request: Request, system: TheSystem, next: str = "/") -> Response:  # noqa: A002 - the address's own word
    """Show the form; with nobody to sign in, how to make the first admin."""
    if visitor_or_none(request) is not None:
        return RedirectResponse(own_path(next), 303)
    with system.store.reading() as tx:
        nobody = tx.users.is_empty()
    return page(
        request, "login.html", next=own_path(next), email="", error="", nobody=nobody, can_reset=bool(system.console)
    )


@router.post("/login", dependencies=[OwnForm])
def log_in(
    request: Request,
    system: TheSystem,
    now: Now,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the field's own word
) -> Response:
    """Begin a session; one sentence for every cause of a refusal, and the address stays filled in."""
    given = Credentials(
        email=email.strip(),
        password=password,
        address=address_of(request),
        agent=request.headers.get("user-agent", ""),
    )
    try:
        signed_in = sign_in(system.store, system.passwords, given, now)
    except (SignInRefusedError, TooManyTriesError) as error:
        status = 429 if isinstance(error, TooManyTriesError) else 401
        values: dict[str, Any] = {"next": own_path(next), "email": given.email, "error": error.message, "nobody": False}
        return page(request, "login.html", status=status, can_reset=bool(system.console), **values)
    response = RedirectResponse(own_path(next), 303)
    keep_session(request, response, signed_in.secret)
    return response


@router.get("/login/forgotten")
def forgotten(request: Request) -> Response:
    """Show the form that asks for a link."""
    return page(request, "forgotten.html", sent=False)


@router.post("/login/forgotten", dependencies=[OwnForm])
def send_link(request: Request, system: TheSystem, now: Now, email: Annotated[str, Form()] = "") -> Response:
    """Have a link sent; the answer, and how long it takes, are the same whoever asks for whomever."""
    address, asked = address_of(request), email.strip()
    throttles = _throttles(request)
    if not all((throttles[0].came(address, now), throttles[1].came(asked.casefold(), now))):
        raise TooManyTriesError("That was asked for too often. Try again in a minute.", seconds=60)
    response = page(request, "forgotten.html", sent=True)
    if asked and system.console:  # a link that leads nowhere would help nobody
        response.background = BackgroundTask(reset_mails(system).send, asked, now)
    return response


def _throttles(request: Request) -> tuple[Throttle, Throttle]:
    """Return how often links may be asked for in a minute: from one address, and for one account."""
    state = request.app.state
    if not hasattr(state, "reset_throttles"):
        state.reset_throttles = (Throttle(10), Throttle(2))
    throttles: tuple[Throttle, Throttle] = state.reset_throttles
    return throttles


@router.post("/logout", dependencies=[OwnForm])
def log_out(request: Request, system: TheSystem) -> Response:
    """End the session."""
    sign_out(system.store, session_secret(request))
    response = RedirectResponse("/login", 303)
    drop_session(request, response)
    return response


@router.get("/welcome/{token}")
def welcome(request: Request, system: TheSystem, now: Now, token: str) -> Response:
    """Show the form by which a password is chosen. Opening the link changes nothing: mail scanners open links."""
    user = invited_user(system.store, token, now)
    return page(request, "welcome.html", name=user.name, email=user.email, error="", least=LEAST_PASSWORD)


@router.post("/welcome/{token}", dependencies=[OwnForm])
def choose(
    request: Request, system: TheSystem, now: Now, token: str, password: Annotated[str, Form()] = ""
) -> Response:
    """Set the password and sign in; a password that will not do leaves the link in use."""
    invited = invited_user(system.store, token, now)
    try:
        user = choose_password(system.store, system.passwords, token, password, now)
    except InvalidValueError as error:
        values: dict[str, Any] = {
            "name": invited.name,
            "email": invited.email,
            "error": error.message,
            "least": LEAST_PASSWORD,
        }
        return page(request, "welcome.html", status=422, **values)
    with system.store.transaction() as tx:
        agent = request.headers.get("user-agent", "")
        signed_in = begin_session(tx, user, now, address=address_of(request), agent=agent)
    response = RedirectResponse("/", 303)
    keep_session(request, response, signed_in.secret)
    return response
