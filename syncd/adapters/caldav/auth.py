"""Logins: Basic (RFC 7617), Digest (RFC 7616) and Bearer (RFC 6750), chosen by what the server asks for.

Credentials go along unasked where nobody can read them on the way: some servers never ask, they answer a stranger. Over
plain HTTP to another machine they wait for the server's challenge, so that one with Digest never sees the password.
"""

import base64
import re
import urllib.request
from collections.abc import Iterable, Mapping
from threading import Lock

from syncd.adapters.caldav.urls import Origin
from syncd.ports.calendars import Account

_NEXT_CHALLENGE = re.compile(r",\s*(?=(?:Basic|Digest|Bearer|Negotiate|NTLM)\s)", re.IGNORECASE)


class Login:
    """One account's credentials at one origin. Threads may share it."""

    def __init__(self, origin: Origin, account: Account) -> None:
        self._origin = origin
        self._account = account
        self._lock = Lock()
        self._is_asked = origin.keeps_secrets
        self._challenge: Mapping[str, str] = {}
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, origin.url("/"), account.username, account.secret)
        self._digest = urllib.request.HTTPDigestAuthHandler(passwords)

    def header(self, method: str, target: str) -> str | None:
        """Return the Authorization header for a request, None where the server has to ask first."""
        if self._account.bearer:
            return f"Bearer {self._account.secret}"
        with self._lock:  # the digest handler counts the uses of a nonce
            if self._challenge:
                request = urllib.request.Request(self._origin.url("/"), method=method)  # noqa: S310 - not opened
                request.selector = target
                return f"Digest {self._digest.get_authorization(request, self._challenge)}"
            return self._basic() if self._is_asked else None

    def _basic(self) -> str:
        pair = f"{self._account.username}:{self._account.secret}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def take_challenge(self, headers: Iterable[str]) -> bool:
        """Read the WWW-Authenticate headers of a 401; tell whether asking once more may help."""
        if self._account.bearer:
            return False
        offers = dict(_challenges(headers))
        with self._lock:
            if "digest" in offers:
                is_news = offers["digest"].get("nonce") != self._challenge.get("nonce")
                self._challenge = offers["digest"]
                return is_news
            is_news = "basic" in offers and not self._is_asked
            self._is_asked = self._is_asked or is_news
            return is_news


def _challenges(headers: Iterable[str]) -> Iterable[tuple[str, Mapping[str, str]]]:
    for header in headers:
        for challenge in _NEXT_CHALLENGE.split(header):
            scheme, _, parameters = challenge.strip().partition(" ")
            pairs = [pair for pair in urllib.request.parse_http_list(parameters) if "=" in pair]
            yield scheme.lower(), urllib.request.parse_keqv_list(pairs)
