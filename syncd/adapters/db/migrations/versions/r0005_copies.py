"""Where the copies stand that a drift is about."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("drifts", sa.Column("copies", sa.JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("drifts", "copies")
