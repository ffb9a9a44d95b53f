"""The outbox is delivered: over a real SMTP server that refuses, delays, greylists and drops connections."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog

from syncd.adapters.smtp import SmtpAccount, SmtpMailer
from syncd.adapters.wording import TemplateWords
from syncd.core.messaging.content import MOST_ATTEMPTS
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment
from syncd.core.work import LEASE, Pace, WorkKind
from syncd.ports.mail import Envelope, MailUnavailableError, WordingError
from syncd.ports.store.transaction import Store
from syncd.presentation.documents.messages import message_document
from syncd.services.messaging.delivery import Delivery, TooMuchMailError
from syncd.services.messaging.outbox import RetryError, listing, next_attempts, retry
from tests.builders import a_client, a_provider, an_admin, at
from tests.messages.mailing_practice import MailingPractice, calendar_part
from tests.servers.smtp import Delay, Drop, MailServer, Refuse, RefuseRecipient
from tests.working import a_task, work_off, work_on

HOURLY = Pace(farthest=timedelta(hours=1))
CLIENT, PROVIDER = "chris@example.org", "pat@example.com"


@dataclass
class Round:
    """A post with a mail server. ``now`` is the post's clock."""

    post: MailingPractice
    server: MailServer
    mailer: SmtpMailer

    @property
    def delivery(self) -> Delivery:
        return Delivery(self.mailer, self.post.composer)

    def deliver(self, delivery: Delivery | None = None, most: int = 1000) -> list[Message]:
        """Try all that is due now; return what was tried, as it stands then."""
        before = {message.id: message.attempts for message in self.all()}
        task = a_task(WorkKind.MESSAGE, (delivery or self.delivery).deliver, pace=HOURLY)
        work_off(self.post.store, task, self.post.now, most)
        return [message for message in self.all() if message.attempts != before.get(message.id, 0)]

    def deliver_until_done(self) -> None:
        """Let time pass from attempt to attempt until nothing waits."""
        self.deliver()
        while due := next_attempts(self.post.store, self.all()).values():
            self.post.now = max(self.post.now, min(due))
            self.deliver()

    def next_attempt(self, message: Message) -> datetime | None:
        return work_on(self.post.store, WorkKind.MESSAGE, message.id).due_at

    def waiting(self) -> list[Message]:
        return self.post.outbox()

    def all(self) -> list[Message]:
        return list(listing(self.post.store))

    def arrived(self, recipient: str = CLIENT) -> list[str]:
        """Return the method and SEQUENCE of the mails in a mailbox, in the order in which they came."""
        parts = [calendar_part(mail) for mail in self.server.mails_to(recipient)]
        bodies = [part.get_content() if part is not None else "" for part in parts]
        return [f"{_line(body, 'METHOD')} {_line(body, 'SEQUENCE')}" for body in bodies]


def _line(body: str, name: str) -> str:
    return next(line.partition(":")[2] for line in body.splitlines() if line.startswith(name))


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def _round(store: Store, server: MailServer, timeout: float = 10) -> Iterator[Round]:
    mailer = SmtpMailer(SmtpAccount(host="127.0.0.1", port=server.port, security="none", timeout=timeout))
    provider = a_provider(email=PROVIDER)
    post = MailingPractice(store, provider=provider, client=a_client(email=CLIENT), writes_calendar=False)
    yield Round(post, server, mailer)
    mailer.close()


@pytest.fixture
def round_(store: Store, mail_server: MailServer) -> Iterator[Round]:
    yield from _round(store, mail_server)


def test_a_booking_is_told_to_both(round_: Round) -> None:
    """Each party gets one mail, and each message has one row that says so."""
    round_.post.book()
    assert [message.status for message in round_.deliver()] == [MessageStatus.SENT, MessageStatus.SENT]
    assert [round_.arrived(CLIENT), round_.arrived(PROVIDER)] == [["REQUEST 0"], ["REQUEST 0"]]
    assert {(m.status, m.attempts, m.sent_at) for m in round_.all()} == {(MessageStatus.SENT, 1, round_.post.now)}
    assert round_.deliver() == []


