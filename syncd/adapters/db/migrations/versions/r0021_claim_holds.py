"""What holds each claim, as it was last seen: to list, filter and count claims without looking at all about each."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the columns; the next look at a claim fills them."""
    op.add_column("claims", sa.Column("holds", sa.String, nullable=False, server_default=""))
    op.add_column("claims", sa.Column("held_since", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("claims", "held_since")
    op.drop_column("claims", "holds")
