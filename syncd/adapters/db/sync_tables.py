"""The tables of calendars, publications and drifts."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    and_,
    false,
    or_,
    text,
    true,
)

from syncd.adapters.db.metadata import local_time_columns, metadata, needed
from syncd.adapters.db.types import Instant

calendars = Table(
    "calendars",
    metadata,
    Column("id", String, primary_key=True),
    needed("provider_id", String, ForeignKey("providers.id")),
    needed("kind"),
    needed("name"),
    needed("url"),
    needed("username"),
    needed("secret", LargeBinary),
    needed("state"),
    needed("capabilities", JSON),
    Column("cursor", String),
    needed("plain_events", Boolean),
    Column("plain_http", Boolean, nullable=False, server_default=false()),
    needed("guards_waived", Boolean),
    Column("revision", Integer, nullable=False, server_default="0"),  # rises with every change by a person
    Column("last_tried_at", Instant),
    Column("last_synced_at", Instant),
    Column("last_verified_at", Instant),
    Column("last_proven_equal_at", Instant),
    Column("last_error", String),
    Column("look", String, nullable=False, server_default=""),
    Column("deferred_until", Instant),
    Column("guards_reset_at", Instant),
    Column("unlisted", Integer, nullable=False, server_default="0"),
    Column("suspected", String),
    Column("suspected_since", Instant),
    Column("suspected_times", Integer),
    Column("mode", String, nullable=False, server_default="normal"),
    Column("privacy", String),
    Column("objective_minutes", Integer),
    Column("inside", Boolean, nullable=False, server_default=true()),
    UniqueConstraint("provider_id", "url"),
)

calendar_strangers = Table(
    "calendar_strangers",  # which resources of others are known: digests of their hrefs, end to end, and nothing else
    metadata,
    Column("calendar_id", String, ForeignKey("calendars.id", ondelete="CASCADE"), primary_key=True),
    needed("digests", LargeBinary),
)

publications = Table(
    "publications",
    metadata,
    Column("id", String, primary_key=True),
    needed("calendar_id"),  # no foreign key: publications stay on record when their calendar is removed
    needed("source_kind"),
    needed("source_id"),
    needed("uid"),
    needed("href"),
    Column("etag", String),
    Column("schedule_tag", String),
    Column("body", String),
    needed("sequence", Integer),
    needed("wanted", Integer),
    needed("done", Integer),
    Column("intent_kind", String),
    Column("intent_body", String),
    Column("intent_at", Instant),
    Column("intent_base", String),
    needed("yielded", JSON),
    Column("look", String, nullable=False, server_default=""),
    Column("published_at", Instant),
    Column("verified_at", Instant),
    needed("state"),
    Column("first_seen_at", Instant),
    UniqueConstraint("calendar_id", "href"),
    UniqueConstraint("source_kind", "source_id", "calendar_id"),
)

WATCHED = text("publications.state IN ('waiting', 'live')")
"""Publications that cycles see to, however many there ever were. Index and query must say it in the same words."""

PENDING = or_(publications.c.wanted != publications.c.done, publications.c.intent_kind.is_not(None))
"""Of these, the publications that a cycle has to look at."""

_IS_WATCHED = text("state IN ('waiting', 'live')")

Index("ix_publications_watched", publications.c.calendar_id, publications.c.href, sqlite_where=_IS_WATCHED)
Index("ix_publications_watched_uid", publications.c.uid, sqlite_where=_IS_WATCHED)
Index(
    "ix_publications_pending",
    publications.c.calendar_id,
    publications.c.href,
    sqlite_where=and_(PENDING, _IS_WATCHED),
)

drifts = Table(
    "drifts",
    metadata,
    Column("id", String, primary_key=True),
    Column("publication_id", String, ForeignKey("publications.id", ondelete="SET NULL")),
    needed("appointment_id", String, ForeignKey("appointments.id")),
    needed("calendar_id"),  # no foreign key: drifts stay on record when their calendar is removed
    needed("provider_id", String, ForeignKey("providers.id")),
    needed("kinds"),  # a blank before and after each
    needed("severity"),
    needed("fingerprint"),
    needed("action"),
    needed("rule"),
    needed("detected_at", Instant),
    needed("status"),
    needed("claim_date_changes", Boolean),
    Column("edited_at", Instant),
    Column("due_at", Instant),
    Column("resolved_at", Instant),
    Column("resolved_by", String),
    needed("note"),
    Column("copies", JSON, nullable=False, server_default="[]"),
    Column("answer", String),
    Column("answered_at", Instant),
    Index(None, "answer", "detected_at"),
    Index(None, "status", "detected_at"),
    Index(None, "provider_id", "detected_at"),
    Index(None, "status", "severity"),
    Index(None, "detected_at"),
    Index(None, "appointment_id"),
    Index(None, "publication_id"),
    Index(
        "uq_drifts_open_edit",
        "publication_id",
        "fingerprint",
        unique=True,
        sqlite_where=text("status = 'open'"),
    ),
)

drift_findings = Table(
    "drift_findings",
    metadata,
    Column("drift_id", String, ForeignKey("drifts.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    needed("kind"),
    needed("severity"),
    needed("field"),
    Column("published", String),
    Column("observed", String),
    *local_time_columns("recurrence", nullable=True),
)

drift_appointments = Table(
    "drift_appointments",
    metadata,
    Column("drift_id", String, ForeignKey("drifts.id", ondelete="CASCADE"), primary_key=True),
    Column("appointment_id", String, ForeignKey("appointments.id"), primary_key=True),
    Index(None, "appointment_id"),
)