def test_changes_arrive_in_order(round_: Round) -> None:
    """What was told one after the other arrives one after the other, though the first was greylisted."""
    round_.server.greylists = True
    one = round_.post.book()
    round_.deliver()
    assert round_.arrived() == []
    round_.deliver_until_done()
    round_.post.reschedule(one, start=at("2026-12-02T11:00"))
    round_.deliver_until_done()
    round_.post.cancel(one)
    round_.deliver_until_done()
    assert round_.arrived(CLIENT) == round_.arrived(PROVIDER) == ["REQUEST 0", "REQUEST 1", "CANCEL 2"]
    assert len(round_.all()) == 6


def test_a_cancellation_overtakes_nothing(round_: Round) -> None:
    """A message that may have arrived is made sure of before the next about the same event leaves."""
    one = round_.post.book()
    round_.server.act(CLIENT, Drop(kept=False))
    round_.deliver()
    round_.post.cancel(one)
    assert [m.status for m in round_.deliver()] == [MessageStatus.SENT]  # the provider's: the client's has to wait
    assert round_.arrived() == []
    round_.deliver_until_done()
    assert round_.arrived() == ["REQUEST 0", "CANCEL 1"]


@pytest.mark.parametrize(
    "act", [Refuse("451 4.3.0 later"), RefuseRecipient("450 4.2.0 busy"), Refuse("421 4.3.2 going down")]
)
def test_refused_for_now(round_: Round, act: Refuse | RefuseRecipient) -> None:
    """It is tried again after a minute, then two, then four; it arrives once."""
    round_.server.act(CLIENT, act, act, act)
    round_.post.book()
    start = round_.post.now
    pauses = []
    while waiting := [m for m in round_.waiting() if m.recipient == CLIENT]:
        round_.post.now = round_.next_attempt(waiting[0]) or start
        pauses.append((round_.post.now - start).total_seconds() / 60)
        round_.deliver()
    assert pauses == [0, 1, 3, 7]
    assert round_.arrived() == ["REQUEST 0"]


@pytest.mark.parametrize("kept", [True, False])
def test_connection_lost_after_data(round_: Round, kept: bool) -> None:
    """It may have arrived, so it is tried again: at worst it stands there twice, the same byte for byte."""
    round_.server.act(CLIENT, Drop(kept=kept))
    round_.post.book()
    round_.deliver()
    (maybe,) = round_.waiting()
    assert maybe.handed_over_at == round_.post.now
    round_.deliver_until_done()
    mails = [content for to, content in round_.server.accepted if to == CLIENT]
    assert len(mails) == (2 if kept else 1)
    assert len(set(mails)) == 1
    assert len([m for m in round_.all() if m.recipient == CLIENT]) == 1


def test_a_server_that_takes_its_time(store: Store, mail_server: MailServer) -> None:
    """An answer that comes too late is an answer that was lost: tried again, and then it is done."""
    for round_ in _round(store, mail_server, timeout=0.5):
        mail_server.act(CLIENT, Delay(1.5))
        round_.post.book()
        round_.deliver_until_done()
        assert {m.status for m in round_.all()} == {MessageStatus.SENT}
        assert set(round_.arrived()) == {"REQUEST 0"}


def test_refused_for_good(round_: Round) -> None:
    """It is put aside and shown with the reason; mail to others, and about other things, goes on."""
    round_.server.act(CLIENT, RefuseRecipient("550 5.1.1 no such mailbox"))
    round_.post.book()
    round_.post.book(at("2026-12-03T10:00"))
    outcomes = [message.status for message in round_.deliver()]
    assert outcomes.count(MessageStatus.FAILED) == 1
    assert outcomes.count(MessageStatus.SENT) == 3
    (aside,) = listing(round_.post.store, MessageStatus.FAILED)
    assert aside.recipient == CLIENT
    assert "no such mailbox" in message_document(aside)["last_error"]


def test_no_server(round_: Round) -> None:
    """While nothing can be sent everything waits, and nothing is put aside."""
    round_.mailer = SmtpMailer(SmtpAccount(host="127.0.0.1", port=9, security="none", timeout=1))
    round_.post.book()
    assert [m.status for m in round_.deliver()] == [MessageStatus.QUEUED, MessageStatus.QUEUED]
    works = [work_on(round_.post.store, WorkKind.MESSAGE, m.id) for m in round_.waiting()]
    assert {work.last_error_code for work in works} == {MailUnavailableError.code}
    assert all(m.handed_over_at is None for m in round_.waiting())


