"""The store of users, their sessions, one-time links, tokens and failed tries to sign in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from syncd.core.access.accounts import ApiToken, FailedTries, OneTimeLink, Session, UnsentForm, User


class Users(Protocol):
    """Who may sign in."""

    def add(self, user: User) -> None:
        """Store a new one. Raises `AlreadyExistsError` when the e-mail address is taken (compared without case)."""
        ...

    def get(self, ref: str) -> User:
        """Return the one with that id or e-mail address."""
        ...

    def find(self, email: str) -> User | None:
        """Return the one with that e-mail address, None when there is none."""
        ...

    def save(self, user: User) -> None:
        """Store a changed one."""
        ...

    def list(self) -> Sequence[User]:
        """Return all by name."""
        ...

    def is_empty(self) -> bool:
        """Tell whether nobody can sign in yet."""
        ...


class Sessions(Protocol):
    """Who is signed in."""

    def add(self, session: Session) -> None:
        """Store a new one."""
        ...

    def find(self, session_id: str) -> Session | None:
        """Return one, None when it was ended or never was."""
        ...

    def with_user(self, session_id: str) -> tuple[User, Session] | None:
        """Return one and whose it is, by one look; None when it was ended or never was."""
        ...

    def save(self, session: Session) -> None:
        """Store a changed one; one that was ended meanwhile stays ended."""
        ...

    def end(self, session_id: str) -> None:
        """End one."""
        ...

    def end_all(self, user_id: str, *, but: str | None = None) -> None:
        """End all of a user, but the one named."""
        ...

    def of_user(self, user_id: str) -> Sequence[Session]:
        """Return a user's, latest used first."""
        ...


class UnsentForms(Protocol):
    """What somebody has filled in and not sent yet, sealed; it goes with the session in which it was begun."""

    def put(self, form: UnsentForm, now: datetime) -> None:
        """Store one in place of the session's earlier one for the same purpose; let go of all that have expired."""
        ...

    def find(self, session_id: str, purpose: str) -> UnsentForm | None:
        """Return one, None when there is none."""
        ...

    def drop(self, session_id: str, purpose: str) -> None:
        """Forget one."""
        ...


class OneTimeLinks(Protocol):
    """Links that let a user choose a password, once."""

    def add(self, link: OneTimeLink) -> None:
        """Store a new one; the user's earlier ones no longer count."""
        ...

    def find(self, link_id: str) -> OneTimeLink | None:
        """Return one that was not used, None when there is none."""
        ...

    def use(self, link_id: str) -> bool:
        """Take one out of use; tell whether it was there: of two at once, one is told so."""
        ...


class ApiTokens(Protocol):
    """Tokens for programs."""

    def add(self, token: ApiToken) -> None:
        """Store a new one."""
        ...

    def get(self, token_id: str) -> ApiToken:
        """Return one."""
        ...

    def with_hash(self, digest: str) -> ApiToken | None:
        """Return the one whose whole has that hash."""
        ...

    def save(self, token: ApiToken) -> None:
        """Store a changed one."""
        ...

    def list(self, user_id: str | None = None) -> Sequence[ApiToken]:
        """Return all, or a user's, newest first."""
        ...


class SignInTries(Protocol):
    """Wrong passwords in a row, by account and by address; known to all processes."""

    def find(self, subject: str) -> FailedTries | None:
        """Return those of one subject."""
        ...

    def count(self, subject: str, now: datetime) -> None:
        """Count one more; after a day without any, counting begins anew."""
        ...

    def clear(self, subject: str) -> None:
        """Forget them: the right password was given."""
        ...
