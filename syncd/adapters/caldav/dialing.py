"""Connections: name look-up, connecting, a proxy and TLS, all within one deadline.

`socket.create_connection` gives each address the whole time-out and waits for the name service without any; four dead
addresses took four time-outs. Here the time is shared: each address gets an even part of what is left.
"""

import base64
import io
import ipaddress
import select
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from http.client import HTTPResponse
from threading import Lock, Thread
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from syncd.adapters.caldav.urls import Origin
from syncd.core.access.networks import Guard
from syncd.ports.remote.errors import UnavailableError

_CHUNK = 1 << 16
_Address = tuple[Any, ...]


class Proxy(NamedTuple):
    """A proxy, as ``HTTP_PROXY`` and ``HTTPS_PROXY`` name it; ``login`` is a Proxy-Authorization header."""

    host: str
    port: int
    login: str | None = None


def proxy_for(origin: Origin) -> Proxy | None:
    """Return the proxy that the environment names for an origin (``NO_PROXY`` lists those that have none).

    Raises `UnavailableError` for one that is no HTTP proxy.
    """
    named = getproxies_environment()
    url = named.get(origin.scheme) or named.get("all")
    if not url or proxy_bypass_environment(f"{origin.host}:{origin.port}", named):
        return None
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or 80
    except ValueError:
        raise UnavailableError("The proxy's address in the environment cannot be read") from None
    if parts.scheme != "http" or not parts.hostname:
        raise UnavailableError(f"syncd goes through HTTP proxies only, and the environment names {parts.scheme}://")
    return Proxy(parts.hostname, port, _basic(parts.username, parts.password))


def _basic(username: str | None, password: str | None) -> str | None:
    if username is None:
        return None
    return "Basic " + base64.b64encode(f"{unquote(username)}:{unquote(password or '')}".encode()).decode()


