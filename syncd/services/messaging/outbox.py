"""The outbox as people see it: what waits, what left, what was put aside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import RefusalError
from syncd.core.messaging.content import is_superseded
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.work import WorkKind
from syncd.ports.store.transaction import Store


class RetryError(RefusalError):
    """That message is not one to be tried again."""

    code = "wrong_state"


def listing(store: Store, status: MessageStatus | None = None) -> Sequence[Message]:
    """Return all messages, or those in a status, in the order in which they were queued."""
    with store.reading() as tx:
        return tx.messages.list(status)


def retry(store: Store, message_id: str, by: Principal, now: datetime) -> Message:
    """Queue a message that was put aside once more, to be tried at once; return it.

    Raises `RetryError` for one that was not put aside, and for one whose recipient has been told of something later:
    out of order it would only mislead.
    """
    require(by, Permission.MANAGE_MESSAGES)
    with store.transaction() as tx:
        message = tx.messages.get(message_id)
        if message.status is not MessageStatus.FAILED:
            raise RetryError(f"{message.id} is {message.status}; only one that failed can be tried again.")
        if is_superseded(message, tx.messages.to(message.uid, message.recipient)):
            raise RetryError(f"A later message than {message.id} has gone to its recipient: it would be out of date.")
        again = replace(message, status=MessageStatus.QUEUED, attempts=0)
        tx.messages.save(again)
        tx.audit.append([AuditRecord(at=now, actor=by.name, action="message.retried", subject=message.id)])
    return again


def next_attempts(store: Store, messages: Iterable[Message]) -> Mapping[str, datetime]:
    """Return when those of the messages that wait are tried next, by their ids."""
    waiting = [message.id for message in messages if message.status is MessageStatus.QUEUED]
    with store.reading() as tx:
        works = tx.works.list(WorkKind.MESSAGE, waiting)
    return {work.subject: work.due_at for work in works.values() if work.due_at is not None}
