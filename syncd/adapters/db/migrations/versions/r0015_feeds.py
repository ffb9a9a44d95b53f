"""Feeds: a provider's calendar at a secret address."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "feeds",
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String()),
        sa.Column("secret", sa.LargeBinary()),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.Column("changed_at", _MOMENT),
        sa.Column("fetched_at", _MOMENT),
        sa.Column("fetched_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", name="pk_feeds"),
        sa.UniqueConstraint("token_hash", name="uq_feeds_token_hash"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_feeds_provider_id"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("feeds")
