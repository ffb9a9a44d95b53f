"""Accounts of the console and the API, in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, or_, select, update

from syncd.adapters.db import access_tables as tables
from syncd.adapters.db.rows import Repository, given
from syncd.core.access.accounts import (
    ApiToken,
    Clock,
    FailedTries,
    LinkPurpose,
    OneTimeLink,
    Session,
    Theme,
    TokenScope,
    UnsentForm,
    User,
)
from syncd.core.access.principal import Role

_FORGOTTEN_AFTER = timedelta(days=1)
_FORM_NAMES = tuple(tables.unsent_forms.c.keys())


class SqlUsers(Repository):
    """Users, in the database."""

    def add(self, user: User) -> None:
        """Store a new one; its e-mail address must be free."""
        self._insert(tables.users, _user_values(user), f"There is a user with the address {user.email} already.")

    def get(self, ref: str) -> User:
        """Return the one with that id or e-mail address."""
        named = or_(tables.users.c.id == ref, tables.users.c.email_key == _key(ref))
        row = self._one(self._locked(select(tables.users).where(named)), f"No user {ref!r}. See: syncd user list")
        return _user(row)

    def find(self, email: str) -> User | None:
        """Return the one with that e-mail address, None when there is none."""
        rows = self._many(select(tables.users).where(tables.users.c.email_key == _key(email)))
        return _user(rows[0]) if rows else None

    def save(self, user: User) -> None:
        """Store a changed one."""
        self._save(tables.users, _user_values(user), f"No user {user.id!r}. See: syncd user list")

    def list(self) -> Sequence[User]:
        """Return all by name."""
        query = select(tables.users).order_by(tables.users.c.name, tables.users.c.id)
        return [_user(row) for row in self._many(query)]

    def is_empty(self) -> bool:
        """Tell whether nobody can sign in yet."""
        return not self._many(select(tables.users.c.id).where(tables.users.c.active).limit(1))


class SqlSessions(Repository):
    """Sessions, in the database."""

    def add(self, session: Session) -> None:
        """Store a new one."""
        self._insert(tables.sessions, _session_values(session), "There is such a session already.")

    def find(self, session_id: str) -> Session | None:
        """Return one, None when it was ended or never was."""
        rows = self._many(select(tables.sessions).where(tables.sessions.c.id == session_id))
        return _session(rows[0]) if rows else None

    def with_user(self, session_id: str) -> tuple[User, Session] | None:
        """Return one and whose it is, by one look."""
        own = [column.label(f"session_{column.name}") for column in tables.sessions.c]
        both = tables.users.join(tables.sessions, tables.sessions.c.user_id == tables.users.c.id)
        rows = self._many(select(tables.users, *own).select_from(both).where(tables.sessions.c.id == session_id))
        if not rows:
            return None
        session = {column.name: rows[0][f"session_{column.name}"] for column in tables.sessions.c}
        return _user(rows[0]), _session(session)

    def save(self, session: Session) -> None:
        """Store a changed one; one that was ended meanwhile stays ended."""
        changed = {name: value for name, value in _session_values(session).items() if name != "id"}
        self._connection.execute(update(tables.sessions).where(tables.sessions.c.id == session.id).values(changed))

    def end(self, session_id: str) -> None:
        """End one."""
        self._connection.execute(delete(tables.sessions).where(tables.sessions.c.id == session_id))

    def end_all(self, user_id: str, *, but: str | None = None) -> None:
        """End all of a user, but the one named."""
        ended = delete(tables.sessions).where(tables.sessions.c.user_id == user_id)
        self._connection.execute(ended if but is None else ended.where(tables.sessions.c.id != but))

    def of_user(self, user_id: str) -> Sequence[Session]:
        """Return a user's, latest used first."""
        table = tables.sessions
        query = select(table).where(table.c.user_id == user_id).order_by(table.c.seen_at.desc(), table.c.id)
        return [_session(row) for row in self._many(query)]


class SqlUnsentForms(Repository):
    """Half-filled forms, in the database."""

    def put(self, form: UnsentForm, now: datetime) -> None:
        """Store one in place of the session's earlier one for the same purpose; let go of all that have expired."""
        self._connection.execute(delete(tables.unsent_forms).where(tables.unsent_forms.c.expires_at <= now))
        self.drop(form.session_id, form.purpose)
        values = {name: getattr(form, name) for name in _FORM_NAMES}
        self._insert(tables.unsent_forms, values, "The same form was kept at the same moment.")

    def find(self, session_id: str, purpose: str) -> UnsentForm | None:
        """Return one, None when there is none."""
        rows = self._many(select(tables.unsent_forms).where(*_same_form(session_id, purpose)))
        return UnsentForm(**rows[0]) if rows else None

    def drop(self, session_id: str, purpose: str) -> None:
        """Forget one."""
        self._connection.execute(delete(tables.unsent_forms).where(*_same_form(session_id, purpose)))


