"""Radicale, in a process of its own on loopback, with one account per provider."""

import base64
import http.client
import importlib.util
import secrets
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import quote

from syncd.core.errors import RefusalError

_STARTS_WITHIN = 20.0


class DemoError(RefusalError):
    """The demo cannot go on."""

    code = "demo_failed"


class Login(NamedTuple):
    """An account on the demo's server."""

    username: str
    password: str


class Resource(NamedTuple):
    """What a calendar program sees of one event."""

    href: str
    etag: str
    body: str


class DemoServer:
    """A CalDAV server for the time of a ``with`` block. ``port`` None: any free one."""

    def __init__(self, folder: Path, usernames: tuple[str, ...], port: int | None = None) -> None:
        if importlib.util.find_spec("radicale") is None:
            raise DemoError("The demo needs Radicale, which is not installed. Run: pip install 'syncd[demo]'")
        self.logins = {name: Login(name, secrets.token_urlsafe(12)) for name in usernames}
        self.port = _bindable(port or 0)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's root."""
        return f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        """Start it and wait until it answers."""
        users = self._folder / "users"
        users.write_text("".join(f"{name}:{login.password}\n" for name, login in self.logins.items()))
        users.chmod(0o600)
        arguments = [
            "--config", "",
            "--server-hosts", f"127.0.0.1:{self.port}",
            "--auth-type", "htpasswd",
            "--auth-htpasswd-filename", str(users),
            "--auth-htpasswd-encryption", "plain",
            "--auth-delay", "0",
            "--storage-filesystem-folder", str(self._folder / "collections"),
            "--logging-level", "warning",
        ]  # fmt: skip
        with (self._folder / "radicale.log").open("wb") as log:
            command = [sys.executable, "-m", "radicale", *arguments]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own interpreter
        self._wait_until_it_answers(self._process)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=10)

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        self.__exit__()
        raise DemoError(f"The demo's calendar server did not start. See: {self._folder}/radicale.log")


class App:
    """A provider's calendar program: it reads and writes events by itself and knows nothing of syncd."""

    def __init__(self, server: DemoServer, login: Login) -> None:
        self._port = server.port
        self._login = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()

    def read(self, href: str) -> Resource:
        """Fetch one event."""
        response, body = self._request("GET", href)
        return Resource(href, response.getheader("ETag") or "", body.decode())

    def write(self, resource: Resource, body: str) -> str:
        """Store an edited event, unless somebody else changed it meanwhile; return its new ETag."""
        headers = {"If-Match": resource.etag, "Content-Type": "text/calendar"}
        response, _ = self._request("PUT", resource.href, body.encode(), headers)
        return response.getheader("ETag") or ""

    def delete(self, resource: Resource) -> None:
        """Delete an event."""
        self._request("DELETE", resource.href, headers={"If-Match": resource.etag})

    def _request(
        self, method: str, href: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            sent = {"Authorization": f"Basic {self._login}", "User-Agent": "demo calendar app", **(headers or {})}
            connection.request(method, quote(href), body, sent)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise DemoError(f"The demo's calendar server answered {response.status} to {method}.")
        return response, answer


def _bindable(port: int) -> int:
    """Return a port of loopback on which nobody listens: ``port``, or for 0 any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoError(f"Port {port} cannot be used: {error.strerror}. Name another with --port.") from error
        chosen: int = probe.getsockname()[1]
        return chosen
