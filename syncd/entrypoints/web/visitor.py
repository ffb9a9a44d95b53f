"""Who asks: the user of a session cookie, or nobody."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, cast
from urllib.parse import quote

from fastapi import Depends, Request, Response

from syncd.bootstrap import System
from syncd.core.access.accounts import Session, User
from syncd.core.access.permissions import Permission, may, require
from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.errors import NotFoundError
from syncd.core.scheduling.people import Party
from syncd.services.access.secrets import new_secret
from syncd.services.access.signing_in import session_of
from syncd.services.scheduling.changes import By, Terms

_SECURE_NAME = "__Host-syncd"
_PLAIN_NAME = "syncd"
_FORM_NAME = "syncd-form"
_BY_ITSELF = {"/live", "/live.json"}
_LOOPBACK = {"127.0.0.1", "::1"}
_FORWARDED = {"forwarded", "x-forwarded-for", "x-real-ip", "via"}


class ProofNeededError(Exception):
    """What is asked for needs the password once more: it was not given lately."""


class SignInNeededError(Exception):
    """Nobody is signed in, and the page is for those who are."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in, and what the pages need to know of them. ``csrf`` stands in every form of theirs."""

    user: User
    session: Session
    principal: Principal
    now: datetime
    csrf: str

    @property
    def scope(self) -> str | None:
        """Whose things are shown: a provider's own; None: everybody's."""
        return self.principal.provider_id if self.principal.role is Role.PROVIDER else None

    def may(self, act: str, provider_id: str | None = None) -> bool:
        """Tell whether a button for that act is drawn."""
        return may(self.principal, Permission(act), provider_id=provider_id)

    def sees(self, provider_id: str) -> bool:
        """Tell whether a provider's things are shown."""
        return may(self.principal, Permission.READ, provider_id=provider_id)

    def check_sees(self, provider_id: str) -> None:
        """Raise `NotFoundError` for another provider's thing: it is to look as if there were none."""
        if not self.sees(provider_id):
            raise NotFoundError

    def require(self, act: Permission, provider_id: str | None = None) -> None:
        """Raise `NotFoundError` for what is not shown, and `NotPermittedError` for what only others may do."""
        if provider_id is not None:
            self.check_sees(provider_id)
        require(self.principal, act, provider_id=provider_id)

    def require_proof(self) -> None:
        """Raise `ProofNeededError` unless the password was given lately."""
        if not self.session.is_fresh(self.now):
            raise ProofNeededError

    def terms(self, system: System, party: Party) -> Terms:
        """Return the terms under which something is done, on record under the user's name."""
        return system.terms(By(party, self.principal), self.now)


def system_of(request: Request) -> System:
    """Return the system that the application serves."""
    return cast("System", request.app.state.system)


def now_of(request: Request) -> datetime:
    """Return the moment of the request: read once."""
    if not hasattr(request.state, "now"):
        request.state.now = datetime.now(UTC)
    return cast("datetime", request.state.now)


def visitor_or_none(request: Request) -> Visitor | None:
    """Return who is signed in, None for nobody. Asked for several times in a request, it looks once."""
    if not hasattr(request.state, "visitor"):
        request.state.visitor = _look(request)
    return cast("Visitor | None", request.state.visitor)


def visitor(request: Request) -> Visitor:
    """Return who is signed in. Raises `SignInNeededError`."""
    found = visitor_or_none(request)
    if found is None:
        raise SignInNeededError
    return found


def practice_reader(request: Request) -> Visitor:
    """Return who is signed in, for pages about the whole practice. Raises `NotPermittedError` for a provider."""
    found = visitor(request)
    require(found.principal, Permission.READ_PRACTICE)
    return found


SomeVisitor = Annotated[Visitor, Depends(visitor)]
PracticeReader = Annotated[Visitor, Depends(practice_reader)]
ForPractice = Depends(practice_reader)
"""The dependency of a page about the whole practice that does not ask who reads it."""

TheSystem = Annotated[System, Depends(system_of)]
Now = Annotated[datetime, Depends(now_of)]


def _look(request: Request) -> Visitor | None:
    secret = session_secret(request)
    if not secret:
        return None
    now = now_of(request)
    # Only what a person does is use: what a page asks by itself keeps no session alive.
    found = session_of(system_of(request).store, secret, now, is_used=request.url.path not in _BY_ITSELF)
    if found is None:
        return None
    user, session = found
    return Visitor(user, session, user.principal(Channel.WEB), now, csrf_of(secret))


def session_secret(request: Request) -> str:
    """Return what the session cookie holds, "" where there is none."""
    return request.cookies.get(_cookie_name(request), "")


def keep_session(request: Request, response: Response, secret: str) -> None:
    """Give the browser the session's secret, until it is closed."""
    response.set_cookie(
        _cookie_name(request), secret, secure=_is_https(request), httponly=True, samesite="lax", path="/"
    )


def drop_session(request: Request, response: Response) -> None:
    """Take the secret away from the browser."""
    response.delete_cookie(_cookie_name(request), secure=_is_https(request), httponly=True, samesite="lax", path="/")


def form_secret(request: Request) -> str:
    """Return what binds the forms of one who is not signed in to their browser; made anew where there is none."""
    if not hasattr(request.state, "form_secret"):
        request.state.form_secret = request.cookies.get(_FORM_NAME) or new_secret()
    return cast("str", request.state.form_secret)


def keep_form_secret(request: Request, response: Response) -> None:
    """Give the browser the secret that binds its forms."""
    response.set_cookie(
        _FORM_NAME, form_secret(request), secure=_is_https(request), httponly=True, samesite="lax", path="/"
    )


def csrf_of(secret: str) -> str:
    """Return the token that stands in the forms of whoever holds ``secret``; it does not give the secret away."""
    return hmac.new(secret.encode(), b"syncd form", hashlib.sha256).hexdigest()


def address_of(request: Request) -> str:
    """Return the network address of whoever asks; a trusted proxy's word is applied before."""
    return request.client.host if request.client else ""


def comes_from_this_machine(request: Request) -> bool:
    """Tell whether a program on this machine asks, and no proxy on it for somebody elsewhere."""
    return address_of(request) in _LOOPBACK and not _FORWARDED.intersection(request.headers)


def bearer_text(request: Request) -> str | None:
    """Return the token that the request carries (RFC 6750 section 2.1); None where it carries none."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def sign_in_address(request: Request) -> str:
    """Return where to sign in, and come back from to the page that was asked for."""
    wanted = _wanted(request)
    return "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}"


def _wanted(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def proof_address(request: Request) -> str:
    """Return where the password is given once more, and what comes after it: every form has a page of its address."""
    return f"/account/proof?next={quote(_wanted(request), safe='')}"


def _is_https(request: Request) -> bool:
    return request.url.scheme == "https" or system_of(request).settings.web.address.startswith("https://")


def _cookie_name(request: Request) -> str:
    return _SECURE_NAME if _is_https(request) else _PLAIN_NAME
