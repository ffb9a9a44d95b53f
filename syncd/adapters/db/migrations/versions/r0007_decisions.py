"""What decisions rest on: settings that were rendered, writes around an edit, quiet hours, and the guards' memory."""

import sqlalchemy as sa
from alembic import op

from syncd.adapters.db.types import Instant

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("calendars", sa.Column("look", sa.String, nullable=False, server_default=""))
    op.add_column("calendars", sa.Column("deferred_until", Instant))
    op.add_column("calendars", sa.Column("guards_reset_at", Instant))
    op.add_column("calendars", sa.Column("unlisted", sa.Integer, nullable=False, server_default="0"))
    op.add_column("publications", sa.Column("intent_base", sa.String))
    op.add_column("publications", sa.Column("look", sa.String, nullable=False, server_default=""))
    op.add_column("drifts", sa.Column("due_at", Instant))
    op.create_table(
        "calendar_strangers",
        sa.Column(
            "calendar_id",
            sa.String,
            sa.ForeignKey("calendars.id", name="fk_calendar_strangers_calendar_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("digests", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("calendar_id", name="pk_calendar_strangers"),
    )


def downgrade() -> None:
    op.drop_table("calendar_strangers")
    op.drop_column("drifts", "due_at")
    op.drop_column("publications", "look")
    op.drop_column("publications", "intent_base")
    for name in ("unlisted", "guards_reset_at", "deferred_until", "look"):
        op.drop_column("calendars", name)
