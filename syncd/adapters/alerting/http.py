"""Alerts and pings over HTTP: one exchange under one deadline, no redirect, the certificate always verified.

Only the address's host stands in words: paths of webhooks and pings are secrets.
"""

import hashlib
import hmac
import http.client
import ssl
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from syncd.adapters.alerting.deadline import cut_after
from syncd.adapters.alerting.guarded import Guarded, GuardedTls
from syncd.core.access.networks import OPEN, ForbiddenAddressError, Guard
from syncd.ports.alerting import ChannelError

_AGENT = "syncd"


def signature(secret: str, body: bytes, now: datetime) -> str:
    """Return what the header ``Syncd-Signature`` holds: ``t=SECONDS,v1=HEX``.

    HEX is the HMAC-SHA256, keyed with the secret, of the seconds since 1970, a dot, and the body. A receiver that
    refuses old seconds is safe from what somebody recorded and sends again.
    """
    seconds = int(now.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


class HttpWebhook:
    """Posts alerts to one address. ``timeout``: seconds that all of an exchange may take."""

    def __init__(
        self, url: str, secret: str, *, timeout: float = 15.0, ca_file: Path | None = None, guard: Guard = OPEN
    ) -> None:
        """Connect to nothing yet."""
        self._secret = secret
        self._exchange = _Exchange(url, timeout, ca_file, guard)

    def post(self, notice_id: str, body: bytes, now: datetime) -> str:
        """Hand a body over, and say how it was taken."""
        headers = {
            "Content-Type": "application/json",
            "Syncd-Id": notice_id,
            "Syncd-Signature": signature(self._secret, body, now),
        }
        return self._exchange.run("POST", body, headers)


class HttpPing:
    """Asks for one address."""

    def __init__(self, url: str, *, timeout: float = 10.0, ca_file: Path | None = None, guard: Guard = OPEN) -> None:
        """Connect to nothing yet."""
        self._exchange = _Exchange(url, timeout, ca_file, guard)

    def ping(self) -> str:
        """Ask for it, and say what was answered."""
        return self._exchange.run("GET", None, {})


class _Exchange:
    """A request to one address, by way of the proxy that the environment names, if it names one."""

    def __init__(self, url: str, timeout: float, ca_file: Path | None, guard: Guard) -> None:
        self._guard = guard
        self._url = urlsplit(url)
        self._timeout = timeout
        self._ca_file = ca_file

    @property
    def _host(self) -> str:
        return self._url.netloc

    def run(self, method: str, body: bytes | None, headers: Mapping[str, str]) -> str:
        """Return in words how the address answered. Raises `ChannelError` unless it took the request."""
        try:
            status, reason = self._answer(method, body, headers)
        except ForbiddenAddressError as error:
            raise ChannelError(error.message) from error
        except ssl.SSLCertVerificationError as error:
            raise ChannelError(f"The certificate of {self._host} is not trusted ({error.verify_message}).") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ChannelError(f"{self._host} cannot be reached: {_reason(error)}.") from error
        said = f"{self._host} answered {status} {reason}".strip()
        if status // 100 == 3:
            raise ChannelError(f"{said}: a redirect is not followed. Give the address that it leads to.")
        if status // 100 != 2:
            raise ChannelError(f"{said}.")
        return f"{said}."

    def _answer(self, method: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, str]:
        connection, target, more = self._connection()
        sent = {"User-Agent": _AGENT, "Connection": "close", **more, **headers}
        with closing(connection), cut_after(self._timeout, lambda: connection.sock) as is_over:
            connection.request(method, target, body, sent)
            with connection.getresponse() as answer:
                if is_over.is_set():  # what was cut off reads as an answer that ended
                    raise TimeoutError
                return answer.status, _printable(answer.reason)

    def _connection(self) -> tuple[http.client.HTTPConnection, str, dict[str, str]]:
        """Return a connection, what to ask for on it, and what headers a proxy wants."""
        url = self._url
        target = url._replace(scheme="", netloc="", fragment="").geturl() or "/"
        proxy = _proxy_for(url)
        if proxy is None:
            return self._connecting(url.scheme, url.hostname or "", url.port, self._guard), target, {}
        login = _login(proxy)
        if url.scheme == "https":
            connection = self._connecting("https", proxy.hostname or "", proxy.port)
            connection.set_tunnel(url.hostname or "", url.port or 443, headers=login)
            return connection, target, {}
        connection = self._connecting("http", proxy.hostname or "", proxy.port)
        return connection, url._replace(fragment="").geturl(), login

    def _connecting(self, scheme: str, host: str, port: int | None, guard: Guard = OPEN) -> http.client.HTTPConnection:
        """Return a connection, not open yet; the guard is not asked about a proxy, which the machine's owner named."""
        if scheme == "http":
            return Guarded(host, port, timeout=self._timeout, guard=guard)
        context = ssl.create_default_context()
        if self._ca_file is not None:
            context.load_verify_locations(self._ca_file)
        return GuardedTls(host, port, timeout=self._timeout, context=context, guard=guard)


def _proxy_for(url: SplitResult) -> SplitResult | None:
    named = getproxies().get(url.scheme)
    if not named or proxy_bypass(url.hostname or ""):
        return None
    return urlsplit(named if "//" in named else f"http://{named}")


def _login(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text[:60])


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "it took too long"
        case http.client.RemoteDisconnected() | ConnectionResetError():
            return "the connection ended without an answer"
        case http.client.HTTPException():
            return "it does not answer as a web server does"
        case OSError() if error.strerror:
            return error.strerror
        case _:
            return type(error).__name__
