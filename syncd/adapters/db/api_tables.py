"""The tables behind the API: answers that are kept for a day, and what is on its way to webhooks."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, String, Table

from syncd.adapters.db.metadata import metadata
from syncd.adapters.db.types import Instant

__all__ = ["hook_deliveries", "kept_answers", "metadata"]

kept_answers = Table(
    "kept_answers",
    metadata,
    Column("id", String, primary_key=True),
    Column("request", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("status", Integer),
    Column("sealed", LargeBinary),
    Column("broke_off", Boolean, nullable=False),
    Index(None, "at"),
)

hook_deliveries = Table(
    "hook_deliveries",
    metadata,
    Column("id", String, primary_key=True),
    Column("hook", String, nullable=False),
    Column("event", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("data", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Instant),
    Column("given_up", Boolean, nullable=False),
    Column("last_error", String),
    Index(None, "at"),
)