class Lookups:
    """Asks the name service in a thread of its own, one question a host at a time, since it takes no time-out."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way: dict[tuple[str, int], Future[list[_Address]]] = {}

    def addresses(self, host: str, port: int, deadline: float) -> Sequence[_Address]:
        """Return what `socket.getaddrinfo` does. Raises `TimeoutError`, or its error."""
        with suppress(ValueError):
            ipaddress.ip_address(host.partition("%")[0])
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return self._asked(host, port).result(max(deadline - time.monotonic(), 0.001))

    def _asked(self, host: str, port: int) -> Future[list[_Address]]:
        with self._lock:
            asked = self._under_way.get((host, port))
            if asked is not None:
                return asked
            asked = self._under_way[host, port] = Future()
        Thread(target=self._ask, args=(host, port, asked), name=f"look-up of {host}", daemon=True).start()
        return asked

    def _ask(self, host: str, port: int, asked: Future[list[_Address]]) -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # a name that IDNA cannot encode is one that nobody has
            answer = error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME, "no such name")
            self._forget(host, port)
            asked.set_exception(answer)
        else:
            self._forget(host, port)
            asked.set_result(list(found))

    def _forget(self, host: str, port: int) -> None:
        with self._lock:
            self._under_way.pop((host, port), None)


class Wire:
    """A connected socket on which every wait ends at ``deadline``, so that no server can drip an answer for ever.

    It has the part of a socket's interface that `http.client` uses. One buffered reader serves all its answers, so that
    what came after one (an answer that nobody asked for) is seen before the next request goes out.
    """

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket = connected
        self._stream = connected.makefile("rb", buffering=0)
        self._raw = _WireReader(self, self._stream)
        self._reader = _Reader(self._raw, _CHUNK)
        self.deadline = deadline

    def arm(self) -> None:
        """Let the next wait end at the deadline. Raises `TimeoutError` when that is past."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._socket.settimeout(left)

    def sendall(self, data: bytes) -> None:
        """Send all of it, within the deadline: over TLS the time-out of a socket is for each part."""
        view = memoryview(data)
        while view:
            self.arm()
            view = view[self._socket.send(view) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the reader of all answers."""
        return self._reader

    def has_news(self) -> bool:
        """Tell whether something came that nobody asked for: the server's goodbye, or an answer too many."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        return self.has_rest() or bool(waiting.poll(0))

    def has_rest(self) -> bool:
        """Tell whether more was read than the answer was long."""
        self._raw.is_paused = True
        try:
            return bool(self._reader.peek(1))
        finally:
            self._raw.is_paused = False

    def wrapped(self, tls: ssl.SSLContext, host: str) -> "Wire":
        """Return the same connection with TLS; the handshake ends at the deadline too."""
        self.arm()
        self._stream.close()
        return Wire(tls.wrap_socket(self._socket, server_hostname=host), self.deadline)

    def close(self) -> None:
        """Do nothing: `http.client` closes its socket before it has read an answer that is the last one."""

    def hang_up(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._socket.close()


class _Reader(io.BufferedReader):
    """Stays open when an answer has been read: `http.client` closes what it was given."""

    def close(self) -> None:
        pass


class _WireReader(io.RawIOBase):
    def __init__(self, wire: Wire, raw: Any) -> None:
        self._wire = wire
        self._raw = raw
        self.is_paused = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.is_paused:
            return None
        self._wire.arm()
        read: int | None = self._raw.readinto(buffer)
        return read


class Dialer:
    """Opens connections to origins, directly or through a proxy."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._lookups = Lookups()

    def connect(self, origin: Origin, proxy: Proxy | None, deadline: float, guard: Guard) -> Wire:
        """Return a connection on which requests to ``origin`` can be sent.

        ``guard`` is asked about the very addresses that are connected to; of a proxy, which looks the name up itself,
        about those that the name has here. Raises `OSError`, `UnavailableError` or `ForbiddenAddressError`.
        """
        addresses = self._checked(origin, proxy, deadline, guard)
        wire = Wire(self._connected(addresses, deadline), deadline)
        try:
            if origin.scheme != "https":
                return wire
            if proxy is not None:
                _tunnel(wire, origin, proxy)
            return wire.wrapped(self._tls, origin.host)
        except BaseException:
            wire.hang_up()
            raise

    def _checked(self, origin: Origin, proxy: Proxy | None, deadline: float, guard: Guard) -> Sequence[_Address]:
        """Return what to connect to, once the guard lets the origin pass."""
        if proxy is None:
            found = self._lookups.addresses(origin.host, origin.port, deadline)
            guard.check(origin.host, [where[0] for *_, where in found])
            return found
        if not guard.allows_all:
            with suppress(OSError):  # behind a proxy there may be no name service
                found = self._lookups.addresses(origin.host, origin.port, deadline)
                guard.check(origin.host, [where[0] for *_, where in found])
        return self._lookups.addresses(proxy.host, proxy.port, deadline)

    def _connected(self, addresses: Sequence[_Address], deadline: float) -> socket.socket:
        last: OSError = TimeoutError("no address answered")
        for address, seconds in _shares(addresses, deadline):
            try:
                return _open(address, seconds)
            except OSError as error:
                last = error
        raise last


def _shares(addresses: Sequence[_Address], deadline: float) -> Iterator[tuple[_Address, float]]:
    """Yield each address with its even part of the time that is left when its turn comes."""
    for number, address in enumerate(addresses):
        left = deadline - time.monotonic()
        if left <= 0:
            return
        yield address, left / (len(addresses) - number)


def _open(address: _Address, seconds: float) -> socket.socket:
    family, kind, protocol, _, where = address
    opened = socket.socket(family, kind, protocol)
    try:
        opened.settimeout(seconds)
        opened.connect(where)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        opened.close()
        raise
    return opened


def _tunnel(wire: Wire, origin: Origin, proxy: Proxy) -> None:
    """Ask a proxy for a way through (RFC 9110 section 9.3.6)."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    lines = [f"CONNECT {host}:{origin.port} HTTP/1.1", f"Host: {host}:{origin.port}"]
    lines += [f"Proxy-Authorization: {proxy.login}"] if proxy.login else []
    wire.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = HTTPResponse(wire, method="CONNECT")  # type: ignore[arg-type]  # it uses makefile() alone
    answer.begin()
    if not 200 <= answer.status < 300:
        raise UnavailableError(f"The proxy {proxy.host} answered {answer.status} to a connection to {origin.netloc}")
