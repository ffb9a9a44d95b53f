"""What may be wrong with a calendar or is a glitch of its server, and whether its login may go over plain HTTP."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("calendars", sa.Column("plain_http", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("calendars", sa.Column("suspected", sa.String))
    op.add_column("calendars", sa.Column("suspected_since", sa.DateTime(timezone=True)))
    op.add_column("calendars", sa.Column("suspected_times", sa.Integer))


def downgrade() -> None:
    for column in ("suspected_times", "suspected_since", "suspected", "plain_http"):
        op.drop_column("calendars", column)
