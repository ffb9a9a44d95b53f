"""The tables of alerts: what is remembered of each, what leaves to tell of them, what was seen of machines."""

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, String, Table

from syncd.adapters.db.metadata import metadata
from syncd.adapters.db.types import Instant

__all__ = ["alert_conditions", "alert_notices", "metadata", "observations"]

alert_conditions = Table(
    "alert_conditions",
    metadata,
    Column("code", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("severity", String, nullable=False),
    Column("since", Instant),
    Column("cause", String, nullable=False),
    Column("remedy", String, nullable=False),
    Column("place", String, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("gone_at", Instant),
    Column("told_at", Instant),
    Column("over_at", Instant),
    Column("times", Integer, nullable=False),
    Column("returns", Integer, nullable=False),
)

alert_notices = Table(
    "alert_notices",
    metadata,
    Column("id", String, primary_key=True),
    Column("channel", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("content", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Instant),
    Column("given_up", Boolean, nullable=False),
    Column("last_error", String),
    Index(None, "created_at"),
)

observations = Table(
    "observations",
    metadata,
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("amount", Float),
    Column("moment", Instant),
)
