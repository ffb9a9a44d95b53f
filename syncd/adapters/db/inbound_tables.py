"""The tables of mail that came in: each mail, the answers that counted, addresses at which mail fails, mailboxes."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from syncd.adapters.db.tables import metadata
from syncd.adapters.db.types import Instant

__all__ = ["bounced_addresses", "inbound_answers", "inbound_mails", "mailboxes", "metadata"]

inbound_mails = Table(
    "inbound_mails",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("digest", String, nullable=False, unique=True),
    Column("received_at", Instant, nullable=False),
    Column("channel", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("effect", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("party", String),
    Column("sender", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("method", String, nullable=False),
    Column("uid", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("stamp", Instant),
    Column("appointment_id", String),
    Column("recurrence_id", Instant),
    Column("drift_id", String),
    Column("about", String),
    Column("proposed", Instant),
    Column("comment", String, nullable=False),
    Index(None, "effect", "number"),
    Index(None, "received_at"),
    Index(None, "appointment_id"),
    sqlite_autoincrement=True,
)

inbound_answers = Table(
    "inbound_answers",
    metadata,
    Column("key", String, primary_key=True),
    Column("mail_id", String, nullable=False),
    Column("uid", String, nullable=False),
    Column("party", String, nullable=False),
    Column("instance", Instant),
    Column("sequence", Integer, nullable=False),
    Column("stamp", Instant),
    Index(None, "uid", "party"),
    Index(None, "mail_id"),
)

bounced_addresses = Table(
    "bounced_addresses",
    metadata,
    Column("address", String, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("status", String, nullable=False),
    Column("message_id", String, nullable=False),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("name", String, primary_key=True),
    Column("validity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
)
