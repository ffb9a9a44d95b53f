"""One table for all that comes due, in place of columns of calendars and messages and of searches for the rest."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_Instant = sa.DateTime(timezone=True)
_WATCHED = sa.text("owner IS NOT NULL OR attempts > 0")
_COLUMNS = ("due_at", "queue", "subject", "owner", "attempts")


def upgrade() -> None:
    """Create the tables, fill one from what was due, and drop the columns that said so."""
    work = _create()
    _fill(work)
    op.add_column("calendars", sa.Column("revision", sa.Integer, nullable=False, server_default="0"))
    op.drop_index("ix_calendars_due_at", table_name="calendars")
    for column in ("due_at", "failures", "lease_owner", "lease_until"):
        op.drop_column("calendars", column)
    op.drop_column("messages", "next_attempt_at")


def downgrade() -> None:
    """Put the columns back; everything is due at once."""
    op.add_column("messages", sa.Column("next_attempt_at", _Instant))
    op.add_column("calendars", sa.Column("due_at", _Instant))
    op.add_column("calendars", sa.Column("failures", sa.Integer, nullable=False, server_default="0"))
    op.add_column("calendars", sa.Column("lease_owner", sa.String))
    op.add_column("calendars", sa.Column("lease_until", _Instant))
    op.create_index("ix_calendars_due_at", "calendars", ["due_at"])
    op.drop_column("calendars", "revision")
    op.drop_table("workers")
    op.drop_table("work")


def _create() -> sa.Table:
    op.create_table(
        "workers",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("engine", sa.String, nullable=False),
        sa.Column("started_at", _Instant, nullable=False),
        sa.Column("seen_at", _Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    work = op.create_table(
        "work",
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("queue", sa.String, nullable=False),
        sa.Column("due_at", _Instant),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.String),
        sa.Column("last_error_code", sa.String),
        sa.Column("last_tried_at", _Instant),
        sa.Column("last_success_at", _Instant),
        sa.Column("owner", sa.String),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("leased_at", _Instant),
        sa.Column("pokes", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_work"),
    )
    op.create_index("ix_work_due", "work", ["kind", *_COLUMNS])
    op.create_index("ix_work_watched", "work", ["kind", *_COLUMNS], sqlite_where=_WATCHED, postgresql_where=_WATCHED)
    return work


def _fill(work: sa.Table) -> None:
    connection = op.get_bind()
    now = datetime.now(UTC)
    now = now.replace(tzinfo=None) if connection.dialect.name == "sqlite" else now
    for kind, query in _DUE.items():
        typed = sa.text(query).columns(subject=sa.String, due_at=_Instant, failures=sa.Integer, url=sa.String)
        rows = [_row(kind, row, now) for row in connection.execute(typed).mappings()]
        if rows:
            op.bulk_insert(work, rows)


_DUE = {
    "calendar": (
        "SELECT id AS subject, due_at, failures, url FROM calendars WHERE state IN ('new', 'ok', 'unreachable')"
    ),
    "message": (
        "SELECT id AS subject, next_attempt_at AS due_at, attempts AS failures, '' AS url FROM messages "
        "WHERE status = 'queued'"
    ),
    "claim": (
        "SELECT c.id AS subject, a.ends_at AS due_at, 0 AS failures, '' AS url FROM claims c "
        "JOIN appointments a ON a.id = c.appointment_id WHERE c.status IN ('pending', 'held')"
    ),
    "series": (
        "SELECT id AS subject, NULL AS due_at, 0 AS failures, '' AS url FROM series "
        "WHERE NOT cancelled AND extended_until IS NOT NULL"
    ),
}


def _row(kind: str, row: sa.RowMapping, now: datetime) -> dict[str, Any]:
    return {
        "kind": kind,
        "subject": row["subject"],
        "queue": urlsplit(row["url"]).netloc,
        "due_at": row["due_at"] or now,
        "attempts": row["failures"],
        "token": 0,
        "pokes": 0,
    }
