"""API tokens: shown once, known by their hash, bound to a scope and a time."""

from datetime import timedelta

import pytest

from syncd.core.access.accounts import TokenRefusedError, TokenScope
from syncd.core.access.permissions import NotPermittedError
from syncd.core.access.principal import Principal, Role
from syncd.core.errors import InvalidValueError
from syncd.ports.store.transaction import Store
from syncd.services.access.tokens import bearer, create_token, list_tokens, revoke_token
from syncd.services.access.users import Invited
from tests.access.conftest import NOW


def test_shown_once(store: Store, ana: Invited, admin: Principal) -> None:
    """Afterwards only its last four characters are known."""
    issued = create_token(store, "ana@example.com", TokenScope.WRITE, admin, NOW)
    [(kept, user)] = list_tokens(store, admin)
    assert (kept.last4, user.name) == (issued.text[-4:], "Ana Admin")
    assert issued.text not in repr(kept)


@pytest.mark.parametrize(
    ("scope", "opens"),
    [
        (TokenScope.WRITE, {TokenScope.READ, TokenScope.WRITE, TokenScope.CLAIMS}),
        (TokenScope.READ, {TokenScope.READ}),
        (TokenScope.CLAIMS, {TokenScope.CLAIMS}),
        (TokenScope.METRICS, {TokenScope.METRICS}),
    ],
)
def test_scope(store: Store, ana: Invited, admin: Principal, scope: TokenScope, opens: set[TokenScope]) -> None:
    """A token opens what its scope covers and nothing else."""
    issued = create_token(store, ana.user.id, scope, admin, NOW)
    for wanted in TokenScope:
        if wanted in opens:
            assert bearer(store, issued.text, wanted, NOW).name == "Ana Admin"
        else:
            with pytest.raises(NotPermittedError):
                bearer(store, issued.text, wanted, NOW)


def test_reading_token_of_an_admin(store: Store, ana: Invited, admin: Principal) -> None:
    """It gives a reviewer's rights: what it leaks to can change nothing."""
    issued = create_token(store, ana.user.id, TokenScope.READ, admin, NOW)
    assert bearer(store, issued.text, TokenScope.READ, NOW).role is Role.REVIEWER


def test_expired(store: Store, ana: Invited, admin: Principal) -> None:
    """It counts until its time and no longer."""
    issued = create_token(store, ana.user.id, TokenScope.READ, admin, NOW, days=1)
    assert bearer(store, issued.text, TokenScope.READ, NOW + timedelta(hours=23)).name == "Ana Admin"
    with pytest.raises(TokenRefusedError):
        bearer(store, issued.text, TokenScope.READ, NOW + timedelta(days=1))


def test_revoked(store: Store, ana: Invited, admin: Principal) -> None:
    """Revoked it opens nothing; revoking again changes nothing."""
    issued = create_token(store, ana.user.id, TokenScope.READ, admin, NOW)
    first = revoke_token(store, issued.token.id, admin, NOW)
    assert revoke_token(store, issued.token.id, admin, NOW + timedelta(days=1)) == first
    with pytest.raises(TokenRefusedError):
        bearer(store, issued.text, TokenScope.READ, NOW)


def test_unknown(store: Store, ana: Invited) -> None:
    """What was never given out opens nothing."""
    with pytest.raises(TokenRefusedError):
        bearer(store, "syncd_nothing", TokenScope.READ, NOW)


@pytest.mark.parametrize("days", [0, -1, 367])
def test_life_that_will_not_do(store: Store, ana: Invited, admin: Principal, days: int) -> None:
    """No token is for ever."""
    with pytest.raises(InvalidValueError, match="1 to 366 days"):
        create_token(store, ana.user.id, TokenScope.READ, admin, NOW, days=days)
