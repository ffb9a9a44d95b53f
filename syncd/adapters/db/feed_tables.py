"""The table of feeds."""

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table

from syncd.adapters.db.metadata import metadata
from syncd.adapters.db.types import Instant

__all__ = ["feeds", "metadata"]

feeds = Table(
    "feeds",
    metadata,
    Column("provider_id", String, ForeignKey("providers.id"), primary_key=True),
    Column("token_hash", String, unique=True),
    Column("secret", LargeBinary),
    Column("made_at", Instant, nullable=False),
    Column("body_hash", String, nullable=False),
    Column("changed_at", Instant),
    Column("fetched_at", Instant),
    Column("fetched_by", String, nullable=False),
)
