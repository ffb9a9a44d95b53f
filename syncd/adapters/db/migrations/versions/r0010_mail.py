"""The languages by whose clocks people read times."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for table in ("providers", "clients"):
        op.add_column(table, sa.Column("language", sa.String, nullable=True))


def downgrade() -> None:
    for table in ("providers", "clients"):
        op.drop_column(table, "language")
