"""Logins: Basic (RFC 7617), Digest (RFC 7616) and Bearer (RFC 6750), chosen by what the server asks for.

Credentials go along unasked where nobody can read them on the way: some servers never ask, they answer a stranger. Over
plain HTTP to another machine they wait for the server's challenge, so that one with Digest never sees the password.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from threading import Lock
from urllib.request import parse_http_list, parse_keqv_list

from syncd.adapters.caldav.urls import Origin
from syncd.ports.remote.values import Account

_NEXT_CHALLENGE = re.compile(r",\s*(?=(?:Basic|Digest|Bearer|Negotiate|NTLM)\s)", re.IGNORECASE)
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


class _Digest:
    """A Digest challenge that was taken up; it counts the uses of its nonce (RFC 7616 section 3.4)."""

    def __init__(self, challenge: Mapping[str, str]) -> None:
        self.nonce = challenge.get("nonce", "")
        self._challenge = challenge
        self._uses = count(1)

    @property
    def is_supported(self) -> bool:
        return self._algorithm in _HASHES

    @property
    def _algorithm(self) -> str:
        return self._challenge.get("algorithm", "MD5").upper()

    def header(self, account: Account, method: str, target: str) -> str:
        """Return the answer to the challenge for one request."""
        realm = self._challenge.get("realm", "")
        identity = self._hash(f"{account.username}:{realm}:{account.secret}")
        request = self._hash(f"{method}:{target}")
        quoted = {"username": account.username, "realm": realm, "nonce": self.nonce, "uri": target}
        plain = {"algorithm": self._algorithm}
        if "qop" in self._challenge:
            plain |= {"qop": "auth", "nc": f"{next(self._uses):08x}"}
            quoted["cnonce"] = secrets.token_hex(8)
            proof = f"{identity}:{self.nonce}:{plain['nc']}:{quoted['cnonce']}:auth:{request}"
        else:
            proof = f"{identity}:{self.nonce}:{request}"
        quoted["response"] = self._hash(proof)
        if "opaque" in self._challenge:
            quoted["opaque"] = self._challenge["opaque"]
        fields = [f'{name}="{_escaped(value)}"' for name, value in quoted.items()]
        return "Digest " + ", ".join(fields + [f"{name}={value}" for name, value in plain.items()])

    def _hash(self, text: str) -> str:
        return hashlib.new(_HASHES[self._algorithm], text.encode(), usedforsecurity=False).hexdigest()


class Login:
    """One account's credentials at one origin. Threads may share it."""

    def __init__(self, origin: Origin, account: Account) -> None:
        self._account = account
        self._lock = Lock()
        self._sends_basic = origin.keeps_secrets
        self._digest: _Digest | None = None

    def header(self, method: str, target: str) -> str | None:
        """Return the Authorization header for a request, None where the server has to ask first."""
        if self._account.bearer:
            return f"Bearer {self._account.secret}"
        with self._lock:
            if self._digest:
                return self._digest.header(self._account, method, target)
            return self._basic() if self._sends_basic else None

    def _basic(self) -> str:
        pair = f"{self._account.username}:{self._account.secret}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def take_challenge(self, headers: Iterable[str]) -> bool:
        """Read the WWW-Authenticate headers of a 401; tell whether asking once more may help."""
        if self._account.bearer:
            return False
        offers = list(_challenges(headers))
        digests = (_Digest(parameters) for scheme, parameters in offers if scheme == "digest")
        digest = next((offered for offered in digests if offered.is_supported), None)
        with self._lock:
            if digest:
                is_news = self._digest is None or digest.nonce != self._digest.nonce
                self._digest = digest if is_news else self._digest
                return is_news
            is_news = any(scheme == "basic" for scheme, _ in offers) and not self._sends_basic
            self._sends_basic = self._sends_basic or is_news
            return is_news


def _challenges(headers: Iterable[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for header in headers:
        for challenge in _NEXT_CHALLENGE.split(header):
            scheme, _, parameters = challenge.strip().partition(" ")
            pairs = [pair for pair in parse_http_list(parameters) if "=" in pair]
            yield scheme.lower(), {name.lower(): value for name, value in parse_keqv_list(pairs).items()}


def _escaped(value: str) -> str:
    """Escape what a quoted string may not hold (RFC 9110 section 5.6.4)."""
    return value.replace("\\", "\\\\").replace('"', '\\"')