class Recorder:
    """A mailer that does what a test tells it."""

    def __init__(self, act: Callable[[Envelope], None]) -> None:
        self.send = act

    def probe(self) -> str:
        return "recording"

    def close(self) -> None: ...


def test_a_crash_while_sending(round_: Round) -> None:
    """What was about to be handed over is tried again when its lease has run out, by whoever is there then."""

    class PowerCutError(BaseException): ...

    def cut(_: Envelope) -> None:
        raise PowerCutError

    round_.post.book()
    with pytest.raises(PowerCutError):
        round_.deliver(replace(round_.delivery, mailer=Recorder(cut)))
    assert len(round_.deliver()) == 1
    round_.post.pass_time(LEASE)
    assert len(round_.deliver()) == 1
    assert round_.arrived() == ["REQUEST 0"]
    assert {m.status for m in round_.all()} == {MessageStatus.SENT}


def test_a_change_while_a_message_is_on_its_way(round_: Round) -> None:
    """What may have been read already is not merged away: the next message tells the change from there."""
    one = round_.post.book()

    def moves_meanwhile(envelope: Envelope) -> None:
        if envelope.recipient == CLIENT:
            round_.post.reschedule(one, start=at("2026-12-02T11:00"))
            moved.append(one)

    moved: list[Appointment] = []
    while not moved:
        round_.deliver(replace(round_.delivery, mailer=Recorder(moves_meanwhile)), most=1)
    first, second = (m for m in round_.all() if m.recipient == CLIENT)
    assert (first.status, first.kind) == (MessageStatus.SENT, "booked")
    assert (second.status, second.kind) == (MessageStatus.QUEUED, "rescheduled")


def test_many_workers(round_: Round) -> None:
    """Workers share an outbox: no mail leaves twice, none is left."""
    for day in range(1, 11):
        round_.post.book(at(f"2026-12-{day:02}T10:00"))

    task = a_task(WorkKind.MESSAGE, round_.delivery.deliver, pace=HOURLY)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda now: work_off(round_.post.store, task, now), [round_.post.now] * 4))
    assert len([subject for subjects in done for subject in subjects]) == 20
    assert len(round_.server.accepted) == 20
    assert len({parsed["Message-ID"] for parsed in round_.server.mails_to(CLIENT)}) == 10
    assert round_.waiting() == []


def test_patience_ends(round_: Round) -> None:
    """After five days of attempts a message is put aside, not forgotten."""
    round_.post.book()
    with round_.post.store.transaction() as tx:
        for message in tx.messages.list():
            tx.messages.save(replace(message, attempts=MOST_ATTEMPTS - 1))
    round_.server.act(CLIENT, Refuse())
    round_.deliver()
    (aside,) = listing(round_.post.store, MessageStatus.FAILED)
    assert aside.attempts == MOST_ATTEMPTS


def test_a_template_is_wrong(round_: Round, tmp_path: Path) -> None:
    """A broken template is the practice's to mend: the mail waits for it."""
    (tmp_path / "client").mkdir()
    (tmp_path / "client" / "booked.txt.j2").write_text("Subject: {{ nobody knows this }}")
    round_.post.book()
    delivery = replace(round_.delivery, composer=replace(round_.post.composer, words=TemplateWords(tmp_path)))
    (broken,) = (m for m in round_.deliver(delivery) if m.recipient == CLIENT)
    assert broken.status is MessageStatus.QUEUED
    assert work_on(round_.post.store, WorkKind.MESSAGE, broken.id).last_error_code == WordingError.code
    round_.deliver_until_done()
    assert round_.arrived() == ["REQUEST 0"]


