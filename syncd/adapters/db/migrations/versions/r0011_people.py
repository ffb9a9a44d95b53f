"""Whether people may be booked, and each instance of a series once."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_APPOINTMENTS = sa.table(
    "appointments",
    *(sa.column(name) for name in ("id", "status", "series_id", "recurrence_wall", "recurrence_zone")),
    *(sa.column(name) for name in ("recurrence_fold", "cancel_reason", "cancelled_by", "cancelled_at", "cancel_note")),
)
_DUPLICATES = """
    SELECT a.id, a.status, a.series_id, a.recurrence_wall, c.status AS claim
    FROM appointments a LEFT JOIN claims c ON c.appointment_id = a.id
    WHERE EXISTS (SELECT 1 FROM appointments b WHERE b.series_id = a.series_id
                  AND b.recurrence_wall = a.recurrence_wall AND b.id <> a.id)
    ORDER BY a.series_id, a.recurrence_wall
"""
_STANDING_OVERLAPS = """
    UPDATE series SET allow_overlap = true WHERE EXISTS (
        SELECT 1 FROM appointments a JOIN appointments b ON b.client_id = a.client_id AND b.id <> a.id
        AND b.starts_at < a.ends_at AND a.starts_at < b.ends_at
        WHERE a.series_id = series.id AND a.status = 'booked' AND b.status = 'booked')
"""
_NOTE = "It was the same session of its series as another appointment: stored twice at a change of clocks."
_WORTH = {"filed": 3, "clear": 2, "held": 1}


def upgrade() -> None:
    """Add columns and indexes; what an extension once stored twice stays on record, and is no instance any more."""
    for table in ("providers", "clients"):
        op.add_column(table, sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("series", sa.Column("allow_overlap", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(_STANDING_OVERLAPS)  # nobody was asked then; to cancel what was agreed would be worse
    for row in list(_doubled(op.get_bind())):
        _detach(op.get_bind(), row)
    op.create_index("uq_appointments_series_recurrence", "appointments", ["series_id", "recurrence_wall"], unique=True)
    op.create_index(
        "ix_appointments_to_complete",
        "appointments",
        ["ends_at"],
        sqlite_where=sa.text("status = 'booked'"),
        postgresql_where=sa.text("status = 'booked'"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_appointments_to_complete", table_name="appointments")
    op.drop_index("uq_appointments_series_recurrence", table_name="appointments")
    op.drop_column("series", "allow_overlap")
    for table in ("clients", "providers"):
        op.drop_column(table, "active")


def _doubled(connection: sa.Connection) -> Iterator[sa.RowMapping]:
    """Yield all appointments but one of each instance: kept is the one that counts most, by its claim and status."""
    kept: dict[Any, sa.RowMapping] = {}
    for row in connection.execute(sa.text(_DUPLICATES)).mappings():
        key = row["series_id"], row["recurrence_wall"]
        if key not in kept:
            kept[key] = row
        elif _worth(row) > _worth(kept[key]):
            yield kept[key]
            kept[key] = row
        else:
            yield row


def _worth(row: sa.RowMapping) -> tuple[int, bool]:
    return _WORTH.get(str(row["claim"]), 0), row["status"] != "cancelled"


def _detach(connection: sa.Connection, row: sa.RowMapping) -> None:
    values: dict[str, Any] = dict.fromkeys(("series_id", "recurrence_wall", "recurrence_zone", "recurrence_fold"))
    if row["claim"] != "filed" and row["status"] != "cancelled":
        values |= {"status": "cancelled", "cancel_reason": "booked_in_error", "cancelled_by": "system"}
        values |= {"cancelled_at": sa.func.current_timestamp(), "cancel_note": _NOTE}
    connection.execute(sa.update(_APPOINTMENTS).where(_APPOINTMENTS.c.id == row["id"]).values(**values))
