"""Mail that comes in, and from where the address of a calendar was given."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables. The addresses of today's calendars were given by whoever runs the machine."""
    op.create_table(
        "inbound_mails",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("party", sa.String()),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("stamp", _MOMENT),
        sa.Column("appointment_id", sa.String()),
        sa.Column("recurrence_id", _MOMENT),
        sa.Column("drift_id", sa.String()),
        sa.Column("about", sa.String()),
        sa.Column("proposed", _MOMENT),
        sa.Column("comment", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_inbound_mails"),
        sa.UniqueConstraint("id", name="uq_inbound_mails_id"),
        sa.UniqueConstraint("digest", name="uq_inbound_mails_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbound_mails_effect_number", "inbound_mails", ["effect", "number"])
    op.create_index("ix_inbound_mails_received_at", "inbound_mails", ["received_at"])
    op.create_index("ix_inbound_mails_appointment_id", "inbound_mails", ["appointment_id"])
    _answers()
    op.create_table(
        "bounced_addresses",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_bounced_addresses"),
    )
    op.create_table(
        "mailboxes",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_mailboxes"),
    )
    op.create_index("ix_appointments_uid", "appointments", ["uid"])
    op.add_column("calendars", sa.Column("inside", sa.Boolean(), nullable=False, server_default=sa.true()))


def _answers() -> None:
    op.create_table(
        "inbound_answers",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("mail_id", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("instance", _MOMENT),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("stamp", _MOMENT),
        sa.PrimaryKeyConstraint("key", name="pk_inbound_answers"),
    )
    op.create_index("ix_inbound_answers_uid_party", "inbound_answers", ["uid", "party"])
    op.create_index("ix_inbound_answers_mail_id", "inbound_answers", ["mail_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_column("calendars", "inside")
    op.drop_index("ix_appointments_uid", "appointments")
    for table in ("mailboxes", "bounced_addresses", "inbound_answers", "inbound_mails"):
        op.drop_table(table)
