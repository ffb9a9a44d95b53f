"""Users of the console: add, list, change, deactivate, and let them choose a password."""

from dataclasses import dataclass, replace
from datetime import datetime

from syncd.core.access.accounts import (
    RESET_VALID,
    USER_ROLES,
    WELCOME_VALID,
    LinkGoneError,
    LinkPurpose,
    OneTimeLink,
    User,
    check_password,
)
from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal, Role
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import InvalidValueError, RefusalError
from syncd.ports.passwords import Passwords
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.access.secrets import digest_of, new_secret


class LastAdminError(RefusalError):
    """That is the last admin who can sign in: nobody could manage users after it."""

    code = "last_admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What is asked of a new user. A provider's account has the e-mail address of the provider's record."""

    name: str
    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class Invited:
    """A user and the secret of the link by which a password is chosen; it is shown once."""

    user: User
    secret: str


def add_user(store: Store, new: NewUser, by: Principal, now: datetime) -> Invited:
    """Store a user who may choose a password by the link within 24 hours.

    Raises `InvalidValueError` for a role that has no account, `NotFoundError` for a provider without a record, and
    `AlreadyExistsError` when the address is taken.
    """
    require(by, Permission.MANAGE_PEOPLE)
    if new.role not in USER_ROLES:
        raise InvalidValueError(f"A user is one of: {', '.join(USER_ROLES)}.", role=str(new.role))
    if not new.name.strip():
        raise InvalidValueError("A user needs a name.")
    with store.transaction() as tx:
        provider = tx.providers.get(new.email) if new.role is Role.PROVIDER else None
        user = User(
            id=new_id("usr"),
            name=new.name.strip(),
            email=new.email,
            role=new.role,
            created_at=now,
            provider_id=provider.id if provider else None,
        )
        tx.users.add(user)
        secret = _give_link(tx, user, LinkPurpose.WELCOME, now)
        _record(tx, "user.added", user, by, now)
    return Invited(user, secret)


def invite_again(store: Store, ref: str, by: Principal, now: datetime) -> Invited:
    """Give a user a new link to choose a password; earlier links no longer count."""
    require(by, Permission.MANAGE_PEOPLE)
    with store.transaction() as tx:
        user = tx.users.get(ref)
        secret = _give_link(tx, user, LinkPurpose.WELCOME, now)
        _record(tx, "user.invited", user, by, now)
    return Invited(user, secret)


def ask_for_reset(store: Store, email: str, now: datetime) -> Invited | None:
    """Return a link for a forgotten password, None when nobody active has that address (and say so to nobody)."""
    with store.transaction() as tx:
        user = tx.users.find(email)
        if user is None or not user.active:
            return None
        secret = _give_link(tx, user, LinkPurpose.RESET, now)
        _record(tx, "user.reset_asked", user, None, now)
        return Invited(user, secret)


def choose_password(store: Store, passwords: Passwords, secret: str, password: str, now: datetime) -> User:
    """Set the password of the user whose one-time link this is, and end all sessions.

    Raises `LinkGoneError` for a link that was used, is too old or was never given out, and `InvalidValueError` for a
    password that will not do; then the link stays in use.
    """
    with store.reading() as tx:
        user = _invited(tx, secret, now)
    check_password(password, forbidden=(user.email,))
    hashed = passwords.hash(password)
    with store.transaction() as tx:
        user = _invited(tx, secret, now)
        if not tx.one_time_links.use(digest_of(secret)):
            raise LinkGoneError
        changed = replace(user, password_hash=hashed)
        tx.users.save(changed)
        tx.sessions.end_all(user.id)
        _record(tx, "user.password_chosen", user, None, now)
    return changed


def invited_user(store: Store, secret: str, now: datetime) -> User:
    """Return whose one-time link this is. Raises `LinkGoneError`."""
    with store.reading() as tx:
        return _invited(tx, secret, now)


def list_users(store: Store, by: Principal) -> list[User]:
    """Return all users by name."""
    require(by, Permission.READ_PRACTICE)
    with store.reading() as tx:
        return list(tx.users.list())


def deactivate_user(store: Store, ref: str, by: Principal, now: datetime) -> User:
    """Let a user sign in no more; sessions end and tokens are revoked at once. Raises `LastAdminError`."""
    require(by, Permission.MANAGE_PEOPLE)
    with store.transaction() as tx:
        user = tx.users.get(ref)
        others = [one for one in tx.users.list() if one.active and one.role is Role.ADMIN and one.id != user.id]
        if user.active and user.role is Role.ADMIN and not others:
            raise LastAdminError
        off = replace(user, active=False)
        tx.users.save(off)
        tx.sessions.end_all(user.id)
        for token in tx.api_tokens.list(user.id):
            tx.api_tokens.save(replace(token, revoked_at=token.revoked_at or now))
        _record(tx, "user.deactivated", user, by, now)
    return off


def _give_link(tx: Transaction, user: User, purpose: LinkPurpose, now: datetime) -> str:
    secret = new_secret()
    valid = WELCOME_VALID if purpose is LinkPurpose.WELCOME else RESET_VALID
    link = OneTimeLink(id=digest_of(secret), user_id=user.id, purpose=purpose, expires_at=now + valid)
    tx.one_time_links.add(link)
    return secret


def _invited(tx: Transaction, secret: str, now: datetime) -> User:
    link = tx.one_time_links.find(digest_of(secret))
    if link is None or link.expires_at <= now:
        raise LinkGoneError
    user = tx.users.get(link.user_id)
    if not user.active:
        raise LinkGoneError
    return user


def _record(tx: Transaction, action: str, user: User, by: Principal | None, now: datetime) -> None:
    """Put on record what was done to an account; None: its own user did it."""
    actor = by.name if by else user.name
    tx.audit.append(
        [AuditRecord(at=now, actor=actor, action=action, subject=user.id, details={"role": str(user.role)})]
    )
