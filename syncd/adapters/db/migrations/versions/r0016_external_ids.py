"""What the practice's own system calls people and appointments."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "external_ids",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "external_id", name="pk_external_ids"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("external_ids")
