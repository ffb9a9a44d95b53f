"""HTTP: one request over a pooled connection, within a total time and size. No redirects, no retries.

The base is `http.client`. Measured in one run beside its bare loop (0.19 ms of CPU a request): this adds 0.1, pools of
urllib3 2.8 0.18, pools of urllib3-future 2.25 (which is what `urllib3` is wherever caldav and its niquests are
installed) 0.52, niquests 0.58; and none of them bounds the look-up of a name or the whole of an answer.
"""

import http.client
import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Lock

from syncd.adapters.caldav.answers import HttpAnswer, decoded
from syncd.adapters.caldav.dialing import Dialer, Proxy, Wire, proxy_for
from syncd.adapters.caldav.urls import Origin
from syncd.core.access.networks import OPEN, ForbiddenAddressError, Guard
from syncd.ports.remote.errors import (
    AddressRefusedError,
    LoginRefusedError,
    NotTrustedError,
    PartialAnswerError,
    RemoteError,
    UnavailableError,
)

__all__ = ["HttpAnswer", "Request", "Transport"]

_POOLED_CONNECTIONS = 64
_IDLE_SECONDS = 15.0  # servers close idle connections after 5 to 75 seconds; one that is closed costs a failed write


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes out: ``target`` is escaped, ``limit`` bounds the answer's body in bytes."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    limit: int = 1 << 23


class _Response(http.client.HTTPResponse):
    """Passes over informational answers (RFC 9110 section 15.2); http.client does so for 100 alone."""

    def begin(self) -> None:
        super().begin()
        while self.status < HTTPStatus.OK:
            if self.status == HTTPStatus.SWITCHING_PROTOCOLS:
                raise http.client.BadStatusLine("another protocol, which nobody asked for")
            self.headers = self.msg = None  # type: ignore[assignment]  # so begin() reads the next one
            super().begin()


class _Connection:
    """A connection to one origin, opened by its first request, where ``guard`` lets it go."""

    def __init__(self, origin: Origin, dialer: Dialer, guard: Guard) -> None:
        self.origin = origin
        self.guard = guard
        self.used_at = 0.0
        self._dialer = dialer
        self._proxy: Proxy | None = None
        self._wire: Wire | None = None
        self._http = http.client.HTTPConnection(origin.host, origin.port)
        self._http.default_port = 443 if origin.scheme == "https" else 80
        self._http.response_class = _Response

    def exchange(self, request: Request, deadline: float) -> tuple[HttpAnswer, bool]:
        """Send and receive; the second value tells whether the connection may carry another request."""
        wire = self._armed(deadline)
        with suppress(BrokenPipeError):  # a server may refuse a large body before it has read it: its answer is there
            self._send(request)
        response = self._http.getresponse()
        declared = response.length
        body = response.read(request.limit + 1)
        if declared is not None and len(body) < min(declared, request.limit + 1):
            raise http.client.IncompleteRead(body, declared - len(body))  # read(n) itself stops without a complaint
        is_reusable = len(body) <= request.limit and not response.will_close and not wire.has_rest()
        if encoding := response.headers.get("Content-Encoding"):
            body = decoded(body, encoding, request.limit)
        cut = len(body) > request.limit
        return HttpAnswer(response.status, response.headers, body[: request.limit] if cut else body, cut), is_reusable

    def _send(self, request: Request) -> None:
        target, headers = request.target, request.headers
        if self._proxy is not None and self.origin.scheme == "http":
            target = f"http://{self.origin.netloc}{target}"
            headers = {**headers, "Proxy-Authorization": self._proxy.login} if self._proxy.login else headers
        try:
            self._http.request(request.method, target, request.body or None, _encoded(headers))
        except ValueError:  # a header that cannot be sent; its text stays out of sight, it may be the login
            raise LoginRefusedError("The login holds characters that cannot be sent") from None

    def _armed(self, deadline: float) -> Wire:
        if self._wire is None:
            self._proxy = proxy_for(self.origin)
            self._wire = self._dialer.connect(self.origin, self._proxy, deadline, self.guard)
            self._http.sock = self._wire  # it has what http.client uses of a socket
        self._wire.deadline = deadline
        return self._wire

    def is_usable(self) -> bool:
        """Tell whether the server has most likely not closed it meanwhile."""
        is_fresh = self.used_at > time.monotonic() - _IDLE_SECONDS
        return is_fresh and self._wire is not None and not self._wire.has_news()

    def close(self) -> None:
        self._http.close()
        if self._wire is not None:
            self._wire.hang_up()


