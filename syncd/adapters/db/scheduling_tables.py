"""The tables of people, series, appointments and claims."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from syncd.adapters.db.metadata import local_time_columns, metadata, needed
from syncd.adapters.db.types import Instant

LONGEST_MINUTES = 1440
"""No appointment is longer than a day, so a look for overlaps need not go further back."""

providers = Table(
    "providers",
    metadata,
    Column("id", String, primary_key=True),
    needed("name"),
    needed("email"),
    Column("email_key", String, nullable=False, unique=True),  # the address as it is compared: without case
    needed("timezone"),
    Column("booking_url", String),
    Column("late_notice_hours", Integer),
    Column("late_fee_minor", Integer),
    Column("late_fee_currency", String),
    needed("active", Boolean, server_default=true()),
    Column("language", String),
)

clients = Table(
    "clients",
    metadata,
    Column("id", String, primary_key=True),
    needed("name"),
    needed("email"),
    Column("email_key", String, nullable=False, unique=True),
    Column("timezone", String),
    needed("active", Boolean, server_default=true()),
    Column("language", String),
)

series = Table(
    "series",
    metadata,
    Column("id", String, primary_key=True),
    Column("uid", String, nullable=False, unique=True),
    needed("provider_id", String, ForeignKey("providers.id")),
    needed("client_id", String, ForeignKey("clients.id")),
    *local_time_columns("start"),
    needed("minutes", Integer),
    needed("rule"),
    needed("location"),
    needed("sequence", Integer),
    Column("extended_until", Instant),
    Column("split_from", String),
    needed("cancelled", Boolean),
    needed("version", Integer),
    needed("allow_overlap", Boolean, server_default=false()),
    Index(
        "ix_series_to_extend",
        "extended_until",
        sqlite_where=text("NOT cancelled"),
    ),
)

appointments = Table(
    "appointments",
    metadata,
    Column("id", String, primary_key=True),
    needed("uid"),
    needed("provider_id", String, ForeignKey("providers.id")),
    needed("client_id", String, ForeignKey("clients.id")),
    *local_time_columns("start"),
    needed("minutes", Integer),
    needed("starts_at", Instant),  # derived from the local start, for looking up
    needed("ends_at", Instant),
    needed("date_of_service", Date),
    needed("status"),
    needed("location"),
    needed("sequence", Integer),
    Column("series_id", String, ForeignKey("series.id")),
    *local_time_columns("recurrence", nullable=True),
    Column("cancel_reason", String),
    Column("cancelled_by", String),
    Column("cancelled_at", Instant),
    Column("cancel_note", String),
    Column("cancel_message", String),
    Column("fee_minor", Integer),
    Column("fee_currency", String),
    Column("fee_waived", Boolean),
    Column("fee_decided_by", String),
    needed("version", Integer),
    UniqueConstraint("id", "date_of_service"),  # what a claim's date refers to
    CheckConstraint("date_of_service = date(start_wall)", name="date_of_service_is_local_date"),
    CheckConstraint(f"minutes BETWEEN 1 AND {LONGEST_MINUTES}", name="minutes_within_a_day"),
    Index(None, "uid"),
    Index(None, "provider_id", "starts_at"),
    Index(None, "client_id", "starts_at"),
    Index(None, "series_id", "starts_at"),
    Index(None, "location", "starts_at"),
    Index(None, "starts_at"),
    Index("uq_appointments_series_recurrence", "series_id", "recurrence_wall", unique=True),
    Index(
        "ix_appointments_to_complete",
        "ends_at",
        sqlite_where=text("status = 'booked'"),
    ),
)

appointment_changes = Table(
    "appointment_changes",
    metadata,
    Column("number", Integer, primary_key=True),
    needed("appointment_id", String, ForeignKey("appointments.id")),
    needed("at", Instant),
    needed("kind"),
    needed("by"),
    needed("actor"),
    needed("before", JSON),
    needed("after", JSON),
    needed("note"),
    Index(None, "appointment_id", "number"),
    sqlite_autoincrement=True,
)

claims = Table(
    "claims",
    metadata,
    Column("id", String, primary_key=True),
    Column("appointment_id", String, nullable=False, unique=True),
    needed("date_of_service", Date),
    needed("status"),
    Column("confirmed_at", Instant),
    Column("proven_at", Instant),
    Column("number", String),
    Column("filed_at", Instant),
    # What held it when it was last looked at; a blank before and after each.
    Column("holds", String, nullable=False, server_default=""),
    Column("held_since", Instant),
    # A claim has no date of its own: the database carries the appointment's over, and refuses any other.
    ForeignKeyConstraint(
        ["appointment_id", "date_of_service"],
        ["appointments.id", "appointments.date_of_service"],
        onupdate="CASCADE",
    ),
    Index(None, "status", "date_of_service", "id"),
    Index(None, "date_of_service", "id"),
    Index("uq_claims_number", "number", unique=True),
)

attestations = Table(
    "attestations",
    metadata,
    Column("number", Integer, primary_key=True),
    needed("appointment_id", String, ForeignKey("appointments.id")),
    needed("at", Instant),
    needed("date_of_service", Date),
    needed("party"),
    needed("by"),
    needed("actor"),
    needed("note"),
    Index(None, "appointment_id", "number"),
    sqlite_autoincrement=True,
)
