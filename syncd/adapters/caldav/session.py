"""One account at one origin: requests with credentials, retries of what is safe, and refusals as the port's errors."""

import http.client
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Any

import structlog
import tenacity

from syncd import __version__
from syncd.adapters.caldav.auth import Login
from syncd.adapters.caldav.multistatus import Entry, Multistatus, parse_multistatus
from syncd.adapters.caldav.transport import HttpAnswer, Request, Transport
from syncd.adapters.caldav.urls import Origin, Spellings
from syncd.core.access.networks import OPEN, Guard
from syncd.core.sync.calendars import Capabilities
from syncd.ports.remote.errors import (
    CollectionGoneError,
    ForbiddenError,
    LoginRefusedError,
    PartialAnswerError,
    PreconditionFailedError,
    RateLimitedError,
    RemoteError,
    TooLargeError,
    UnavailableError,
)

_logger = logging.getLogger(__name__)
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
_GATEWAY_TROUBLE = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_USUAL_BYTES = 1 << 22
_MOST_BYTES = 1 << 26  # a listing of a hundred thousand resources is half of that
_LONGEST_PAUSE = 3600.0
_one_large_answer = BoundedSemaphore(1)  # of all workers: they share one memory
_WAIT_FOR_LARGE = 120.0


def _may_pass(error: BaseException) -> bool:
    """Tell whether asking again at once is worth it: a dropped connection or a gateway's trouble, but no time-out."""
    if isinstance(error, RateLimitedError) or not isinstance(error, UnavailableError | PartialAnswerError):
        return False
    dropped = isinstance(error.__cause__, ConnectionError | http.client.HTTPException)
    return dropped or error.details.get("status") in _GATEWAY_TROUBLE


_retrying = tenacity.Retrying(
    retry=tenacity.retry_if_exception(_may_pass),
    stop=tenacity.stop_after_attempt(3),
    wait=tenacity.wait_random_exponential(multiplier=0.1, max=1),
    reraise=True,
)


class Knowledge:
    """What a server was seen to do, as it grows in a cycle."""

    def __init__(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities

    def learn(self, **seen: Any) -> None:
        """Note what was seen."""
        self.capabilities = replace(self.capabilities, **seen)


def _count_nothing(_method: str, _status: int, _seconds: float) -> None:
    """Take no note of an answer."""


class Session:
    """Requests of one account to one origin.

    ``requests`` counts what went over the wire. ``on_answer`` is told each method, the status that
    answered it, and after how many seconds. ``guard`` says whether the origin's addresses may be connected to.
    """

    def __init__(
        self,
        transport: Transport,
        origin: Origin,
        login: Login,
        spellings: Spellings,
        on_answer: Callable[[str, int, float], None] = _count_nothing,
        guard: Guard = OPEN,
    ) -> None:
        self._guard = guard
        self.origin = origin
        self._on_answer = on_answer
        self.requests = 0
        self._transport = transport
        self._login = login
        self._spellings = spellings

    def learn(self, url: str) -> str:
        """Return the href of a URL or href that the server gave, and remember how it was spelled.

        Raises ValueError where it cannot be read.
        """
        return self._spellings.learn(self.origin, url)

    def spelled(self, href: str) -> str:
        """Return an href as it goes into requests, in the server's own spelling where that is known."""
        return self._spellings.of(self.origin, href)

    def url(self, href: str) -> str:
        """Return the absolute URL of an href, in the server's own spelling."""
        return f"{self.origin.scheme}://{self.origin.netloc}{self.spelled(href)}"

    def read(
        self, method: str, href: str, body: bytes = b"", *, limit: int = _USUAL_BYTES, **headers: str
    ) -> HttpAnswer:
        """Send a safe request, again if it gets lost; any answer but a gateway's trouble is the caller's to judge."""
        return _retrying(self._read_once, method, href, body, limit, headers)

    def _read_once(self, method: str, href: str, body: bytes, limit: int, headers: Mapping[str, str]) -> HttpAnswer:
        answer = self._send(method, href, body, headers, limit)
        if answer.status in _GATEWAY_TROUBLE:
            raise refusal(answer)
        return answer

    def write(self, method: str, href: str, body: bytes = b"", **headers: str) -> HttpAnswer:
        """Send a request that changes something, once. Raises `UnavailableError` when its outcome is unknown."""
        try:
            answer = self._send(method, href, body, headers, _USUAL_BYTES)
        except PartialAnswerError as error:
            raise UnavailableError(error.message) from error
        if answer.is_failure:
            raise refusal(answer)
        return answer

    def ask(
        self, method: str, href: str, body: bytes, depth: int, each: Callable[[Entry], object] | None = None
    ) -> tuple[HttpAnswer, Multistatus | None]:
        """Send a PROPFIND or REPORT; return its answer and, of a 207, what it says (see `parse_multistatus`).

        A very large answer is asked for again with nobody else reading one: all workers share one memory.
        """
        answer = self.read(method, href, body, Depth=str(depth))
        if answer.status != HTTPStatus.MULTI_STATUS:
            return answer, None
        if not answer.cut:
            return answer, parse_multistatus(answer.body, self.learn, each)
        if not _one_large_answer.acquire(timeout=_WAIT_FOR_LARGE):
            raise UnavailableError(
                "The server's answer is very large, and others are being read; it is asked for later"
            )
        try:
            answer = self.read(method, href, body, limit=_MOST_BYTES, Depth=str(depth))
            if answer.cut or answer.status != HTTPStatus.MULTI_STATUS:
                raise PartialAnswerError("The server's answer is larger than syncd reads")
            return answer._replace(body=b""), parse_multistatus(answer.body, self.learn, each)
        finally:
            _one_large_answer.release()

    def multistatus(
        self, method: str, href: str, body: bytes, depth: int, each: Callable[[Entry], object] | None = None
    ) -> Multistatus:
        """Send a PROPFIND or REPORT whose answer has to be a whole multistatus."""
        answer, found = self.ask(method, href, body, depth, each)
        if found is None:
            raise refusal(answer)
        return found

    def properties(self, href: str, body: bytes) -> Entry:
        """Return one resource's own properties. Raises `CollectionGoneError` where nothing stands."""
        entries = self.multistatus("PROPFIND", href, body, 0).entries
        if not entries:
            raise PartialAnswerError
        if entries[0].is_absent:  # a deleted calendar as 207 with the 404 inside
            raise CollectionGoneError
        return entries[0]

    def _send(self, method: str, href: str, body: bytes, headers: Mapping[str, str], limit: int) -> HttpAnswer:
        answer = self._send_once(method, href, body, headers, limit)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._login.take_challenge(
            answer.headers.get_all("WWW-Authenticate", [])
        ):
            answer = self._send_once(method, href, body, headers, limit)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._login.why_silent:
            raise LoginRefusedError(self._login.why_silent, status=answer.status)
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}:
            raise refusal(answer)
        return answer

    def _send_once(self, method: str, href: str, body: bytes, headers: Mapping[str, str], limit: int) -> HttpAnswer:
        target = self.spelled(href)
        named = {"User-Agent": f"syncd/{__version__}"}
        named.update((name.replace("_", "-"), value) for name, value in headers.items())
        if body and "Content-Type" not in named:
            named["Content-Type"] = "application/xml; charset=utf-8"
        if authorization := self._login.header(method, target):
            named["Authorization"] = authorization
        self.requests += 1
        started = time.perf_counter()
        answer = self._transport.send(self.origin, Request(method, target, named, body, limit), self._guard)
        took = time.perf_counter() - started
        self._on_answer(method, answer.status, took)
        if _logger.isEnabledFor(logging.DEBUG):  # an idle cycle is one request: it must not pay for a line unwritten
            log.debug("request answered", method=method, href=href, status=int(answer.status), seconds=round(took, 3))
        return answer


