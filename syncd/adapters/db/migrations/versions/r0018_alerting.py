"""Alerts: what is remembered of each, what leaves to tell of them, what was seen of machines."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "alert_conditions",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("since", _MOMENT),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("remedy", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("first_seen_at", _MOMENT, nullable=False),
        sa.Column("gone_at", _MOMENT),
        sa.Column("told_at", _MOMENT),
        sa.Column("over_at", _MOMENT),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", "subject", name="pk_alert_conditions"),
    )
    op.create_table(
        "alert_notices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", _MOMENT),
        sa.Column("given_up", sa.Boolean(), nullable=False),
        sa.Column("last_error", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_alert_notices"),
    )
    op.create_index("ix_alert_notices_created_at", "alert_notices", ["created_at"])
    op.create_table(
        "observations",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("first_seen_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("amount", sa.Float()),
        sa.Column("moment", _MOMENT),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_observations"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("observations", "alert_notices", "alert_conditions"):
        op.drop_table(table)
