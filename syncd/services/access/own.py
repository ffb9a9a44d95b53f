"""What users do about their own account: how pages look to them, password, sessions, tokens; whatever their role."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from syncd.core.access.accounts import ApiToken, Clock, Session, Theme, TokenScope, User, check_password
from syncd.core.access.principal import Role
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import InvalidValueError, NotFoundError
from syncd.core.times import zone
from syncd.ports.passwords import Passwords
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.access.signing_in import prove
from syncd.services.access.tokens import Issued, issue, revoke

_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Liking:
    """What a user is called, and how pages are shown to them. ``timezone`` None: the installation's zone."""

    name: str
    timezone: str | None
    clock: Clock
    theme: Theme


def set_liking(store: Store, user_id: str, liking: Liking, now: datetime) -> User:
    """Store it. Raises `InvalidValueError` for no name, and `UnknownTimezoneError`."""
    name = " ".join(liking.name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidValueError("Give the name under which your decisions stand on record.", field="name")
    timezone = zone(liking.timezone).key if liking.timezone else None
    with store.transaction() as tx:
        user = tx.users.get(user_id)
        changed = replace(user, name=name, timezone=timezone, clock=liking.clock, theme=liking.theme)
        tx.users.save(changed)
        if name != user.name:
            _record(tx, "user.renamed", user, now, before=user.name, after=name)
    return changed


def change_password(
    store: Store,
    passwords: Passwords,
    who: tuple[User, Session],
    given: tuple[str, str],
    now: datetime,
    *,
    address: str = "",
    forbidden: tuple[str, ...] = (),
) -> int:
    """Set another password (``given``: the old one and the new one), and end all other sessions; return how many.

    Raises as `prove` for the old one, and `InvalidValueError` for a new one that will not do.
    """
    user, session = who
    old, new = given
    check_password(new, forbidden=(user.email, *forbidden))
    prove(store, passwords, who, old, now, address=address)
    hashed = passwords.hash(new)
    with store.transaction() as tx:
        ended = len(tx.sessions.of_user(user.id)) - 1
        tx.users.save(replace(tx.users.get(user.id), password_hash=hashed))
        tx.sessions.end_all(user.id, but=session.id)
        _record(tx, "user.password_changed", user, now, sessions_ended=ended)
    return ended


def own_sessions(store: Store, user_id: str, now: datetime) -> list[Session]:
    """Return where a user is signed in, latest used first."""
    with store.reading() as tx:
        return [one for one in tx.sessions.of_user(user_id) if not one.is_over(now)]


def end_session(store: Store, user: User, session_id: str, now: datetime) -> None:
    """End one of the user's own sessions. Raises `NotFoundError` for any other."""
    with store.transaction() as tx:
        found = tx.sessions.find(session_id)
        if found is None or found.user_id != user.id:
            raise NotFoundError
        tx.sessions.end(session_id)
        _record(tx, "user.session_ended", user, now)


def end_other_sessions(store: Store, user: User, session: Session, now: datetime) -> int:
    """End all of the user's sessions but the one in which that is asked; return how many."""
    with store.transaction() as tx:
        others = len(tx.sessions.of_user(user.id)) - 1
        tx.sessions.end_all(user.id, but=session.id)
        if others:
            _record(tx, "user.session_ended", user, now, sessions_ended=others)
    return others


def own_tokens(store: Store, user_id: str) -> Sequence[ApiToken]:
    """Return a user's own tokens, newest first."""
    with store.reading() as tx:
        return tx.api_tokens.list(user_id)


def scopes_of(user: User) -> tuple[TokenScope, ...]:
    """Return what a user's tokens may be for: figures about the whole installation are no provider's own."""
    return tuple(one for one in TokenScope if one is not TokenScope.METRICS or user.role is not Role.PROVIDER)


def create_own_token(store: Store, user: User, scope: TokenScope, now: datetime, *, days: int, note: str) -> Issued:
    """Make a token for the user's own programs. Raises `InvalidValueError`."""
    if scope not in scopes_of(user):
        raise InvalidValueError("Choose what the token may be used for.", field="scope")
    with store.transaction() as tx:
        return issue(tx, tx.users.get(user.id), scope, user.name, now, days=days, note=" ".join(note.split())[:120])


def revoke_own_token(store: Store, user: User, token_id: str, now: datetime) -> ApiToken:
    """Let one of the user's own tokens open nothing any more. Raises `NotFoundError` for any other."""
    with store.transaction() as tx:
        token = tx.api_tokens.get(token_id)
        if token.user_id != user.id:
            raise NotFoundError
        return revoke(tx, token, user.name, now)


def _record(tx: Transaction, action: str, user: User, now: datetime, **details: object) -> None:
    tx.audit.append([AuditRecord(at=now, actor=user.name, action=action, subject=user.id, details=details)])
