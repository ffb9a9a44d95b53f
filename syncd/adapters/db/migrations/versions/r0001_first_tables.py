"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_PENDING = sa.text("wanted != done OR intent_kind IS NOT NULL")
_TABLES = (
    "providers",
    "clients",
    "series",
    "appointments",
    "claims",
    "appointment_changes",
    "calendars",
    "publications",
    "drifts",
    "drift_findings",
    "messages",
    "audit",
    "audit_head",
)


def upgrade() -> None:
    """Create the tables, in the order of their references."""
    _create_people()
    _create_series()
    _create_appointments()
    _create_claims()
    _create_calendars()
    _create_publications()
    _create_drifts()
    _create_messages()
    _create_audit()
    op.execute("INSERT INTO audit_head (id, number, hash) VALUES (1, 0, '')")


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(_TABLES):
        op.drop_table(table)


def _local(prefix: str, *, nullable: bool = False) -> list[sa.Column[Any]]:
    return [
        sa.Column(f"{prefix}_wall", sa.DateTime(), nullable=nullable),
        sa.Column(f"{prefix}_zone", sa.String(), nullable=nullable),
        sa.Column(f"{prefix}_fold", sa.Integer(), nullable=nullable),
    ]


def _create_people() -> None:
    op.create_table(
        "providers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("booking_url", sa.String(), nullable=True),
        sa.Column("late_notice_hours", sa.Integer(), nullable=True),
        sa.Column("late_fee_minor", sa.Integer(), nullable=True),
        sa.Column("late_fee_currency", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_providers"),
        sa.UniqueConstraint("email_key", name="uq_providers_email_key"),
    )
    op.create_table(
        "clients",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_clients"),
        sa.UniqueConstraint("email_key", name="uq_clients_email_key"),
    )


def _create_series() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        *_local("start"),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("extended_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("split_from", sa.String(), nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_series_client_id"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_series_provider_id"),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("uid", name="uq_series_uid"),
    )
    op.create_index(
        "ix_series_to_extend",
        "series",
        ["extended_until"],
        sqlite_where=sa.text("NOT cancelled"),
        postgresql_where=sa.text("NOT cancelled"),
    )


def _create_appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        *_local("start"),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date_of_service", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.String(), nullable=True),
        *_local("recurrence", nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.Column("cancelled_by", sa.String(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_note", sa.String(), nullable=True),
        sa.Column("cancel_message", sa.String(), nullable=True),
        sa.Column("fee_minor", sa.Integer(), nullable=True),
        sa.Column("fee_currency", sa.String(), nullable=True),
        sa.Column("fee_waived", sa.Boolean(), nullable=True),
        sa.Column("fee_decided_by", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "date_of_service = date(start_wall)", name=op.f("ck_appointments_date_of_service_is_local_date")
        ),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_appointments_minutes_within_a_day")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_appointments_client_id"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_appointments_provider_id"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name="fk_appointments_series_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointments"),
        sa.UniqueConstraint("id", "date_of_service", name="uq_appointments_id_date_of_service"),
    )
    op.create_index("ix_appointments_client_id_starts_at", "appointments", ["client_id", "starts_at"])
    op.create_index("ix_appointments_provider_id_starts_at", "appointments", ["provider_id", "starts_at"])
    op.create_index("ix_appointments_series_id_starts_at", "appointments", ["series_id", "starts_at"])
    op.create_index("ix_appointments_starts_at", "appointments", ["starts_at"])


def _create_claims() -> None:
    op.create_table(
        "claims",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("date_of_service", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id", "date_of_service"],
            ["appointments.id", "appointments.date_of_service"],
            name="fk_claims_appointment_id_date_of_service",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_claims"),
        sa.UniqueConstraint("appointment_id", name="uq_claims_appointment_id"),
    )
    op.create_index("ix_claims_status_date_of_service", "claims", ["status", "date_of_service"])
    op.create_table(
        "appointment_changes",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name="fk_appointment_changes_appointment_id"),
        sa.PrimaryKeyConstraint("number", name="pk_appointment_changes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_appointment_changes_appointment_id_number", "appointment_changes", ["appointment_id", "number"])


def _create_calendars() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=True),
        sa.Column("plain_events", sa.Boolean(), nullable=False),
        sa.Column("guards_waived", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_proven_equal_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_calendars_provider_id"),
        sa.PrimaryKeyConstraint("id", name="pk_calendars"),
        sa.UniqueConstraint("provider_id", "url", name="uq_calendars_provider_id_url"),
    )
    op.create_index("ix_calendars_due_at", "calendars", ["due_at"])


def _create_publications() -> None:
    op.create_table(
        "publications",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.String(), nullable=False),
        sa.Column("source_kind", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("href", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("schedule_tag", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("intent_kind", sa.String(), nullable=True),
        sa.Column("intent_body", sa.String(), nullable=True),
        sa.Column("intent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("yielded", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name="fk_publications_calendar_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_publications"),
        sa.UniqueConstraint("calendar_id", "href", name="uq_publications_calendar_id_href"),
        sa.UniqueConstraint(
            "source_kind", "source_id", "calendar_id", name="uq_publications_source_kind_source_id_calendar_id"
        ),
    )
    op.create_index(
        "ix_publications_pending",
        "publications",
        ["calendar_id", "href"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    op.create_index("ix_publications_uid", "publications", ["uid"])


def _create_drifts() -> None:
    op.create_table(
        "drifts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("publication_id", sa.String(), nullable=True),
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("kinds", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("claim_date_changes", sa.Boolean(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name="fk_drifts_appointment_id"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_drifts_provider_id"),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.id"], name="fk_drifts_publication_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_drifts"),
    )
    op.create_index("ix_drifts_appointment_id", "drifts", ["appointment_id"])
    op.create_index("ix_drifts_detected_at", "drifts", ["detected_at"])
    op.create_index("ix_drifts_publication_id", "drifts", ["publication_id"])
    op.create_index("ix_drifts_status_detected_at", "drifts", ["status", "detected_at"])
    op.create_index(
        "uq_drifts_open_edit",
        "drifts",
        ["publication_id", "fingerprint"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "drift_findings",
        sa.Column("drift_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("published", sa.String(), nullable=True),
        sa.Column("observed", sa.String(), nullable=True),
        *_local("recurrence", nullable=True),
        sa.ForeignKeyConstraint(["drift_id"], ["drifts.id"], name="fk_drift_findings_drift_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("drift_id", "position", name="pk_drift_findings"),
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        *_local("recurrence", nullable=True),
        sa.Column("recurrence_key", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name="fk_messages_appointment_id"),
        sa.PrimaryKeyConstraint("number", name="pk_messages"),
        sa.UniqueConstraint("id", name="uq_messages_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_appointment_id", "messages", ["appointment_id"])
    op.create_index(
        "ix_messages_queue",
        "messages",
        ["uid", "recipient", "number"],
        sqlite_where=sa.text("status = 'queued'"),
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index("ix_messages_status_number", "messages", ["status", "number"])
    op.create_index(
        "uq_messages_scheduling_message",
        "messages",
        ["uid", "recurrence_key", "sequence", "method", "recipient"],
        unique=True,
        sqlite_where=sa.text("method IS NOT NULL"),
        postgresql_where=sa.text("method IS NOT NULL"),
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    op.create_index("ix_audit_subject_number", "audit", ["subject", "number"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
