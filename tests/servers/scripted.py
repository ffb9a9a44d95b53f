"""A CalDAV server in the test's own process, with any quirk that a real one was seen to have, and any fault."""

import gzip
import hashlib
import ssl
import threading
import time
import zlib
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import unquote, urlsplit
from urllib.request import parse_http_list, parse_keqv_list

from syncd.ports.remote.values import Account
from tests.servers.base import Answer, Hand, Server
from tests.servers.quirks import Auth, Quirks
from tests.servers.scripted_dav import Dav

_NONCE = "5ca1ab1e"
_REALM = "scripted"


class Seen(NamedTuple):
    """A request that arrived."""

    method: str
    href: str
    headers: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to one request: another answer, none, half of it, or a slow one. ``carried_out``: and it took place.

    ``closes``: the connection is closed after the answer, without notice. ``before`` is called when the request has
    arrived. ``during`` is called before it is carried out; on a PUT after the check of its preconditions, the moment at
    which two writers meet. ``informs`` are the bytes of informational answers that come before.
    """

    answer: Answer | None = None
    drops: bool = False
    cuts: bool = False
    drips: bool = False
    closes: bool = False
    carried_out: bool = False
    before: Callable[[], object] | None = None
    during: Callable[[], object] | None = None
    informs: bytes = b""


def status(code: int, **headers: str) -> Fault:
    """Return the fault that answers with a status instead of doing what was asked."""
    return Fault(answer=Answer(code, {name.replace("_", "-"): value for name, value in headers.items()}, b""))


class Scripted(Server):
    """Serves one account. ``seen`` lists the requests that syncd made; the provider's hand leaves no trace there."""

    home = "/home/"

    def __init__(self, quirks: Quirks | None = None, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.quirks = quirks or Quirks()
        self.dav = Dav(self.quirks, self.url)
        self.seen: list[Seen] = []
        self.lock = threading.RLock()
        self.open_connections = 0
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        handler = type("Handler", (_Handler,), {"owner": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._http.daemon_threads = True
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def account(self) -> Account:
        return replace(super().account, bearer=self.quirks.auth is Auth.BEARER)

    @property
    def hand(self) -> Hand:
        return ScriptedHand(self)

    def behave(self, **quirks: Any) -> None:
        """Take on other quirks, as a server does after an upgrade."""
        self.quirks = self.dav.quirks = replace(self.quirks, **quirks)

    def fail(self, method: str, *faults: Fault) -> None:
        """Script what happens to the next requests with that method."""
        self._faults[method].extend(faults)

    def next_fault(self, method: str) -> Fault | None:
        with self.lock:
            return self._faults[method].popleft() if self._faults[method] else None

    def count(self, method: str | None = None) -> int:
        """Return how many requests arrived from syncd."""
        return sum(method in {None, seen.method} for seen in self.seen)

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=10)


class ScriptedHand(Hand):
    """The provider's hand, straight in the server's memory: no quirk and no fault comes in between."""

    def __init__(self, server: Scripted) -> None:
        super().__init__(server.url, server.username, server.password)
        self._server = server

    def request(self, method: str, href: str, body: bytes = b"", **headers: str) -> Answer:
        with self._server.lock, self._server.dav.well_behaved():
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return self._server.dav.answer(method, href, named, body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    owner: Scripted

    def setup(self) -> None:
        with self.owner.lock:
            self.owner.open_connections += 1
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.connection.close()
        with self.owner.lock:
            self.owner.open_connections -= 1

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def serve(self) -> None:
        href = unquote(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = dict(self.headers.items())
        self.owner.seen.append(Seen(self.command, href, headers))
        refused = self._refused(href)
        fault = self.owner.next_fault(self.command) if refused is None else None
        if fault and fault.before:
            fault.before()
        if fault and fault.drops and not fault.carried_out:
            self.close_connection = True
            return
        answer = self._encoded(refused or self._answer(href, headers, body, fault))
        if fault and fault.drops:
            self.close_connection = True
            return
        self._send(answer, fault)

    do_GET = do_PUT = do_DELETE = do_OPTIONS = do_PROPFIND = do_REPORT = do_MKCALENDAR = serve  # noqa: N815 - the names that http.server looks for

    def _answer(self, href: str, headers: dict[str, str], body: bytes, fault: Fault | None) -> Answer:
        if fault and fault.answer and not fault.carried_out:
            return fault.answer
        with self.owner.lock:
            answer = self.owner.dav.answer(self.command, href, headers, body, fault.during if fault else None)
        return fault.answer if fault and fault.answer else answer

    def _encoded(self, answer: Answer) -> Answer:
        quirks = self.owner.quirks
        if quirks.spoils_xml and answer.status == 207:
            answer = answer._replace(body=quirks.spoils_xml(answer.body))
        if not quirks.encodes or not answer.body:
            return answer
        body = gzip.compress(answer.body) if quirks.encodes == "gzip" else zlib.compress(answer.body)
        return answer._replace(body=body, headers={**answer.headers, "Content-Encoding": quirks.encodes})

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        if fault and fault.informs:
            self.wfile.write(fault.informs)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if fault and fault.closes:
            self.close_connection = True
        if fault and fault.cuts:
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.close_connection = True
        elif fault and fault.drips:
            self._drip(answer.body)
        else:
            self.wfile.write(answer.body)

    def _drip(self, body: bytes) -> None:
        self.close_connection = True
        for byte in body:
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return
            time.sleep(0.05)

    # Logins

    def _refused(self, href: str) -> Answer | None:
        quirks = self.owner.quirks
        given = self.headers.get("Authorization", "")
        if self._is_right(quirks.auth, given):
            return None
        if quirks.answers_strangers_at_root and href == "/" and not given:
            return self.owner.dav.to_stranger()
        challenges = {
            Auth.BASIC: f'Basic realm="{_REALM}"',
            Auth.BEARER: f'Bearer realm="{_REALM}"',
            Auth.DIGEST: f'Digest realm="{_REALM}", nonce="{_NONCE}", qop="auth", algorithm=MD5',
        }
        challenge = ", ".join([*quirks.challenges, challenges[quirks.auth]])
        return Answer(401, {"WWW-Authenticate": challenge}, b"")

    def _is_right(self, auth: Auth, given: str) -> bool:
        account = self.owner.account
        match auth:
            case Auth.BASIC:
                return given == f"Basic {self.owner.hand.login}"
            case Auth.BEARER:
                return given == f"Bearer {account.secret}"
            case Auth.DIGEST:
                return given.startswith("Digest ") and self._digest_is_right(account, given.removeprefix("Digest "))

    def _digest_is_right(self, account: Account, given: str) -> bool:
        """RFC 7616 section 3.4.1, with qop=auth."""
        said = parse_keqv_list(parse_http_list(given))
        ours = _md5(f"{account.username}:{_REALM}:{account.secret}")
        theirs = _md5(f"{self.command}:{self.path}")
        response = _md5(f"{ours}:{_NONCE}:{said.get('nc')}:{said.get('cnonce')}:auth:{theirs}")
        return said.get("response") == response and said.get("uri") == self.path


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
