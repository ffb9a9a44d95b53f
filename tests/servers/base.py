"""What the tests ask of any server: an address, a login, fresh collections, and the provider's own hand in them."""

import base64
import http.client
import secrets
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import quote, urlsplit

from syncd.ports.remote.values import Account

_STARTUP_SECONDS = 30.0

_MKCALENDAR = """<?xml version="1.0" encoding="utf-8"?>
<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
  <D:set><D:prop><D:displayname>{name}</D:displayname></D:prop></D:set>
</C:mkcalendar>"""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Hand:
    """A bare HTTP client with a login: the provider's own program, which knows nothing of syncd.

    Hrefs are decoded absolute paths.
    """

    def __init__(self, url: str, username: str, password: str) -> None:
        self._host, self._port = urlsplit(url).hostname or "", urlsplit(url).port
        self.login = base64.b64encode(f"{username}:{password}".encode()).decode()

    def request(self, method: str, href: str, body: bytes = b"", **headers: str) -> Answer:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, quote(href), body or None, {"Authorization": f"Basic {self.login}", **named})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def _succeed(self, method: str, href: str, body: bytes = b"", **headers: str) -> Answer:
        answer = self.request(method, href, body, **headers)
        assert answer.status < 300, f"{method} {href}: {answer.status} {answer.body[:500]!r}"
        return answer

    def put(self, href: str, body: bytes) -> None:
        self._succeed("PUT", href, body, Content_Type="text/calendar; charset=utf-8")

    def get(self, href: str) -> bytes:
        return self._succeed("GET", href).body

    def delete(self, href: str) -> None:
        self._succeed("DELETE", href)

    def make_collection(self, href: str, name: str) -> None:
        self._succeed("MKCALENDAR", href, _MKCALENDAR.format(name=name).encode(), Content_Type="application/xml")


class Server(ABC):
    """A CalDAV server under test. ``url`` is its root, ``home`` the path under which the account's collections lie."""

    username = "provider"
    password = "correct horse"
    home = "/provider/"

    def __init__(self) -> None:
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def account(self) -> Account:
        return Account(url=self.url, username=self.username, secret=self.password)

    @property
    def hand(self) -> Hand:
        return Hand(self.url, self.username, self.password)

    def make_collection(self, name: str | None = None) -> str:
        """Make an empty collection that no other test uses, and return its URL."""
        slug = f"c{secrets.token_hex(6)}"
        self.hand.make_collection(f"{self.home}{slug}/", name or slug)
        return f"{self.url.rstrip('/')}{self.home}{slug}/"

    @abstractmethod
    def start(self) -> Self: ...

    @abstractmethod
    def stop(self) -> None: ...

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class ServerProcess(Server):
    """A real server in a process of its own, with its data in ``folder``."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def arguments(self) -> list[str]:
        """Return what follows ``python -m``, having written what the server needs to find in its folder."""

    def start(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        log = (self.folder / "server.log").open("wb")
        with log:
            self._process = subprocess.Popen([sys.executable, "-m", *self.arguments()], stdout=log, stderr=log)
        self._wait_until_it_answers()
        return self

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _STARTUP_SECONDS
        while time.monotonic() < deadline and self._process and self._process.poll() is None:
            try:
                self.hand.request("OPTIONS", "/")
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise RuntimeError(f"{type(self).__name__} did not start: {(self.folder / 'server.log').read_text()[-2000:]}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None
