"""Drifts by status and severity, so that a count of them is a look at an index."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_drifts_status_severity", "drifts", ["status", "severity"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_drifts_status_severity", "drifts")
