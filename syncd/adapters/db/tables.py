"""The tables. A change here needs a migration (``migrations/versions``); a test holds the two together.

Texts have no length limit, and the words of a vocabulary are plain text: the values' own types guard those.
A partial index says `sqlite_where=`; PostgreSQL gets the same condition.
Times: `Instant` columns are moments in UTC; a local time is three columns, ``…_wall``, ``…_zone`` and ``…_fold``.
"""

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, or_, text

from syncd.adapters.db.metadata import local_time_columns, metadata, needed
from syncd.adapters.db.scheduling_tables import (
    LONGEST_MINUTES,
    appointment_changes,
    appointments,
    attestations,
    claims,
    clients,
    providers,
    series,
)
from syncd.adapters.db.sync_tables import (
    PENDING,
    WATCHED,
    calendar_strangers,
    calendars,
    drift_appointments,
    drift_findings,
    drifts,
    publications,
)
from syncd.adapters.db.types import Instant

__all__ = [
    "BUSY_OR_FAILING",
    "LONGEST_MINUTES",
    "PENDING",
    "WATCHED",
    "appointment_changes",
    "appointments",
    "attestations",
    "audit",
    "audit_head",
    "calendar_strangers",
    "calendars",
    "claims",
    "clients",
    "drift_appointments",
    "drift_findings",
    "drifts",
    "link_revocations",
    "messages",
    "metadata",
    "providers",
    "publications",
    "series",
    "work",
    "workers",
]

messages = Table(
    "messages",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    needed("kind"),
    needed("appointment_id", String, ForeignKey("appointments.id")),
    needed("recipient"),
    needed("party"),
    Column("method", String),
    needed("uid"),
    needed("sequence", Integer),
    needed("created_at", Instant),
    needed("facts", JSON),
    *local_time_columns("recurrence", nullable=True),
    needed("recurrence_key"),  # the instance's instant, empty for none: NULLs would never be equal
    needed("status"),
    needed("attempts", Integer),
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
    needed("revoked_at", Instant),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # without gaps: the chain's own
    needed("at", Instant),
    needed("actor"),
    needed("action"),
    needed("subject"),
    needed("details", JSON),
    needed("previous"),
    needed("hash"),
    Index(None, "subject", "number"),
    Index(None, "actor", "number"),
    Index(None, "action", "number"),
)

audit_head = Table(
    "audit_head",
    metadata,
    # One row: the chain's last link. It makes writers take turns, and a missing tail visible.
    Column("id", Integer, primary_key=True, autoincrement=False),
    needed("number", Integer),
    needed("hash"),
    CheckConstraint("id = 1", name="one_row"),
)

work = Table(
    "work",
    metadata,
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),
    needed("queue"),
    Column("due_at", Instant),  # while somebody has it, when the lease ends: then it is due again by itself
    needed("attempts", Integer),
    Column("last_error", String),
    Column("last_error_code", String),
    Column("last_tried_at", Instant),
    Column("last_success_at", Instant),
    Column("owner", String),
    needed("token", Integer),
    Column("leased_at", Instant),
    needed("pokes", Integer),
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
    needed("host"),
    needed("pid", Integer),
    needed("engine"),
    needed("started_at", Instant),
    needed("seen_at", Instant),
)