def test_more_than_may_leave_in_an_hour(round_: Round) -> None:
    """The others wait, and it is said; they leave as the hour passes."""
    for day in range(1, 4):
        round_.post.book(at(f"2026-12-{day:02}T10:00"))
    slow = replace(round_.delivery, most_per_hour=4)
    round_.deliver(slow)
    assert len(round_.server.accepted) == 4
    waiting = [work_on(round_.post.store, WorkKind.MESSAGE, m.id) for m in round_.waiting()]
    assert [work.last_error_code for work in waiting] == [TooMuchMailError.code] * 2
    round_.post.pass_time(timedelta(minutes=59))
    round_.deliver(slow)
    assert len(round_.server.accepted) == 4
    round_.post.pass_time(timedelta(minutes=1))
    round_.deliver(slow)
    assert len(round_.server.accepted) == 6


def test_the_first_left_last(round_: Round) -> None:
    """The limit counts back by when messages left, not by their numbers."""
    round_.post.book()
    first, second = sorted(round_.waiting(), key=lambda message: message.number)
    now, later = round_.post.now, round_.post.now + timedelta(minutes=30)
    with round_.post.store.transaction() as tx:
        tx.messages.save(replace(tx.messages.get(first.id), status=MessageStatus.SENT, sent_at=later))
        tx.messages.save(replace(tx.messages.get(second.id), status=MessageStatus.SENT, sent_at=now))
    with round_.post.store.reading() as tx:
        assert [tx.messages.sent_at(back) for back in (1, 2, 3)] == [later, now, None]


class TestRetry:
    @pytest.fixture
    def aside(self, round_: Round) -> tuple[Appointment, Message]:
        """Return an appointment and the message about it that its client's server refused."""
        round_.server.act(CLIENT, RefuseRecipient())
        one = round_.post.book()
        round_.deliver()
        (message,) = listing(round_.post.store, MessageStatus.FAILED)
        return one, message

    def test_one_that_was_put_aside(self, round_: Round, aside: tuple[Appointment, Message]) -> None:
        """It is tried at once, with all its patience, and the retry is on record."""
        again = retry(round_.post.store, aside[1].id, an_admin(), round_.post.now)
        assert (again.status, again.attempts) == (MessageStatus.QUEUED, 0)
        round_.deliver()
        assert round_.arrived() == ["REQUEST 0"]
        with round_.post.store.reading() as tx:
            assert [r.actor for r in tx.audit.list(again.id)] == ["usr-admin"]

    def test_one_that_was_sent(self, round_: Round) -> None:
        """Nothing is sent twice on a person's word."""
        round_.post.book()
        round_.deliver()
        with pytest.raises(RetryError, match="only one that failed"):
            retry(round_.post.store, round_.all()[0].id, an_admin(), round_.post.now)

    def test_one_that_is_out_of_date(self, round_: Round, aside: tuple[Appointment, Message]) -> None:
        """The next message took it over, with what was never told, and only that one may leave."""
        round_.post.reschedule(aside[0], start=at("2026-12-02T11:00"))
        with pytest.raises(RetryError, match="merged"):
            retry(round_.post.store, aside[1].id, an_admin(), round_.post.now)
        round_.deliver()
        (mail,) = round_.server.mails_to(CLIENT)
        assert "is booked" in mail["Subject"]


def test_overtaken_by_one_that_was_on_its_way(round_: Round) -> None:
    """A message that failed while a later one was queued behind it is not tried after that one."""
    one = round_.post.book()
    with round_.post.store.transaction() as tx:
        first = next(m for m in tx.messages.list() if m.recipient == CLIENT)
        tx.messages.save(replace(first, handed_over_at=round_.post.now))
    round_.post.reschedule(one, start=at("2026-12-02T11:00"))
    round_.server.act(CLIENT, RefuseRecipient())
    round_.deliver()
    with pytest.raises(RetryError, match="out of date"):
        retry(round_.post.store, first.id, an_admin(), round_.post.now)


def test_error_of_an_attempt_names_nobody(round_: Round) -> None:
    """What goes to the log about an attempt has neither names nor addresses."""
    round_.server.act(CLIENT, RefuseRecipient(f"550 5.1.1 <{CLIENT}> unknown"))
    round_.post.book(location="Room 1")
    with structlog.testing.capture_logs() as logs:
        round_.deliver()
    assert [entry["code"] for entry in logs if entry["event"] == "work failed"] == ["mail_refused"]
    assert CLIENT not in str(logs)
