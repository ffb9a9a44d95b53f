"""Which status belongs to an error for programs, and the problem details (RFC 9457) that tell of it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import Response

from syncd.core.access.accounts import TokenRefusedError, TooManyTriesError
from syncd.core.access.answers import InProgressError, OutcomeUnknownError
from syncd.core.access.permissions import NotPermittedError
from syncd.core.errors import (
    AmbiguousTimeError,
    ConflictError,
    InvalidRuleError,
    NonexistentTimeError,
    ReasonError,
    RefusalError,
    SyncdError,
    UnknownTimezoneError,
    UnreadableFileError,
)
from syncd.core.work import BusyError
from syncd.entrypoints.web import problems
from syncd.entrypoints.web.forms import ForeignFormError
from syncd.ports.errors import ConfigurationError, VaultError
from syncd.ports.remote.errors import (
    AddressRefusedError,
    LoginRefusedError,
    NotACalendarError,
    RemoteError,
    UnavailableError,
)

_STATUS: tuple[tuple[type[SyncdError], int], ...] = (
    (UnknownTimezoneError, 422),
    (NonexistentTimeError, 422),
    (AmbiguousTimeError, 422),
    (InvalidRuleError, 422),
    (UnreadableFileError, 422),
    (ReasonError, 422),
    (LoginRefusedError, 422),
    (NotACalendarError, 422),
    (AddressRefusedError, 422),
    (UnavailableError, 502),
    (VaultError, 503),
    (ConfigurationError, 503),
)
"""Before what `problems.status_of` says: pages tell these apart in words."""

_AGAIN = (
    *(BusyError, ConflictError, InProgressError, RemoteError),
    *(NotPermittedError, TokenRefusedError, TooManyTriesError, ForeignFormError),
)
"""Refusals after which the same request may go well: nothing was changed by it."""

_IN_A_MOMENT = 5


class PreconditionNeededError(RefusalError):
    """Say which version you looked at: If-Match with the ETag of a GET, or * for whichever it is."""

    code = "precondition_required"


def status_of(error: SyncdError, request: Request) -> int:
    """Return the status that belongs to an error. What has another version than If-Match named is 412."""
    if isinstance(error, ConflictError) and "If-Match" in request.headers:
        return HTTPStatus.PRECONDITION_FAILED
    if isinstance(error, PreconditionNeededError):
        return HTTPStatus.PRECONDITION_REQUIRED
    own = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    return problems.status_of(error) if own is None else own


def refusal(request: Request, error: SyncdError) -> Response:
    """Return an error as problem details."""
    details: Mapping[str, Any] = jsonable_encoder(dict(error.details))
    if isinstance(error, BusyError):
        details = {"seconds": _IN_A_MOMENT, **details}
    return problems.answer(request, status_of(error, request), error.code, error.message, **details)


def is_worth_keeping(error: SyncdError) -> bool:
    """Tell whether the same request, sent once more, is to get the same refusal."""
    if isinstance(error, OutcomeUnknownError):
        return False
    return isinstance(error, RefusalError) and not isinstance(error, _AGAIN)
