"""The tables. A change here needs a migration (``migrations/versions``); a test holds the two together.

Texts have no length limit, and the words of a vocabulary are plain text: the values' own types guard those.
A partial index says `sqlite_where=`; PostgreSQL gets the same condition.
Times: `Instant` columns are moments in UTC; a local time is three columns, ``…_wall``, ``…_zone`` and ``…_fold``.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    and_,
    event,
    false,
    or_,
    text,
    true,
)

from syncd.adapters.db.types import Instant

LONGEST_MINUTES = 1440
"""No appointment is longer than a day, so a look for overlaps need not go further back."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


@event.listens_for(metadata, "before_create")
def _partial_alike(_metadata: MetaData, connection: Connection, **_: Any) -> None:
    """Make an index partial on PostgreSQL as it is on SQLite.

    Said here and not at each index: `postgresql_where=` there would load PostgreSQL's dialect into every process.
    """
    if connection.dialect.name == "postgresql":
        for index in (index for table in metadata.tables.values() for index in table.indexes):
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]


def _needed(name: str, kind: Any = String, *rest: Any, server_default: Any = None) -> Column[Any]:
    return Column(name, kind, *rest, nullable=False, server_default=server_default)


def _local(prefix: str, *, nullable: bool = False) -> list[Column[Any]]:
    return [
        Column(f"{prefix}_wall", DateTime(timezone=False), nullable=nullable),
        Column(f"{prefix}_zone", String, nullable=nullable),
        Column(f"{prefix}_fold", Integer, nullable=nullable),
    ]


providers = Table(
    "providers",
    metadata,
    Column("id", String, primary_key=True),
    _needed("name"),
    _needed("email"),
    Column("email_key", String, nullable=False, unique=True),  # the address as it is compared: without case
    _needed("timezone"),
    Column("booking_url", String),
    Column("late_notice_hours", Integer),
    Column("late_fee_minor", Integer),
    Column("late_fee_currency", String),
    _needed("active", Boolean, server_default=true()),
    Column("language", String),
)

clients = Table(
    "clients",
    metadata,
    Column("id", String, primary_key=True),
    _needed("name"),
    _needed("email"),
    Column("email_key", String, nullable=False, unique=True),
    Column("timezone", String),
    _needed("active", Boolean, server_default=true()),
    Column("language", String),
)

series = Table(
    "series",
    metadata,
    Column("id", String, primary_key=True),
    Column("uid", String, nullable=False, unique=True),
    _needed("provider_id", String, ForeignKey("providers.id")),
    _needed("client_id", String, ForeignKey("clients.id")),
    *_local("start"),
    _needed("minutes", Integer),
    _needed("rule"),
    _needed("location"),
    _needed("sequence", Integer),
    Column("extended_until", Instant),
    Column("split_from", String),
    _needed("cancelled", Boolean),
    _needed("version", Integer),
    _needed("allow_overlap", Boolean, server_default=false()),
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
    _needed("uid"),
    _needed("provider_id", String, ForeignKey("providers.id")),
    _needed("client_id", String, ForeignKey("clients.id")),
    *_local("start"),
    _needed("minutes", Integer),
    _needed("starts_at", Instant),  # derived from the local start, for looking up
    _needed("ends_at", Instant),
    _needed("date_of_service", Date),
    _needed("status"),
    _needed("location"),
    _needed("sequence", Integer),
    Column("series_id", String, ForeignKey("series.id")),
    *_local("recurrence", nullable=True),
    Column("cancel_reason", String),
    Column("cancelled_by", String),
    Column("cancelled_at", Instant),
    Column("cancel_note", String),
    Column("cancel_message", String),
    Column("fee_minor", Integer),
    Column("fee_currency", String),
    Column("fee_waived", Boolean),
    Column("fee_decided_by", String),
    _needed("version", Integer),
    UniqueConstraint("id", "date_of_service"),  # what a claim's date refers to
    CheckConstraint("date_of_service = date(start_wall)", name="date_of_service_is_local_date"),
    CheckConstraint(f"minutes BETWEEN 1 AND {LONGEST_MINUTES}", name="minutes_within_a_day"),
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
    _needed("appointment_id", String, ForeignKey("appointments.id")),
    _needed("at", Instant),
    _needed("kind"),
    _needed("by"),
    _needed("actor"),
    _needed("before", JSON),
    _needed("after", JSON),
    _needed("note"),
    Index(None, "appointment_id", "number"),
    sqlite_autoincrement=True,
)

claims = Table(
    "claims",
    metadata,
    Column("id", String, primary_key=True),
    Column("appointment_id", String, nullable=False, unique=True),
    _needed("date_of_service", Date),
    _needed("status"),
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
    _needed("appointment_id", String, ForeignKey("appointments.id")),
    _needed("at", Instant),
    _needed("date_of_service", Date),
    _needed("party"),
    _needed("by"),
    _needed("actor"),
    _needed("note"),
    Index(None, "appointment_id", "number"),
    sqlite_autoincrement=True,
)

calendars = Table(
    "calendars",
    metadata,
    Column("id", String, primary_key=True),
    _needed("provider_id", String, ForeignKey("providers.id")),
    _needed("kind"),
    _needed("name"),
    _needed("url"),
    _needed("username"),
    _needed("secret", LargeBinary),
    _needed("state"),
    _needed("capabilities", JSON),
    Column("cursor", String),
    _needed("plain_events", Boolean),
    Column("plain_http", Boolean, nullable=False, server_default=false()),
    _needed("guards_waived", Boolean),
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
    UniqueConstraint("provider_id", "url"),
)

