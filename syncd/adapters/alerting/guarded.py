"""Connections that a guard lets pass: it is asked about the very addresses that are then connected to."""

import socket
from http.client import HTTPConnection, HTTPSConnection
from typing import Any

from syncd.core.access.networks import OPEN, Guard


def connected(guard: Guard, address: tuple[str, int], timeout: float | None = None) -> socket.socket:
    """Return a connection to a host and port. Raises `OSError`, or `ForbiddenAddressError`."""
    host, port = address
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    guard.check(host, [str(where[0]) for *_, where in found])
    last: OSError = OSError(f"no address answered for {host}")
    for family, kind, protocol, _, where in found:
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(timeout)
            opened.connect(where)
        except OSError as error:
            opened.close()
            last = error
        else:
            return opened
    raise last


class Guarded(HTTPConnection):
    """An HTTP connection that goes only where its guard lets it go."""

    def __init__(self, *args: Any, guard: Guard = OPEN, **named: Any) -> None:
        super().__init__(*args, **named)
        self._create_connection = lambda address, timeout=None, _source=None: connected(guard, address, timeout)


class GuardedTls(HTTPSConnection):
    """The same over TLS."""

    def __init__(self, *args: Any, guard: Guard = OPEN, **named: Any) -> None:
        super().__init__(*args, **named)
        self._create_connection = lambda address, timeout=None, _source=None: connected(guard, address, timeout)
