"""Signing in: one answer for every wrong try, slower with each, and sessions that end by themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.adapters.passwords import Argon2Passwords
from syncd.core.access.accounts import IDLE, LONGEST_SESSION, SignInRefusedError, TooManyTriesError
from syncd.ports.store.transaction import Store
from syncd.services.access.signing_in import Credentials, SignedIn, session_of, sign_in, sign_out
from syncd.services.access.users import Invited, choose_password
from tests.access.conftest import NOW, PASSWORD

RIGHT = Credentials(email="ana@example.com", password=PASSWORD, address="192.0.2.1", agent="a browser")
WRONG = replace(RIGHT, password="wrong password")


@pytest.fixture
def signed_in(store: Store, ana: Invited, passwords: Argon2Passwords) -> SignedIn:
    choose_password(store, passwords, ana.secret, PASSWORD, NOW)
    return sign_in(store, passwords, RIGHT, NOW)


def refuse(store: Store, passwords: Argon2Passwords, given: Credentials, times: int) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefusedError):
            sign_in(store, passwords, given, NOW)


def test_database_never_sees_the_secret(store: Store, signed_in: SignedIn) -> None:
    """What the cookie holds is known by its hash alone."""
    assert signed_in.session.id != signed_in.secret
    assert session_of(store, signed_in.secret, NOW) is not None
    assert session_of(store, signed_in.session.id, NOW) is None


@pytest.mark.parametrize(
    "given",
    [WRONG, replace(RIGHT, email="nobody@example.com"), replace(RIGHT, password=""), replace(RIGHT, email="")],
)
def test_one_answer_for_every_cause(
    store: Store, signed_in: SignedIn, passwords: Argon2Passwords, given: Credentials
) -> None:
    """Nobody learns from a refusal whether the account exists."""
    with pytest.raises(SignInRefusedError) as caught:
        sign_in(store, passwords, given, NOW)
    assert caught.value.message == SignInRefusedError().message


def test_account_without_password(store: Store, ana: Invited, passwords: Argon2Passwords) -> None:
    """Who has not chosen a password yet cannot sign in with any."""
    refuse(store, passwords, RIGHT, 1)


def test_too_many_wrong_passwords(store: Store, signed_in: SignedIn, passwords: Argon2Passwords) -> None:
    """After five the right one has to wait too, from any address; it is never locked for good."""
    refuse(store, passwords, WRONG, 5)
    elsewhere = replace(RIGHT, address="192.0.2.9")
    with pytest.raises(TooManyTriesError, match=r"61 seconds"):
        sign_in(store, passwords, elsewhere, NOW)
    assert sign_in(store, passwords, elsewhere, NOW + timedelta(minutes=1)).user.name == "Ana Admin"


def test_many_accounts_from_one_address(store: Store, signed_in: SignedIn, passwords: Argon2Passwords) -> None:
    """An address that tries many accounts is slowed down for all of them."""
    for number in range(20):
        refuse(store, passwords, replace(WRONG, email=f"user-{number}@example.com"), 1)
    with pytest.raises(TooManyTriesError):
        sign_in(store, passwords, RIGHT, NOW)
    assert sign_in(store, passwords, replace(RIGHT, address="192.0.2.9"), NOW).user.name == "Ana Admin"


def test_right_password_clears_the_count(store: Store, signed_in: SignedIn, passwords: Argon2Passwords) -> None:
    """Four wrong ones before each right one never add up."""
    for _ in range(3):
        refuse(store, passwords, WRONG, 4)
        sign_in(store, passwords, RIGHT, NOW)


def test_unused_session_ends(store: Store, signed_in: SignedIn) -> None:
    """Half an hour without use ends it; use keeps it."""
    assert session_of(store, signed_in.secret, NOW + IDLE) is None
    assert session_of(store, signed_in.secret, NOW + IDLE / 2) is not None
    assert session_of(store, signed_in.secret, NOW + IDLE) is not None


def test_long_session_ends(store: Store, signed_in: SignedIn) -> None:
    """Half a day ends it, however much it was used."""
    moment = NOW
    while moment < NOW + LONGEST_SESSION:
        assert session_of(store, signed_in.secret, moment) is not None
        moment += IDLE / 2
    assert session_of(store, signed_in.secret, moment) is None


def test_signing_out(store: Store, signed_in: SignedIn) -> None:
    """Who signs out is out at once."""
    sign_out(store, signed_in.secret)
    assert session_of(store, signed_in.secret, NOW) is None


def test_outdated_hash_is_renewed(store: Store, signed_in: SignedIn) -> None:
    """A password that was hashed with other costs is hashed anew as it is given."""
    costlier = Argon2Passwords(memory_kib=128, passes=1)
    sign_in(store, costlier, RIGHT, NOW)
    with store.reading() as tx:
        kept = tx.users.get("ana@example.com").password_hash
    assert kept is not None
    assert not costlier.is_outdated(kept)
