"""One bad message: it counts as tried, and holds up nobody."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from syncd.adapters.db import SqlStore
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.work import Pace, WorkKind
from syncd.ports.mail import Envelope
from syncd.services.messaging.delivery import Delivery
from syncd.services.messaging.outbox import next_attempts
from tests.builders import START
from tests.messages.mailing_practice import MailingPractice
from tests.working import a_task, work_off


@dataclass
class Postbox:
    """A mailer that keeps what it is given, or breaks on some addresses."""

    breaks: str = ""
    error: Exception = field(default_factory=ValueError)
    sent: list[str] = field(default_factory=list)

    def send(self, envelope: Envelope) -> None:
        if envelope.recipient == self.breaks:
            raise self.error
        self.sent.append(envelope.recipient)

    def probe(self) -> str:
        return "It works."

    def close(self) -> None:
        pass


@pytest.fixture
def post(sqlite_store: SqlStore) -> MailingPractice:
    return MailingPractice(sqlite_store)


def deliver(post: MailingPractice, postbox: Postbox) -> None:
    """Try all that is due now."""
    task = a_task(WorkKind.MESSAGE, Delivery(postbox, post.composer).deliver, pace=Pace(farthest=timedelta(hours=1)))
    work_off(post.store, task, post.now)


def spoiled(post: MailingPractice, message: Message, **facts: object) -> None:
    with post.store.transaction() as tx:
        tx.messages.save(replace(message, facts={**message.facts, **facts}))


@pytest.mark.parametrize(
    "facts",
    [
        {"news": [{}]},
        {"timezone": "Nowhere/At_All"},
        {"timezone": None},
        {"recipient": 5},
        {"news": None},
        {"thread": 3},
    ],
)
def test_a_message_that_cannot_be_written(post: MailingPractice, facts: dict[str, object]) -> None:
    """Whatever is wrong with it, the attempt failed, is counted and told, and the next message leaves."""
    post.book()
    bad, good = post.outbox()
    spoiled(post, bad, **facts)
    postbox = Postbox()

    deliver(post, postbox)

    assert postbox.sent == [good.recipient]
    (waiting,) = post.outbox()
    assert (waiting.id, waiting.attempts) == (bad.id, 1)
    assert waiting.last_error


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), UnicodeEncodeError("ascii", "ü", 0, 1, "x"), RecursionError(), MemoryError(), KeyError(1)],
)
def test_a_message_on_which_the_mailer_breaks(post: MailingPractice, error: Exception) -> None:
    """Whether it arrived is unknown, so it is not merged away; the next message leaves."""
    post.book()
    bad, good = post.outbox()
    postbox = Postbox(breaks=bad.recipient, error=error)

    deliver(post, postbox)

    assert postbox.sent == [good.recipient]
    assert post.outbox()[0].handed_over_at == post.now


def test_a_message_that_never_can_be_written(post: MailingPractice) -> None:
    """It is put aside in the end, as one that is refused for days."""
    post.book(START)
    bad, _ = post.outbox()
    spoiled(post, bad, timezone="Nowhere/At_All")
    while waiting := post.outbox():
        post.now = max([post.now, *next_attempts(post.store, waiting).values()])
        deliver(post, Postbox())

    (aside,) = post.outbox(status=MessageStatus.FAILED)
    assert aside.id == bad.id
