"""Users: adding, inviting, choosing a password by a link that counts once, and being switched off."""

from datetime import timedelta

import pytest

from syncd.adapters.passwords import Argon2Passwords
from syncd.core.access.accounts import LinkGoneError, TokenScope
from syncd.core.access.permissions import NotPermittedError
from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.errors import AlreadyExistsError, InvalidValueError, NotFoundError
from syncd.ports.store.transaction import Store
from syncd.services.access.signing_in import Credentials, session_of, sign_in
from syncd.services.access.tokens import bearer, create_token
from syncd.services.access.users import (
    Invited,
    LastAdminError,
    NewUser,
    add_user,
    ask_for_reset,
    choose_password,
    deactivate_user,
    invite_again,
    invited_user,
    list_users,
)
from tests.access.conftest import NOW, PASSWORD
from tests.builders import a_provider


class TestAdding:
    def test_address_taken_in_another_case(self, store: Store, ana: Invited, admin: Principal) -> None:
        """An address is one account, however it is spelt."""
        with pytest.raises(AlreadyExistsError, match=r"ANA@example\.com"):
            add_user(store, NewUser(name="Other", email="ANA@example.com", role=Role.REVIEWER), admin, NOW)

    def test_provider_without_a_record(self, store: Store, admin: Principal) -> None:
        """A provider's account belongs to a provider on record."""
        with pytest.raises(NotFoundError):
            add_user(store, NewUser(name="Dana", email="dana@example.com", role=Role.PROVIDER), admin, NOW)

    def test_provider(self, store: Store, admin: Principal) -> None:
        """A provider's account is bound to the record with the same address."""
        dana = a_provider()
        with store.transaction() as tx:
            tx.providers.add(dana)
        user = add_user(store, NewUser(name="Dana", email=dana.email, role=Role.PROVIDER), admin, NOW).user
        assert user.principal(Channel.WEB).provider_id == dana.id

    @pytest.mark.parametrize("role", [Role.CLIENT, Role.SYSTEM])
    def test_role_without_account(self, store: Store, admin: Principal, role: Role) -> None:
        """Clients have signed links, and syncd needs no account."""
        with pytest.raises(InvalidValueError, match="admin, reviewer, provider"):
            add_user(store, NewUser(name="X", email="x@example.com", role=role), admin, NOW)

    def test_by_a_reviewer(self, store: Store, ana: Invited) -> None:
        """Only admins manage users, whatever edge they come through."""
        reviewer = Principal(name="Rex", role=Role.REVIEWER, channel=Channel.API)
        with pytest.raises(NotPermittedError):
            add_user(store, NewUser(name="X", email="x@example.com", role=Role.ADMIN), reviewer, NOW)


class TestLink:
    def test_used_twice(self, store: Store, ana: Invited, passwords: Argon2Passwords) -> None:
        """The link is dead once a password was chosen by it."""
        choose_password(store, passwords, ana.secret, PASSWORD, NOW)
        with pytest.raises(LinkGoneError):
            choose_password(store, passwords, ana.secret, "another password", NOW)

    def test_too_old(self, store: Store, ana: Invited) -> None:
        """A day later it no longer counts."""
        with pytest.raises(LinkGoneError):
            invited_user(store, ana.secret, NOW + timedelta(hours=24))

    def test_forged(self, store: Store, ana: Invited) -> None:
        """A link that was never given out opens nothing."""
        with pytest.raises(LinkGoneError):
            invited_user(store, "x" * 43, NOW)

    def test_replaced_by_a_new_one(self, store: Store, ana: Invited, admin: Principal) -> None:
        """A new link makes the earlier one void."""
        again = invite_again(store, ana.user.email, admin, NOW)
        with pytest.raises(LinkGoneError):
            invited_user(store, ana.secret, NOW)
        assert invited_user(store, again.secret, NOW).id == ana.user.id

    @pytest.mark.parametrize("password", ["short", "x" * 1025, "ana@example.com", "ANA@EXAMPLE.COM"])
    def test_password_that_will_not_do(
        self, store: Store, ana: Invited, passwords: Argon2Passwords, password: str
    ) -> None:
        """A password that is refused leaves the link in use."""
        with pytest.raises(InvalidValueError):
            choose_password(store, passwords, ana.secret, password, NOW)
        assert invited_user(store, ana.secret, NOW).id == ana.user.id

    def test_reset_of_an_unknown_address(self, store: Store, ana: Invited) -> None:
        """Nobody learns from a reset whether an account exists."""
        assert ask_for_reset(store, "nobody@example.com", NOW) is None

    def test_reset_ends_sessions(self, store: Store, ana: Invited, passwords: Argon2Passwords) -> None:
        """Who chooses a new password is signed out everywhere."""
        choose_password(store, passwords, ana.secret, PASSWORD, NOW)
        signed_in = sign_in(store, passwords, Credentials(email="ana@example.com", password=PASSWORD), NOW)
        reset = ask_for_reset(store, "Ana@Example.com", NOW)
        assert reset is not None
        choose_password(store, passwords, reset.secret, "quite another one", NOW)
        assert session_of(store, signed_in.secret, NOW) is None


class TestDeactivating:
    def test_last_admin(self, store: Store, ana: Invited, admin: Principal) -> None:
        """Somebody must be able to manage users."""
        with pytest.raises(LastAdminError):
            deactivate_user(store, ana.user.id, admin, NOW)

    def test_ends_all_that_was_open(
        self, store: Store, ana: Invited, admin: Principal, passwords: Argon2Passwords
    ) -> None:
        """Sessions end and tokens are revoked at once."""
        add_user(store, NewUser(name="Bo", email="bo@example.com", role=Role.ADMIN), admin, NOW)
        choose_password(store, passwords, ana.secret, PASSWORD, NOW)
        signed_in = sign_in(store, passwords, Credentials(email="ana@example.com", password=PASSWORD), NOW)
        token = create_token(store, ana.user.id, TokenScope.READ, admin, NOW)
        assert bearer(store, token.text, TokenScope.READ, NOW).name == "Ana Admin"

        deactivate_user(store, "ana@example.com", admin, NOW)

        assert session_of(store, signed_in.secret, NOW) is None
        assert [user.active for user in list_users(store, admin)] == [False, True]
        with store.reading() as tx:
            assert tx.api_tokens.get(token.token.id).revoked_at == NOW