_REFUSALS: Mapping[int, type[RemoteError]] = {
    HTTPStatus.UNAUTHORIZED: LoginRefusedError,
    HTTPStatus.FORBIDDEN: ForbiddenError,
    HTTPStatus.NOT_FOUND: CollectionGoneError,
    HTTPStatus.GONE: CollectionGoneError,
    HTTPStatus.PRECONDITION_FAILED: PreconditionFailedError,
    HTTPStatus.LOCKED: PreconditionFailedError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLargeError,
    HTTPStatus.INSUFFICIENT_STORAGE: PartialAnswerError,
    HTTPStatus.NOT_MODIFIED: PartialAnswerError,
}


def refusal(answer: HttpAnswer) -> RemoteError:
    """Return the error that an answer's status means for a collection; ``details["status"]`` says which it was."""
    status = answer.status
    if status == HTTPStatus.TOO_MANY_REQUESTS or (answer.is_server_error and "Retry-After" in answer.headers):
        return RateLimitedError(status=status, retry_after=pause_of(answer.headers.get("Retry-After", "")))
    if answer.is_redirect:
        where = printable(answer.headers.get("Location", "elsewhere"))
        return CollectionGoneError(
            f"The calendar is not here: the server points to {where}", status=status, redirected=True
        )
    if known := _REFUSALS.get(status):
        return known(status=status)
    return (UnavailableError if answer.is_server_error else RemoteError)(f"The server answered {status}", status=status)


def pause_of(value: str, now: datetime | None = None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110 section 10.2.3: a number, or a date): an hour at most.

    None where it says neither.
    """
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return _LONGEST_PAUSE if len(value) > len(str(_LONGEST_PAUSE)) else min(float(value), _LONGEST_PAUSE)
    try:
        until = parsedate_to_datetime(value)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        seconds = (until - (now or datetime.now(UTC))).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(0.0, seconds), _LONGEST_PAUSE)


def printable(text: str) -> str:
    """Return a server's words as they may stand in a message: without control characters, and not too long."""
    return "".join(one if one.isprintable() else "?" for one in text[:200])
