"""API tokens: create, list, revoke, and say who holds one."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syncd.core.access.accounts import ApiToken, TokenRefusedError, TokenScope, User
from syncd.core.access.permissions import NotPermittedError, Permission, require
from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import InvalidValueError
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.access.secrets import digest_of, new_secret

PREFIX = "syncd_"
"""How every token begins, so that a leaked one is recognised for what it is."""

LONGEST_DAYS = 366
_NOTE_USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token, and its whole text: shown once."""

    token: ApiToken
    text: str


def create_token(
    store: Store, ref: str, scope: TokenScope, by: Principal, now: datetime, *, days: int = 90, note: str = ""
) -> Issued:
    """Make a token for a user, valid for ``days`` (1 to 366). Raises `NotFoundError` and `InvalidValueError`."""
    require(by, Permission.MANAGE_PEOPLE)
    with store.transaction() as tx:
        return issue(tx, tx.users.get(ref), scope, by.name, now, days=days, note=note)


def issue(tx: Transaction, user: User, scope: TokenScope, by: str, now: datetime, *, days: int, note: str) -> Issued:
    """Make a token for a user, on record as done by ``by``. Raises `InvalidValueError`."""
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidValueError(f"A token is valid for 1 to {LONGEST_DAYS} days.", days=days)
    if not user.active:
        raise InvalidValueError(f"{user.name} is not active, so a token would open nothing.", user=user.id)
    text = PREFIX + new_secret()
    token = ApiToken(
        id=new_id("tok"),
        user_id=user.id,
        scope=scope,
        hash=digest_of(text),
        last4=text[-4:],
        created_at=now,
        expires_at=now + timedelta(days=days),
        note=note,
    )
    tx.api_tokens.add(token)
    details = {"user": user.id, "scope": str(scope)}
    tx.audit.append([AuditRecord(at=now, actor=by, action="token.created", subject=token.id, details=details)])
    return Issued(token, text)


def list_tokens(store: Store, by: Principal, ref: str | None = None) -> list[tuple[ApiToken, User]]:
    """Return all tokens, or a user's, newest first, each with its user."""
    require(by, Permission.MANAGE_PEOPLE)
    with store.reading() as tx:
        users = {user.id: user for user in tx.users.list()}
        chosen = tx.users.get(ref).id if ref else None
        return [(token, users[token.user_id]) for token in tx.api_tokens.list(chosen)]


def revoke_token(store: Store, token_id: str, by: Principal, now: datetime) -> ApiToken:
    """Let a token open nothing any more; one that was revoked stays as it is."""
    require(by, Permission.MANAGE_PEOPLE)
    with store.transaction() as tx:
        return revoke(tx, tx.api_tokens.get(token_id), by.name, now)


def revoke(tx: Transaction, token: ApiToken, by: str, now: datetime) -> ApiToken:
    """Revoke a token, on record as done by ``by``."""
    if token.revoked_at is None:
        token = replace(token, revoked_at=now)
        tx.api_tokens.save(token)
        tx.audit.append([AuditRecord(at=now, actor=by, action="token.revoked", subject=token.id)])
    return token


def bearer(store: Store, text: str, wanted: TokenScope, now: datetime, *also: TokenScope) -> Principal:
    """Return who acts by that token: for what is ``wanted``, or for any of ``also``, which will do too.

    Raises `TokenRefusedError`, and `NotPermittedError` for another scope's token.
    """
    with store.reading() as tx:
        token = tx.api_tokens.with_hash(digest_of(text))
        user = tx.users.get(token.user_id) if token else None
    if token is None or user is None or not user.active or not token.counts_at(now):
        raise TokenRefusedError
    if not any(_covers(token.scope, scope) for scope in (wanted, *also)):
        raise NotPermittedError(f"This token is for {token.scope}, not for {wanted}.", scope=str(token.scope))
    if token.used_at is None or now - token.used_at >= _NOTE_USED_EVERY:
        with store.transaction(durable=False) as tx:
            tx.api_tokens.save(replace(token, used_at=now))
    principal = user.principal(Channel.API)
    # A token for reading never gives more than a reviewer's rights, whatever its user may do.
    is_reader = token.scope is TokenScope.READ and user.role is Role.ADMIN
    return replace(principal, role=Role.REVIEWER) if is_reader else principal


def _covers(scope: TokenScope, wanted: TokenScope) -> bool:
    if scope is TokenScope.WRITE:
        return wanted is not TokenScope.METRICS
    return scope is wanted
