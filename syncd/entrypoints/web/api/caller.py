"""Who calls: the holder of a token for programs, or the user of a console session in a browser."""

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from syncd.bootstrap import System
from syncd.core.access.accounts import TokenRefusedError, TokenScope, TooManyTriesError
from syncd.core.access.permissions import Permission, may, require
from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.errors import NotFoundError, RefusalError
from syncd.core.scheduling.people import Party
from syncd.entrypoints.web.forms import ForeignFormError, is_same_origin
from syncd.entrypoints.web.throttle import throttle_of
from syncd.entrypoints.web.visitor import (
    Visitor,
    address_of,
    bearer_text,
    now_of,
    system_of,
    visitor_or_none,
)
from syncd.ports.store.transaction import Transaction
from syncd.services.access.secrets import digest_of
from syncd.services.access.tokens import bearer
from syncd.services.scheduling.changes import By, Terms

CSRF_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MISSES = 30
"""Wrong tokens that one address may give in a minute."""


class FreshProofError(RefusalError):
    """Give your password once more in the console first: this needs a proof that is not older than 15 minutes."""

    code = "fresh_proof_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, when, and as which sender their requests are known. ``is_fresh``: their proof is not old."""

    principal: Principal
    sender: str
    now: datetime
    system: System
    is_fresh: bool = True

    @property
    def scope(self) -> str | None:
        """Whose things are shown: a provider's own; None: everybody's."""
        return self.principal.provider_id if self.principal.role is Role.PROVIDER else None

    @property
    def party(self) -> Party:
        """On which side the caller stands."""
        return Party.PROVIDER if self.principal.role is Role.PROVIDER else Party.ADMIN

    def check_sees(self, provider_id: str) -> None:
        """Raise `NotFoundError` for another provider's thing: it is to look as if there were none."""
        if not may(self.principal, Permission.READ, provider_id=provider_id):
            raise NotFoundError

    def whose(self, tx: Transaction, provider: str | None) -> str | None:
        """Return the provider whose things a list is to show; None: everybody's."""
        if provider is None:
            return self.scope
        with as_if_none(f"No provider {provider!r}."):
            found = tx.providers.get(provider).id
            self.check_sees(found)
        return found

    def require(self, act: Permission, provider_id: str | None = None) -> None:
        """Raise `NotFoundError` for what is not shown, and `NotPermittedError` for what only others may do."""
        if provider_id is not None:
            self.check_sees(provider_id)
        require(self.principal, act, provider_id=provider_id)

    def require_fresh(self) -> None:
        """Raise `FreshProofError` for a session whose password was given too long ago."""
        if not self.is_fresh:
            raise FreshProofError

    def terms(self, party: Party | None = None) -> Terms:
        """Return the terms under which something is done, on record under the caller's name."""
        return self.system.terms(By(party or self.party, self.principal), self.now)


@contextmanager
def as_if_none(words: str) -> Iterator[None]:
    """Say in the same words that there is no such thing, and that it is another provider's."""
    try:
        yield
    except NotFoundError:
        raise NotFoundError(words) from None


def caller_of(request: Request, *wanted: TokenScope) -> Caller:
    """Return who calls. Raises `TokenRefusedError` for nobody, `NotPermittedError` for a token of another scope."""
    text = bearer_text(request)
    if text is not None:
        return _by_token(request, text, *wanted)
    visitor = visitor_or_none(request)
    if visitor is None:
        raise TokenRefusedError("Give a token: Authorization: Bearer syncd_… (syncd token create makes one).")
    return _by_session(request, visitor)


def _by_token(request: Request, text: str, wanted: TokenScope, *also: TokenScope) -> Caller:
    system, now = system_of(request), now_of(request)
    misses, address = throttle_of(request.app, "token_misses", _MISSES), address_of(request)
    if misses.is_full(address, now):
        raise TooManyTriesError("There were too many wrong tokens. Try again in a minute.", seconds=60 - now.second)
    try:
        principal = bearer(system.store, text, wanted, now, *also)
    except TokenRefusedError:
        misses.came(address, now)
        raise
    return Caller(principal=principal, sender=digest_of(text), now=now, system=system)


def _by_session(request: Request, visitor: Visitor) -> Caller:
    """Return the user of a console session; what changes anything comes from our own pages, with their token."""
    if request.method not in _SAFE:
        given = request.headers.get(CSRF_HEADER, "")
        if not is_same_origin(request) or not hmac.compare_digest(given.encode(), visitor.csrf.encode()):
            raise ForeignFormError(
                f"A request by the console's cookie comes from its own pages, with their token in {CSRF_HEADER}."
            )
    return Caller(
        principal=visitor.user.principal(Channel.API),
        sender=visitor.user.id,
        now=visitor.now,
        system=system_of(request),
        is_fresh=visitor.session.is_fresh(visitor.now),
    )


_BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="A token of `syncd token create`.")
_COOKIE = APIKeyCookie(
    name="__Host-syncd",
    auto_error=False,
    scheme_name="session",
    description=f"The console's session, in a browser; requests that change something need {CSRF_HEADER} too.",
)


def _wanting(*wanted: TokenScope) -> Callable[..., Caller]:
    def caller(
        request: Request,
        _token: Annotated[object, Security(_BEARER)],
        _session: Annotated[object, Security(_COOKIE)],
    ) -> Caller:
        return caller_of(request, *wanted)

    return caller


Reader = Annotated[Caller, Depends(_wanting(TokenScope.READ))]
"""Who looks at something."""
Writer = Annotated[Caller, Depends(_wanting(TokenScope.WRITE))]
"""Who changes something."""
BillingReader = Annotated[Caller, Depends(_wanting(TokenScope.READ, TokenScope.CLAIMS))]
"""Who asks about a claim: a token for reading will do, and one for claims."""
Billing = Annotated[Caller, Depends(_wanting(TokenScope.CLAIMS))]
"""Who files claims."""
