"""Signing in and out. Wrong passwords are slowed down for an account and for an address, in all processes alike."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syncd.core.access.accounts import Session, SignInRefusedError, TooManyTriesError, User, wait_after
from syncd.core.audit.record import AuditRecord
from syncd.ports.passwords import Passwords
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.access.secrets import digest_of, new_secret

_NOTE_SEEN_EVERY = timedelta(minutes=1)
_MOST_AGENT = 200


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user, the session, and the secret that the browser keeps."""

    user: User
    session: Session
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What somebody gives to sign in, and from where."""

    email: str
    password: str
    address: str = ""
    agent: str = ""


def sign_in(store: Store, passwords: Passwords, given: Credentials, now: datetime) -> SignedIn:
    """Begin a session. One error for every cause; an unknown account takes as long as a known one.

    Raises `SignInRefusedError` and, with ``details["seconds"]``, `TooManyTriesError`.
    """
    subjects = (_subject("account", given.email.casefold()), _subject("address", given.address))
    with store.reading() as tx:
        _check_pace(tx, subjects, now)
        user = tx.users.find(given.email)
    usable = user if user is not None and user.active else None
    if not passwords.verify(usable.password_hash if usable else None, given.password) or usable is None:
        _refused(store, user, subjects, now)
        raise SignInRefusedError
    with store.transaction() as tx:
        tx.sign_in_tries.clear(subjects[0])
        if usable.password_hash and passwords.is_outdated(usable.password_hash):
            usable = replace(usable, password_hash=passwords.hash(given.password))
        usable = replace(usable, last_seen_at=now)
        tx.users.save(usable)
        return begin_session(tx, usable, now, address=given.address, agent=given.agent)


def begin_session(tx: Transaction, user: User, now: datetime, *, address: str = "", agent: str = "") -> SignedIn:
    """Store a session of a user who has proved who it is."""
    secret = new_secret()
    session = Session(
        id=digest_of(secret),
        user_id=user.id,
        started_at=now,
        seen_at=now,
        proved_at=now,
        address=address,
        agent=agent[:_MOST_AGENT],
    )
    tx.sessions.add(session)
    tx.audit.append([AuditRecord(at=now, actor=user.name, action="user.signed_in", subject=user.id)])
    return SignedIn(user, session, secret)


def session_of(store: Store, secret: str, now: datetime, *, is_used: bool = True) -> tuple[User, Session] | None:
    """Return who holds that secret, None when the session has ended. Notes once a minute that it ``is_used``."""
    with store.reading() as tx:
        found = tx.sessions.with_user(digest_of(secret))
    if found is None:
        return None
    user, session = found
    if session.is_over(now) or not user.active:
        return None
    if is_used and now - session.seen_at >= _NOTE_SEEN_EVERY:
        session = replace(session, seen_at=now)
        with store.transaction(durable=False) as tx:
            tx.sessions.save(session)
    return user, session


def prove(
    store: Store, passwords: Passwords, who: tuple[User, Session], password: str, now: datetime, *, address: str = ""
) -> Session:
    """Note that a user who is signed in gave the password once more: what needs a fresh proof may be done for a while.

    Raises as `sign_in` does.
    """
    user, session = who
    subjects = (_subject("account", user.email.casefold()), _subject("address", address))
    with store.reading() as tx:
        _check_pace(tx, subjects, now)
    if not passwords.verify(user.password_hash, password):
        _refused(store, user, subjects, now)
        raise SignInRefusedError("That is not the password of your account.")
    proved = replace(session, proved_at=now, seen_at=now)
    with store.transaction() as tx:
        tx.sign_in_tries.clear(subjects[0])
        tx.sessions.save(proved)
    return proved


def sign_out(store: Store, secret: str) -> None:
    """End the session that holds that secret."""
    with store.transaction() as tx:
        tx.sessions.end(digest_of(secret))


def _subject(kind: str, value: str) -> str:
    return digest_of(f"{kind}|{value}")


def _check_pace(tx: Transaction, subjects: tuple[str, str], now: datetime) -> None:
    account, address = subjects
    wait = max(
        wait_after(tx.sign_in_tries.find(account), now),
        wait_after(tx.sign_in_tries.find(address), now, of_address=True),
    )
    if wait > timedelta(0):
        seconds = int(wait.total_seconds()) + 1
        raise TooManyTriesError(
            f"There were too many wrong passwords. Try again in {seconds} seconds.", seconds=seconds
        )


def _refused(store: Store, user: User | None, subjects: tuple[str, str], now: datetime) -> None:
    with store.transaction() as tx:
        for subject in subjects:
            tx.sign_in_tries.count(subject, now)
        name = user.id if user else "unknown"
        tx.audit.append([AuditRecord(at=now, actor="web", action="user.sign_in_refused", subject=name)])