class SqlOneTimeLinks(Repository):
    """One-time links, in the database: a row each as long as it was not used."""

    def add(self, link: OneTimeLink) -> None:
        """Store a new one; the user's earlier ones no longer count."""
        self._connection.execute(delete(tables.one_time_links).where(tables.one_time_links.c.user_id == link.user_id))
        values = {
            "id": link.id,
            "user_id": link.user_id,
            "purpose": link.purpose,
            "expires_at": link.expires_at,
        }
        self._insert(tables.one_time_links, values, "There is such a link already.")

    def find(self, link_id: str) -> OneTimeLink | None:
        """Return one that was not used, None when there is none."""
        rows = self._many(select(tables.one_time_links).where(tables.one_time_links.c.id == link_id))
        if not rows:
            return None
        row = rows[0]
        return OneTimeLink(
            id=row["id"],
            user_id=row["user_id"],
            purpose=LinkPurpose(row["purpose"]),
            expires_at=row["expires_at"],
        )

    def use(self, link_id: str) -> bool:
        """Take one out of use; tell whether it was there."""
        used = delete(tables.one_time_links).where(tables.one_time_links.c.id == link_id)
        return self._connection.execute(used).rowcount == 1


class SqlApiTokens(Repository):
    """API tokens, in the database."""

    def add(self, token: ApiToken) -> None:
        """Store a new one."""
        self._insert(tables.api_tokens, _token_values(token), "There is such a token already.")

    def get(self, token_id: str) -> ApiToken:
        """Return one."""
        query = select(tables.api_tokens).where(tables.api_tokens.c.id == token_id)
        return _token(self._one(self._locked(query), f"No token {token_id!r}. See: syncd token list"))

    def with_hash(self, digest: str) -> ApiToken | None:
        """Return the one whose whole has that hash."""
        rows = self._many(select(tables.api_tokens).where(tables.api_tokens.c.hash == digest))
        return _token(rows[0]) if rows else None

    def save(self, token: ApiToken) -> None:
        """Store a changed one."""
        self._save(tables.api_tokens, _token_values(token), f"No token {token.id!r}. See: syncd token list")

    def list(self, user_id: str | None = None) -> Sequence[ApiToken]:
        """Return all, or a user's, newest first."""
        table = tables.api_tokens
        query = select(table).where(*given((table.c.user_id, lambda a, b: a == b, user_id)))
        return [_token(row) for row in self._many(query.order_by(table.c.created_at.desc(), table.c.id))]


class SqlSignInTries(Repository):
    """Wrong passwords in a row, in the database."""

    def find(self, subject: str) -> FailedTries | None:
        """Return those of one subject."""
        rows = self._many(select(tables.sign_in_tries).where(tables.sign_in_tries.c.subject == subject))
        return FailedTries(subject=subject, count=rows[0]["count"], last_at=rows[0]["last_at"]) if rows else None

    def count(self, subject: str, now: datetime) -> None:
        """Count one more; after a day without any, counting begins anew."""
        table = tables.sign_in_tries
        old = (table.c.subject == subject, table.c.last_at < now - _FORGOTTEN_AFTER)
        self._connection.execute(delete(table).where(*old))
        one_more = update(table).where(table.c.subject == subject).values(count=table.c.count + 1, last_at=now)
        if self._connection.execute(one_more).rowcount == 0:
            self._insert(table, {"subject": subject, "count": 1, "last_at": now}, "It was counted at the same moment.")

    def clear(self, subject: str) -> None:
        """Forget them."""
        self._connection.execute(delete(tables.sign_in_tries).where(tables.sign_in_tries.c.subject == subject))


def _same_form(session_id: str, purpose: str) -> tuple[ColumnElement[bool], ...]:
    return tables.unsent_forms.c.session_id == session_id, tables.unsent_forms.c.purpose == purpose


def _key(email: str) -> str:
    return email.strip().casefold()


def _user_values(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "email_key": _key(user.email),
        "role": user.role,
        "provider_id": user.provider_id,
        "password_hash": user.password_hash,
        "active": user.active,
        "created_at": user.created_at,
        "last_seen_at": user.last_seen_at,
        "timezone": user.timezone,
        "clock": user.clock,
        "theme": user.theme,
    }


def _user(row: RowMapping) -> User:
    return User(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        role=Role(row["role"]),
        provider_id=row["provider_id"],
        password_hash=row["password_hash"],
        active=row["active"],
        created_at=row["created_at"],
        last_seen_at=row["last_seen_at"],
        timezone=row["timezone"],
        clock=Clock(row["clock"]),
        theme=Theme(row["theme"]),
    )


def _session_values(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "user_id": session.user_id,
        "started_at": session.started_at,
        "seen_at": session.seen_at,
        "proved_at": session.proved_at,
        "address": session.address,
        "agent": session.agent,
    }


def _session(row: RowMapping | Mapping[str, Any]) -> Session:
    return Session(**row)


def _token_values(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "user_id": token.user_id,
        "scope": token.scope,
        "hash": token.hash,
        "last4": token.last4,
        "note": token.note,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "used_at": token.used_at,
    }


def _token(row: RowMapping) -> ApiToken:
    return ApiToken(**{**row, "scope": TokenScope(row["scope"])})
