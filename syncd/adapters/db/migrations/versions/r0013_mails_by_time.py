"""Sent messages by when they left, so that the limit per hour is a look-up."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_messages_sent_at", "messages", ["sent_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_messages_sent_at", "messages")
