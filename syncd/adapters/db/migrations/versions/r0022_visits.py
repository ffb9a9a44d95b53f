"""Working hours and time off, links that were used, and keys of forms that were sent."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "working_hours",
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("hours", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", name="pk_working_hours"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_working_hours_provider_id"),
    )
    op.create_table(
        "time_off",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_time_off"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name="fk_time_off_provider_id"),
    )
    op.create_index("ix_time_off_provider_id_ends_at", "time_off", ["provider_id", "ends_at"])
    op.create_table(
        "link_uses",
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("led_to", sa.String(), nullable=False),
        sa.Column("used_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("appointment_id", name="pk_link_uses"),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name="fk_link_uses_appointment_id"),
        sa.ForeignKeyConstraint(["led_to"], ["appointments.id"], name="fk_link_uses_led_to"),
    )
    op.create_table(
        "form_keys",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("used_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_form_keys"),
    )
    op.create_index("ix_form_keys_used_at", "form_keys", ["used_at"])


def downgrade() -> None:
    """Drop them."""
    for table in ("form_keys", "link_uses", "time_off", "working_hours"):
        op.drop_table(table)