calendar_strangers = Table(
    "calendar_strangers",  # which resources of others are known: digests of their hrefs, end to end, and nothing else
    metadata,
    Column("calendar_id", String, ForeignKey("calendars.id", ondelete="CASCADE"), primary_key=True),
    _needed("digests", LargeBinary),
)

publications = Table(
    "publications",
    metadata,
    Column("id", String, primary_key=True),
    _needed("calendar_id"),  # no foreign key: publications stay on record when their calendar is removed
    _needed("source_kind"),
    _needed("source_id"),
    _needed("uid"),
    _needed("href"),
    Column("etag", String),
    Column("schedule_tag", String),
    Column("body", String),
    _needed("sequence", Integer),
    _needed("wanted", Integer),
    _needed("done", Integer),
    Column("intent_kind", String),
    Column("intent_body", String),
    Column("intent_at", Instant),
    Column("intent_base", String),
    _needed("yielded", JSON),
    Column("look", String, nullable=False, server_default=""),
    Column("published_at", Instant),
    Column("verified_at", Instant),
    _needed("state"),
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
    _needed("appointment_id", String, ForeignKey("appointments.id")),
    _needed("calendar_id"),  # no foreign key: drifts stay on record when their calendar is removed
    _needed("provider_id", String, ForeignKey("providers.id")),
    _needed("kinds"),  # a blank before and after each
    _needed("severity"),
    _needed("fingerprint"),
    _needed("action"),
    _needed("rule"),
    _needed("detected_at", Instant),
    _needed("status"),
    _needed("claim_date_changes", Boolean),
    Column("edited_at", Instant),
    Column("due_at", Instant),
    Column("resolved_at", Instant),
    Column("resolved_by", String),
    _needed("note"),
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
    _needed("kind"),
    _needed("severity"),
    _needed("field"),
    Column("published", String),
    Column("observed", String),
    *_local("recurrence", nullable=True),
)

drift_appointments = Table(
    "drift_appointments",
    metadata,
    Column("drift_id", String, ForeignKey("drifts.id", ondelete="CASCADE"), primary_key=True),
    Column("appointment_id", String, ForeignKey("appointments.id"), primary_key=True),
    Index(None, "appointment_id"),
)

messages = Table(
    "messages",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    _needed("kind"),
    _needed("appointment_id", String, ForeignKey("appointments.id")),
    _needed("recipient"),
    _needed("party"),
    Column("method", String),
    _needed("uid"),
    _needed("sequence", Integer),
    _needed("created_at", Instant),
    _needed("facts", JSON),
    *_local("recurrence", nullable=True),
    _needed("recurrence_key"),  # the instance's instant, empty for none: NULLs would never be equal
    _needed("status"),
    _needed("attempts", Integer),
    Column("handed_over_at", Instant),
    Column("sent_at", Instant),
    Column("last_error", String),
    Index(None, "appointment_id"),
    Index(None, "status", "number"),
    Index(None, "sent_at"),
    Index(None, "uid", "recipient", "number"),
    # The oldest of a uid and recipient goes first: found by this index.
    Index(
        "ix_messages_queue",
        "uid",
        "recipient",
        "number",
        sqlite_where=text("status = 'queued'"),
    ),
    # Mails without a calendar part have no method; any number of them may tell of one state of an appointment.
    Index(
        "uq_messages_scheduling_message",
        "uid",
        "recurrence_key",
        "sequence",
        "method",
        "recipient",
        unique=True,
        sqlite_where=text("method IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

link_revocations = Table(
    "link_revocations",
    metadata,
    Column("appointment_id", String, ForeignKey("appointments.id"), primary_key=True),
    _needed("revoked_at", Instant),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # without gaps: the chain's own
    _needed("at", Instant),
    _needed("actor"),
    _needed("action"),
    _needed("subject"),
    _needed("details", JSON),
    _needed("previous"),
    _needed("hash"),
    Index(None, "subject", "number"),
    Index(None, "actor", "number"),
    Index(None, "action", "number"),
)

audit_head = Table(
    "audit_head",
    metadata,
    # One row: the chain's last link. It makes writers take turns, and a missing tail visible.
    Column("id", Integer, primary_key=True, autoincrement=False),
    _needed("number", Integer),
    _needed("hash"),
    CheckConstraint("id = 1", name="one_row"),
)

work = Table(
    "work",
    metadata,
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),
    _needed("queue"),
    Column("due_at", Instant),  # while somebody has it, when the lease ends: then it is due again by itself
    _needed("attempts", Integer),
    Column("last_error", String),
    Column("last_error_code", String),
    Column("last_tried_at", Instant),
    Column("last_success_at", Instant),
    Column("owner", String),
    _needed("token", Integer),
    Column("leased_at", Instant),
    _needed("pokes", Integer),
    Index("ix_work_due", "kind", "due_at", "queue", "subject", "owner", "attempts"),  # holds all that is asked for
)

BUSY_OR_FAILING = or_(work.c.owner.is_not(None), work.c.attempts > 0)
"""Work that somebody has or that fails: few, and asked for at every tick. Index and queries must say it alike."""

Index(
    "ix_work_watched",
    work.c.kind,
    work.c.due_at,
    work.c.queue,
    work.c.subject,
    work.c.owner,
    work.c.attempts,
    sqlite_where=BUSY_OR_FAILING,
)

workers = Table(
    "workers",
    metadata,
    Column("id", String, primary_key=True),
    _needed("host"),
    _needed("pid", Integer),
    _needed("engine"),
    _needed("started_at", Instant),
    _needed("seen_at", Instant),
)
