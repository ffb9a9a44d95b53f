"""Logins: Basic (RFC 7617), Digest (RFC 7616) and Bearer (RFC 6750), chosen by what the server asks for.

Credentials go along unasked where nobody can read them on the way: some servers never ask, they answer a stranger. Over
plain HTTP to another machine only Digest is spoken, which does not show the password, unless the calendar was allowed
explicitly to send it in the clear.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from threading import Lock

from syncd.adapters.caldav.urls import Origin
from syncd.ports.remote.values import Account

_ELEMENT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*(?:"|$))+', re.DOTALL)  # what stands between commas
_SCHEME = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s+(.*))?$", re.DOTALL)
_PARAMETER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(.*)$", re.DOTALL)
_PLAIN = (
    "The server asks for the password itself over http://, where anybody on the way can read it; it was not sent. "
    "Connect the calendar by its https:// address, or, if you know the network, with --allow-plain-http"
)
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


class _Digest:
    """A Digest challenge that was taken up; it counts the uses of its nonce (RFC 7616 section 3.4)."""

    def __init__(self, challenge: Mapping[str, str]) -> None:
        self.nonce = challenge.get("nonce", "")
        self._challenge = challenge
        self._uses = count(1)

    @property
    def is_supported(self) -> bool:
        offered = {one.strip().lower() for one in self._challenge.get("qop", "auth").split(",")}
        return self._algorithm in _HASHES and "auth" in offered and bool(self.nonce)

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
    """One account's credentials at one origin. Threads may share it.

    ``in_the_clear``: the password or token may go over plain HTTP to another machine.
    """

    def __init__(self, origin: Origin, account: Account, *, in_the_clear: bool = False) -> None:
        self._account = account
        self._lock = Lock()
        self._may_show = origin.keeps_secrets or in_the_clear
        self._sends_basic = origin.keeps_secrets
        self._digest: _Digest | None = None
        self.why_silent: str | None = None
        """Why the server's challenge was not answered, in words for a person; None where it was."""

    def header(self, method: str, target: str) -> str | None:
        """Return the Authorization header for a request, None where the server has to ask first."""
        if self._account.bearer:
            self.why_silent = None if self._may_show else _PLAIN
            return f"Bearer {self._account.secret}" if self._may_show else None
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
        offers = list(challenges(headers))
        digests = (_Digest(parameters) for scheme, parameters in offers if scheme == "digest")
        digest = next((offered for offered in digests if offered.is_supported), None)
        with self._lock:
            if digest:
                is_news = self._digest is None or digest.nonce != self._digest.nonce
                self._digest = digest if is_news else self._digest
                return is_news
            return self._take_basic(is_offered=any(scheme == "basic" for scheme, _ in offers))

    def _take_basic(self, *, is_offered: bool) -> bool:
        if is_offered and not self._may_show:
            self.why_silent = _PLAIN
            return False
        is_news = is_offered and not self._sends_basic
        self._sends_basic = self._sends_basic or is_news
        return is_news


def challenges(headers: Iterable[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield each challenge's scheme in lower case, with its parameters (RFC 9110 section 11.6.1).

    Several may stand in one header. What fits no grammar is passed over: a server's words never stop a login.
    """
    for header in headers:
        scheme, parameters = "", dict[str, str]()
        for element in _ELEMENT.findall(header):
            text = element.strip()
            parameter = _PARAMETER.match(text)
            if parameter is None and (begins := _SCHEME.match(text)):
                if scheme:
                    yield scheme, parameters
                scheme, parameters = begins[1].lower(), {}
                parameter = _PARAMETER.match((begins[2] or "").strip())
            if parameter is not None:
                parameters.setdefault(parameter[1].lower(), _unquoted(parameter[2]))
        if scheme:
            yield scheme, parameters


def _unquoted(value: str) -> str:
    value = value.strip()
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:].removesuffix('"'), flags=re.DOTALL)


def _escaped(value: str) -> str:
    """Escape what a quoted string may not hold (RFC 9110 section 5.6.4)."""
    return value.replace("\\", "\\\\").replace('"', '\\"')
