"""How a user likes pages (zone, clock, theme), and forms that are half filled, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add them; every account stays as it was."""
    op.add_column("users", sa.Column("timezone", sa.String))
    op.add_column("users", sa.Column("clock", sa.String, nullable=False, server_default="24"))
    op.add_column("users", sa.Column("theme", sa.String, nullable=False, server_default="system"))
    op.create_table(
        "unsent_forms",
        sa.Column("session_id", sa.String, sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("purpose", sa.String, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("unsent_forms")
    for column in ("theme", "clock", "timezone"):
        op.drop_column("users", column)
