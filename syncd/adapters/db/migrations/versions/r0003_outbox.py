"""What delivering mail needs to know after a crash, and until when links in mails no longer count."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add a column, an index and a table."""
    op.add_column("messages", sa.Column("handed_over_at", sa.DateTime(timezone=True)))
    op.create_index("ix_messages_uid_recipient_number", "messages", ["uid", "recipient", "number"])
    op.create_table(
        "link_revocations",
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name="fk_link_revocations_appointment_id"),
        sa.PrimaryKeyConstraint("appointment_id", name="pk_link_revocations"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("link_revocations")
    op.drop_index("ix_messages_uid_recipient_number", table_name="messages")
    op.drop_column("messages", "handed_over_at")
