"""The tables of accounts: users, sessions, one-time links, API tokens, tries to sign in."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from syncd.adapters.db.metadata import metadata
from syncd.adapters.db.types import Instant

__all__ = ["api_tokens", "metadata", "one_time_links", "sessions", "sign_in_tries", "unsent_forms", "users"]

users = Table(
    "users",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("email", String, nullable=False),
    Column("email_key", String, nullable=False, unique=True),  # the address as it is compared: without case
    Column("role", String, nullable=False),
    Column("provider_id", String, ForeignKey("providers.id")),
    Column("password_hash", String),
    Column("active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_seen_at", Instant),
    Column("timezone", String),
    Column("clock", String, nullable=False, server_default="24"),
    Column("theme", String, nullable=False, server_default="system"),
)
sessions = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    Column("user_id", String, ForeignKey("users.id"), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("proved_at", Instant, nullable=False),
    Column("address", String, nullable=False),
    Column("agent", String, nullable=False),
    Index(None, "user_id"),
    Index(None, "started_at"),
)

unsent_forms = Table(
    "unsent_forms",
    metadata,
    Column("session_id", String, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("id", String, primary_key=True),
    Column("user_id", String, ForeignKey("users.id"), nullable=False),
    Column("purpose", String, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "user_id"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("user_id", String, ForeignKey("users.id"), nullable=False),
    Column("scope", String, nullable=False),
    Column("hash", String, nullable=False, unique=True),
    Column("last4", String, nullable=False),
    Column("note", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
    Index(None, "user_id", "created_at"),
)

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("subject", String, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
)
