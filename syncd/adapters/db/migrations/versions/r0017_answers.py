"""What a provider says of an edit that was put back."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the columns, and the index by which those that wait for the practice are found."""
    op.add_column("drifts", sa.Column("answer", sa.String))
    op.add_column("drifts", sa.Column("answered_at", sa.DateTime(timezone=True)))
    op.create_index("ix_drifts_answer_detected_at", "drifts", ["answer", "detected_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_drifts_answer_detected_at", "drifts")
    for column in ("answered_at", "answer"):
        op.drop_column("drifts", column)
