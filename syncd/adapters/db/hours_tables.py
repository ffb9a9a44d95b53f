"""The tables of working hours and time off, of used links and of form keys."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from syncd.adapters.db.tables import metadata
from syncd.adapters.db.types import Instant

__all__ = ["form_keys", "link_uses", "metadata", "time_off", "working_hours"]

working_hours = Table(
    "working_hours",
    metadata,
    Column("provider_id", String, ForeignKey("providers.id"), primary_key=True),
    Column("hours", String, nullable=False),
)
time_off = Table(
    "time_off",
    metadata,
    Column("id", String, primary_key=True),
    Column("provider_id", String, ForeignKey("providers.id"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Index("ix_time_off_provider_id_ends_at", "provider_id", "ends_at"),
)
link_uses = Table(
    "link_uses",
    metadata,
    Column("appointment_id", String, ForeignKey("appointments.id"), primary_key=True),
    Column("led_to", String, ForeignKey("appointments.id"), nullable=False),
    Column("used_at", Instant, nullable=False),
)
form_keys = Table(
    "form_keys",
    metadata,
    Column("key", String, primary_key=True),
    Column("result", String, nullable=False),
    Column("used_at", Instant, nullable=False),
    Index("ix_form_keys_used_at", "used_at"),
)
