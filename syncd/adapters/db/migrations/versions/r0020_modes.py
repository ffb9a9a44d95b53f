"""What a person sets for a single calendar: its mode, its privacy, and how old its proof of equality may grow."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the columns: every calendar is as it was."""
    op.add_column("calendars", sa.Column("mode", sa.String, nullable=False, server_default="normal"))
    op.add_column("calendars", sa.Column("privacy", sa.String))
    op.add_column("calendars", sa.Column("objective_minutes", sa.Integer))


def downgrade() -> None:
    """Drop them."""
    for column in ("objective_minutes", "privacy", "mode"):
        op.drop_column("calendars", column)
