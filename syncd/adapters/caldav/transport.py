"""HTTP: one request over a pooled connection, within a total time and size. No redirects, no retries, no proxies.

Measured beside a bare `http.client` loop: this adds about a tenth of a millisecond of CPU to a request, the caldav
library's client half a millisecond, which on a slow machine is more than an idle calendar may cost.
"""

import http.client
import io
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from syncd.adapters.caldav.urls import Origin
from syncd.ports.remote.errors import LoginRefusedError, PartialAnswerError, UnavailableError

_POOLED_CONNECTIONS = 64
_IDLE_SECONDS = 15.0  # servers close idle connections after 5 to 75 seconds; one that is closed costs a failed write
_CHUNK = 1 << 16


class HttpAnswer(NamedTuple):
    """What a server said. ``cut``: the body was longer than asked for, and is not whole."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    cut: bool = False

    @property
    def is_success(self) -> bool:
        """Tell a 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_redirect(self) -> bool:
        """Tell a 3xx."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST

    @property
    def is_server_error(self) -> bool:
        """Tell a 5xx."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def is_failure(self) -> bool:
        """Tell a server that could not do what it knows how to do: a 5xx that says nothing of what it holds."""
        knows = self.status not in {HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.INSUFFICIENT_STORAGE}
        return self.is_server_error and knows


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes out: ``target`` is escaped, ``limit`` bounds the answer's body in bytes."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    limit: int = 1 << 26


class _Wire:
    """A connected socket on which every wait ends at ``deadline``, so that no server can drip an answer for ever."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.deadline = 0.0

    def arm(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._socket.settimeout(left)

    def sendall(self, data: bytes) -> None:
        self.arm()
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_WireReader(self, self._socket.makefile("rb", buffering=0)), _CHUNK)

    def has_news(self) -> bool:
        """Tell whether something came that nobody asked for: the server's goodbye."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        return bool(waiting.poll(0))

    def close(self) -> None:
        self._socket.close()


class _WireReader(io.RawIOBase):
    def __init__(self, wire: _Wire, raw: socket.SocketIO) -> None:
        self._wire = wire
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._wire.arm()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Connection:
    """A connection to one origin, opened by its first request."""

    def __init__(self, origin: Origin, tls: ssl.SSLContext) -> None:
        self.origin = origin
        self.used_at = 0.0
        self._wire: _Wire | None = None
        self._http = (
            http.client.HTTPSConnection(origin.host, origin.port, context=tls)
            if origin.scheme == "https"
            else http.client.HTTPConnection(origin.host, origin.port)
        )

    def exchange(self, request: Request, deadline: float) -> tuple[HttpAnswer, bool]:
        """Send and receive; the second value tells whether the connection may carry another request."""
        self._arm(deadline)
        with suppress(BrokenPipeError):  # a server may refuse a large body before it has read it: its answer is there
            self._http.request(request.method, request.target, request.body or None, _encoded(request.headers))
        response = self._http.getresponse()
        declared = response.length
        body = response.read(request.limit + 1)
        if declared is not None and len(body) < min(declared, request.limit + 1):
            raise http.client.IncompleteRead(body, declared - len(body))  # read(n) itself stops without a complaint
        cut = len(body) > request.limit
        return HttpAnswer(response.status, response.headers, body[: request.limit], cut), not (
            cut or response.will_close
        )

    def _arm(self, deadline: float) -> None:
        if self._wire is None:
            self._http.timeout = max(deadline - time.monotonic(), 0.001)
            self._http.connect()
            connected: Any = self._http.sock  # typeshed takes connect() for one that leaves no socket
            self._wire = self._http.sock = _Wire(connected)
        self._wire.deadline = deadline

    def is_usable(self) -> bool:
        """Tell whether the server has most likely not closed it meanwhile."""
        is_fresh = self.used_at > time.monotonic() - _IDLE_SECONDS
        return is_fresh and self._wire is not None and not self._wire.has_news()

    def close(self) -> None:
        self._http.close()


class Transport:
    """Sends requests, from many threads at once; keeps a few connections open for the next ones."""

    def __init__(self, timeout: float, ca_file: Path | None = None) -> None:
        self._timeout = timeout
        self._idle: deque[_Connection] = deque()
        self._lock = Lock()
        self._tls = ssl.create_default_context()
        if ca_file is not None:
            self._tls.load_verify_locations(ca_file)

    def send(self, origin: Origin, request: Request) -> HttpAnswer:
        """Return the answer. Raises `UnavailableError` without one, `PartialAnswerError` where it breaks off."""
        deadline = time.monotonic() + self._timeout
        connection = self._take(origin)
        is_reusable = False
        try:
            answer, is_reusable = connection.exchange(request, deadline)
        except (OSError, http.client.HTTPException) as error:
            raise _translated(error, origin) from error
        except ValueError:  # a header that cannot be sent; its text stays out of sight, it may be the login
            raise LoginRefusedError("The login holds characters that cannot be sent") from None
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

    def _take(self, origin: Origin) -> _Connection:
        with self._lock:
            idle = next((found for found in reversed(self._idle) if found.origin == origin), None)
            if idle is not None:
                self._idle.remove(idle)
        if idle is not None and idle.is_usable():
            return idle
        if idle is not None:
            idle.close()
        return _Connection(origin, self._tls)

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


def _translated(error: OSError | http.client.HTTPException, origin: Origin) -> UnavailableError | PartialAnswerError:
    match error:
        case http.client.IncompleteRead():
            return PartialAnswerError(f"{origin.netloc} broke off in the middle of its answer")
        case ssl.SSLCertVerificationError():
            return UnavailableError(
                f"The certificate of {origin.netloc} is not trusted ({error.verify_message}); "
                "for a certificate of your own authority, set its file as ca_file"
            )
        case TimeoutError():
            return UnavailableError(f"{origin.netloc} did not answer in time")
        case socket.gaierror():
            return UnavailableError(f"There is no host called {origin.host}")
        case _:
            return UnavailableError(f"{origin.netloc} cannot be reached: {str(error) or type(error).__name__}")
