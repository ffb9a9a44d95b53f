"""The outbox: the store's contract, on every database."""

from dataclasses import replace
from datetime import UTC, timedelta
from itertools import count
from typing import Any

import pytest

from syncd.core.errors import AlreadyExistsError, NotFoundError
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.work import Pace, WorkKind
from syncd.ports.store.transaction import Store
from tests.builders import NOW, START, an_appointment

APPOINTMENT = an_appointment()
_numbers = count(1)


def a_message(**changes: Any) -> Message:
    default = Message(
        id=f"msg-{next(_numbers)}",
        kind="booked",
        appointment_id=APPOINTMENT.id,
        recipient="chris@example.org",
        party="client",
        method="REQUEST",
        uid=APPOINTMENT.uid,
        sequence=0,
        created_at=NOW,
    )
    return replace(default, **changes)


@pytest.fixture
def outbox(practice_store: Store) -> Store:
    """Return a store with the appointment that the messages here are about."""
    with practice_store.transaction() as tx:
        tx.appointments.add([APPOINTMENT])
    return practice_store


def add(store: Store, *messages: Message) -> None:
    with store.transaction() as tx:
        tx.messages.add(messages)


LATER = NOW.replace(year=2100)


def deliverable(store: Store) -> list[str]:
    """Return those that are due and have no older one to wait for."""
    with store.reading() as tx:
        keys = tx.works.due(WorkKind.MESSAGE, Pace(farthest=timedelta(hours=1)), LATER, most=10, per_queue=10)
        due = [tx.messages.get(key.subject) for key in keys]
        ready = [m for m in due if m.status is MessageStatus.QUEUED and not tx.messages.has_older(m)]
        return [message.id for message in sorted(ready, key=lambda message: message.number)]


def test_one_with_every_field(outbox: Store) -> None:
    """What was stored comes back equal, numbered by the store."""
    message = a_message(
        facts={"old_start": "2026-12-01T10:00:00-05:00", "links": ["a", "b"]},
        recurrence_id=START,
        status=MessageStatus.FAILED,
        attempts=3,
        sent_at=NOW,
        last_error="550 no such mailbox",
    )
    add(outbox, message)
    with outbox.reading() as tx:
        assert tx.messages.get(message.id) == replace(message, number=1)


def test_in_the_order_given(outbox: Store) -> None:
    """Numbers rise in the order in which messages are queued, whatever number they bring."""
    first, second, third = a_message(number=7), a_message(sequence=1), a_message(sequence=2)
    add(outbox, first, second)
    add(outbox, third)
    with outbox.reading() as tx:
        listed = tx.messages.list()
    assert [message.id for message in listed] == [first.id, second.id, third.id]
    assert sorted({message.number for message in listed}) == [message.number for message in listed]


def test_a_sent_one(outbox: Store) -> None:
    """Saving stores every field but the number; lists can be narrowed to a status."""
    message, other = a_message(), a_message(sequence=1)
    add(outbox, message, other)
    with outbox.transaction() as tx:
        sent = replace(tx.messages.get(message.id), status=MessageStatus.SENT, attempts=1, sent_at=NOW)
        tx.messages.save(sent)
        assert tx.messages.list(MessageStatus.SENT) == [sent]


def test_one_that_is_not_there(outbox: Store) -> None:
    """The refusal names the reference and the command that lists what there is."""
    with outbox.transaction() as tx:
        with pytest.raises(NotFoundError, match=r"No message 'msg-none'\. See: syncd message list"):
            tx.messages.get("msg-none")
        with pytest.raises(NotFoundError, match="msg-none"):
            tx.messages.save(a_message(id="msg-none"))


@pytest.mark.parametrize("instance", [None, START])
def test_a_scheduling_message_queued_twice(outbox: Store, instance: Any) -> None:
    """One recipient gets one message of a method, for one state of one event or instance."""
    add(outbox, a_message(recurrence_id=instance))
    again = a_message(recurrence_id=instance and instance.astimezone(UTC))
    with pytest.raises(AlreadyExistsError, match="in the outbox already"):
        add(outbox, again)


def test_messages_that_differ(outbox: Store) -> None:
    """Another instance, sequence, method or recipient makes another message."""
    add(
        outbox,
        a_message(),
        a_message(recurrence_id=START),
        a_message(sequence=1),
        a_message(method="CANCEL"),
        a_message(recipient="pat@example.com"),
    )
    with outbox.reading() as tx:
        assert len(tx.messages.list()) == 5


def test_two_mails_without_a_calendar_part(outbox: Store) -> None:
    """Of plain mails there may be any number about one state: a revert is told each time."""
    add(outbox, a_message(method=None, kind="reverted"), a_message(method=None, kind="reverted"))
    with outbox.reading() as tx:
        assert len(tx.messages.list()) == 2


def test_those_to_one_recipient(outbox: Store) -> None:
    """Of one uid and recipient all are found, whatever their status, in order of number."""
    sent, queued = a_message(status=MessageStatus.SENT), a_message(sequence=1)
    add(outbox, sent, queued, a_message(recipient="pat@example.com"), a_message(uid="other.example"))
    with outbox.transaction() as tx:
        assert [message.id for message in tx.messages.to(APPOINTMENT.uid, "chris@example.org")] == [sent.id, queued.id]


class TestDeliverable:
    def test_oldest_of_each_recipient_first(self, outbox: Store) -> None:
        """Messages of one uid to one recipient leave one after the other; others do not wait for them."""
        first, second = a_message(), a_message(sequence=1)
        to_another, of_another = a_message(recipient="pat@example.com"), a_message(uid="other.example")
        add(outbox, first, second, to_another, of_another)
        assert deliverable(outbox) == [first.id, to_another.id, of_another.id]

    @pytest.mark.parametrize("status", [MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.MERGED])
    def test_after_one_that_is_done_with(self, outbox: Store, status: MessageStatus) -> None:
        """What was sent, given up or merged holds nothing up, and does not leave again."""
        done, following = a_message(status=status), a_message(sequence=1)
        add(outbox, done, following)
        assert deliverable(outbox) == [following.id]

    def test_queued_again(self, outbox: Store) -> None:
        """One that was put aside and is queued again is due at once."""
        message = a_message(status=MessageStatus.FAILED)
        add(outbox, message)
        assert deliverable(outbox) == []
        with outbox.transaction() as tx:
            tx.messages.save(replace(tx.messages.get(message.id), status=MessageStatus.QUEUED))
        assert deliverable(outbox) == [message.id]
