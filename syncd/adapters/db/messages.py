"""The outbox."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from syncd.adapters.db import tables
from syncd.adapters.db.due import DueWork
from syncd.adapters.db.rows import Repository, local_time_or_none, local_values
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.times import instant

_table = tables.messages


class SqlMessages(Repository):
    """Messages, in the database, which numbers them."""

    def __init__(self, connection: Connection, *, read_only: bool, making: DueWork) -> None:
        """Use ``connection``; ``read_only``: take no locks; ``making``: what makes work due.

        ``queued`` lists what was added, for whoever has to tell of it once the transaction has ended well.
        """
        super().__init__(connection, read_only=read_only)
        self._making = making
        self.queued: list[Message] = []

    def add(self, messages: Iterable[Message]) -> None:
        """Queue new ones, numbered in the order given; whatever ``number`` they bring is not used."""
        for message in messages:  # one by one: the order of many rows of one statement is nobody's promise
            self._insert(_table, _values(message), "That message is in the outbox already.")
            self._making.for_message(message)
            self.queued.append(message)

    def get(self, message_id: str) -> Message:
        """Return one, locked until the transaction ends."""
        query = self._locked(select(_table).where(_table.c.id == message_id))
        return message_of(self._one(query, _missing(message_id)))

    def save(self, message: Message) -> None:
        """Store a changed one; its number stays. Queued again it is due; not queued any more it lets the next go."""
        before = self._connection.execute(select(_table.c.status).where(_table.c.id == message.id)).scalar_one_or_none()
        self._save(_table, _values(message), _missing(message.id))
        if message.status != before:
            self._making.for_message(message)

    def list(
        self, status: MessageStatus | None = None, *, after: str | None = None, limit: int | None = None
    ) -> Sequence[Message]:
        """Return all, or those in a status, in order of number; at most ``limit``, after the one with id ``after``."""
        query = select(_table).order_by(_table.c.number).limit(limit)
        if after is not None:
            query = query.where(self._beyond(_table, _table.c.number, after, _missing(after)))
        if status is not None:
            query = query.where(_table.c.status == status)
        return [message_of(row) for row in self._many(query)]

    def to(self, uid: str, recipient: str) -> Sequence[Message]:
        """Return those about one uid to one recipient, in order of number, locked until the transaction ends."""
        query = select(_table).where(_table.c.uid == uid, _table.c.recipient == recipient).order_by(_table.c.number)
        return [message_of(row) for row in self._many(self._locked(query))]

    def sent_at(self, back: int) -> datetime | None:
        """Return when the ``back``-th last of the sent messages left: an index look-up.

        By time and not by number: of messages that are due at once the later may leave first.
        """
        sent = select(_table.c.sent_at).where(_table.c.sent_at.is_not(None))
        query = sent.order_by(_table.c.sent_at.desc()).limit(1).offset(back - 1)
        found: datetime | None = self._connection.execute(query).scalar_one_or_none()
        return found

    def longest_waiting(self) -> Message | None:
        """Return the queued one that was queued first."""
        queued = select(_table).where(_table.c.status == MessageStatus.QUEUED)
        rows = self._many(queued.order_by(_table.c.number).limit(1))
        return message_of(rows[0]) if rows else None

    def has_older(self, message: Message) -> bool:
        """Tell whether an older one to the same recipient about the same uid is queued."""
        older = select(_table.c.number).where(
            _table.c.status == MessageStatus.QUEUED,
            _table.c.uid == message.uid,
            _table.c.recipient == message.recipient,
            _table.c.number < message.number,
        )
        return self._connection.execute(older.limit(1)).first() is not None


def _missing(message_id: str) -> str:
    return f"No message {message_id!r}. See: syncd message list"


def _values(message: Message) -> dict[str, Any]:
    instance = message.recurrence_id
    return {
        "id": message.id,
        "kind": message.kind,
        "appointment_id": message.appointment_id,
        "recipient": message.recipient,
        "party": message.party,
        "method": message.method,
        "uid": message.uid,
        "sequence": message.sequence,
        "created_at": message.created_at,
        "facts": message.facts,
        **local_values("recurrence", instance),
        "recurrence_key": "" if instance is None else instant(instance).isoformat(),
        "status": message.status,
        "attempts": message.attempts,
        "handed_over_at": message.handed_over_at,
        "sent_at": message.sent_at,
        "last_error": message.last_error,
    }


def message_of(row: RowMapping) -> Message:
    """Return the message that stands in a row."""
    return Message(
        id=row["id"],
        kind=row["kind"],
        appointment_id=row["appointment_id"],
        recipient=row["recipient"],
        party=row["party"],
        method=row["method"],
        uid=row["uid"],
        sequence=row["sequence"],
        created_at=row["created_at"],
        facts=row["facts"],
        recurrence_id=local_time_or_none(row, "recurrence"),
        status=MessageStatus(row["status"]),
        number=row["number"],
        attempts=row["attempts"],
        handed_over_at=row["handed_over_at"],
        sent_at=row["sent_at"],
        last_error=row["last_error"],
    )
