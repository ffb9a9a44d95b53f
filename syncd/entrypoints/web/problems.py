"""Errors as answers: a page for a person, problem details (RFC 9457) for a program; never a traceback."""

from http import HTTPStatus
from secrets import token_hex
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from syncd.core.access.accounts import LinkGoneError, SignInRefusedError, TokenRefusedError, TooManyTriesError
from syncd.core.access.permissions import NotPermittedError
from syncd.core.errors import ConflictError, InvalidValueError, NotFoundError, SyncdError
from syncd.core.messaging.links import LinkError
from syncd.entrypoints.web.forms import ForeignFormError
from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.visitor import ProofNeededError, SignInNeededError, proof_address, sign_in_address
from syncd.ports.errors import StoreUnavailableError
from syncd.presentation.wording import for_pages

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_STATUS: tuple[tuple[type[SyncdError], int], ...] = (
    (NotFoundError, 404),
    (NotPermittedError, 403),
    (ForeignFormError, 403),
    (LinkGoneError, 410),
    (LinkError, 410),
    (TooManyTriesError, 429),
    (SignInRefusedError, 401),
    (TokenRefusedError, 401),
    (ConflictError, 409),
    (InvalidValueError, 422),
    (StoreUnavailableError, 503),
)

_WORDS = {
    400: "The request could not be read. Nothing was changed.",
    403: "Your account may not do that. Nothing was changed.",
    404: "There is nothing at this address, or it is not for your account.",
    405: "This address does not take that kind of request. Nothing was changed.",
    413: "That is more than can be sent at once. Nothing was changed.",
    422: "Something in it is missing or wrong. Nothing was changed.",
}


_TITLES = {
    400: "That could not be read",
    403: "Your account may not do that",
    404: "There is nothing here",
    405: "That does not work here",
    409: "That cannot be done as things stand",
    410: "That link is used up",
    413: "That is too much at once",
    422: "Something is missing or wrong",
    429: "Too many tries",
    500: "Something went wrong",
    503: "The database does not answer",
}
_WAYS = {
    403: "Your account may read this, not change it. Ask an admin.",
    409: "Nothing was changed. Look again at what you came from, and decide anew.",
    503: "Nothing was changed. syncd keeps trying; look again in a moment.",
}


def install(app: FastAPI) -> None:
    """Teach the application how to answer each error."""
    app.add_exception_handler(SyncdError, _on_refusal)
    app.add_exception_handler(SignInNeededError, _on_sign_in_needed)
    app.add_exception_handler(ProofNeededError, _on_proof_needed)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(Exception, unexpected)


def status_of(error: SyncdError) -> int:
    """Return the status that belongs to an error; a refusal by the state of things is 409."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 409)


def answer(request: Request, status: int, code: str, message: str, /, **details: Any) -> Response:
    """Return an error as the one who asked reads it."""
    headers = {"Retry-After": str(details["seconds"])} if "seconds" in details else {}
    if is_for_program(request):
        headers |= {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
        problem = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": message,
            "code": code,
            "details": details,
        }
        return JSONResponse(problem, status, headers, media_type="application/problem+json")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:  # the page that tells of a fault must not meet it again
        request.state.visitor = getattr(request.state, "visitor", None)
        request.state.without_store = True
    values: dict[str, Any] = {"title": _TITLES.get(status, HTTPStatus(status).phrase), "message": for_pages(message)}
    response = page(request, "error.html", status=status, ways=_WAYS.get(status, ""), **values)
    response.headers.update(headers)
    return response


def is_for_program(request: Request) -> bool:
    """Tell whether a program asks, by the address."""
    return request.url.path.startswith(("/api/", "/healthz", "/readyz", "/metrics"))


def _on_refusal(request: Request, error: Exception) -> Response:
    if not isinstance(error, SyncdError):
        raise error
    return answer(request, status_of(error), error.code, error.message, **error.details)


def _on_sign_in_needed(request: Request, _error: Exception) -> Response:
    if request.method in {"GET", "HEAD"}:
        return RedirectResponse(sign_in_address(request), 303)
    return answer(request, 401, "sign_in_needed", "You are signed out. Sign in, and send it again.")


def _on_proof_needed(request: Request, _error: Exception) -> Response:
    return RedirectResponse(proof_address(request), 303)


def _on_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    words = _WORDS.get(error.status_code, HTTPStatus(error.status_code).description)
    response = answer(request, error.status_code, HTTPStatus(error.status_code).name.lower(), words)
    response.headers.update(error.headers or {})
    return response


def _on_invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    # What was sent is left out: it may hold a name or a password.
    wrong = [{"where": [str(part) for part in one["loc"]], "why": one["msg"]} for one in error.errors()]
    return answer(request, 422, "invalid", _WORDS[422], errors=wrong)


def unexpected(request: Request, error: Exception) -> Response:
    """Return the answer to an unforeseen fault; the log has it in full, under the number that the answer names."""
    number = token_hex(4)
    log.error("request failed unexpectedly", number=number, method=request.method, exc_info=error)
    words = f"Something unexpected went wrong. Nothing was changed. In the log it has the number {number}."
    return answer(request, 500, "unexpected", words, number=number)