class Transport:
    """Sends requests, from many threads at once; keeps a few connections open for the next ones.

    ``timeout`` is for all of a request, in seconds: look-up, connecting, TLS, sending and the whole answer. Proxies are
    those that ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` name. ``longest``: seconds for all
    requests together.
    """

    def __init__(self, timeout: float, ca_file: Path | None = None, longest: float | None = None) -> None:
        self._timeout = timeout
        self._ends_at = time.monotonic() + longest if longest else None
        self._idle: deque[_Connection] = deque()
        self._lock = Lock()
        tls = ssl.create_default_context()
        if ca_file is not None:
            tls.load_verify_locations(ca_file)
        self._dialer = Dialer(tls)

    def send(self, origin: Origin, request: Request, guard: Guard = OPEN) -> HttpAnswer:
        """Return the answer. Raises `UnavailableError` without one, `PartialAnswerError` where it breaks off.

        A connection that one guard let through serves no request of another.
        """
        deadline = time.monotonic() + self._timeout
        if self._ends_at is not None:
            deadline = min(deadline, self._ends_at)
        connection = self._take(origin, guard)
        is_reusable = False
        try:
            with _translating(origin):
                answer, is_reusable = connection.exchange(request, deadline)
        finally:
            if is_reusable:
                self._keep(connection)
            else:
                connection.close()
        return answer

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def _take(self, origin: Origin, guard: Guard) -> _Connection:
        with self._lock:
            fitting = (one for one in reversed(self._idle) if one.origin == origin and one.guard == guard)
            idle = next(fitting, None)
            if idle is not None:
                self._idle.remove(idle)
        if idle is not None and idle.is_usable():
            return idle
        if idle is not None:
            idle.close()
        return _Connection(origin, self._dialer, guard)

    def _keep(self, connection: _Connection) -> None:
        connection.used_at = time.monotonic()
        with self._lock:
            self._idle.append(connection)
            surplus = self._idle.popleft() if len(self._idle) > _POOLED_CONNECTIONS else None
        if surplus is not None:
            surplus.close()


def _encoded(headers: Mapping[str, str]) -> dict[str, bytes]:
    """Encode as UTF-8, which logins may need (RFC 7617 section 2.1); http.client by itself takes Latin-1 only."""
    return {name: value.encode() for name, value in headers.items()}


@contextmanager
def _translating(origin: Origin) -> Iterator[None]:
    """Give every failure of sending, and of reading an answer, as a `RemoteError`."""
    try:
        yield
    except RemoteError:
        raise
    except ForbiddenAddressError as error:
        raise AddressRefusedError(error.message, **error.details) from error
    except (OSError, http.client.HTTPException) as error:
        raise _translated(error, origin) from error
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        raise PartialAnswerError(f"What {origin.netloc} answered is no HTTP") from error


def _translated(error: OSError | http.client.HTTPException, origin: Origin) -> RemoteError:
    match error:
        case http.client.IncompleteRead():
            return PartialAnswerError(f"{origin.netloc} broke off in the middle of its answer")
        case ssl.SSLCertVerificationError():
            return NotTrustedError(
                f"The certificate of {origin.netloc} is not trusted ({error.verify_message}); "
                "for a certificate of your own authority, set its file as ca_file"
            )
        case TimeoutError():
            return UnavailableError(f"{origin.netloc} did not answer in time")
        case socket.gaierror():
            return UnavailableError(f"There is no host called {origin.host}")
        case _:
            return UnavailableError(f"{origin.netloc} cannot be reached: {str(error) or type(error).__name__}")
