"""Mails that come back: attached to what failed, the address marked, somebody told."""

from datetime import timedelta

import pytest

from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.services.reporting.alerts import alerts, objectives
from tests.inbound.mails import a_bounce, a_mail, an_answer
from tests.inbound.office import Office

PAT = "pat@example.com"


@pytest.fixture
def sent(office: Office) -> Message:
    """The invitation that went to the provider."""
    office.invited()
    return next(one for one in office.outbox(status=MessageStatus.SENT) if one.recipient == PAT)


def told(office: Office) -> set[str]:
    with office.store.reading() as tx:
        return {alert.code for alert in alerts(tx, office.now, objectives(timedelta(minutes=5)))}


def message(office: Office, message_id: str) -> Message:
    with office.store.reading() as tx:
        return tx.messages.get(message_id)


def test_a_mail_that_came_back(office: Office, sent: Message) -> None:
    """The message failed, says why, and can be tried again; the address is told of."""
    received = office.receive(a_bounce(f"{sent.id}@example.com", PAT))
    assert (received.effect, received.about) == ("bounced", sent.id)
    failed = message(office, sent.id)
    assert (failed.status, failed.sent_at) == (MessageStatus.FAILED, None)
    assert "5.1.1" in (failed.last_error or "")
    assert "address_bounces" in told(office)


def test_twice(office: Office, sent: Message) -> None:
    """A second report of the same failure changes nothing more."""
    office.receive(a_bounce(f"{sent.id}@example.com", PAT))
    office.receive(a_bounce(f"{sent.id}@example.com", PAT))
    assert message(office, sent.id).status is MessageStatus.FAILED


def test_until_mail_arrives_again(office: Office, sent: Message) -> None:
    """An answer from that address shows that it is reached."""
    office.receive(a_bounce(f"{sent.id}@example.com", PAT))
    office.receive(an_answer(sent.uid, PAT, "ACCEPTED"))
    assert "address_bounces" not in told(office)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"action": "delayed"}, "ignored: not_failed"),
        ({"action": "delivered"}, "ignored: not_failed"),
        ({"recipient": "eve@example.net"}, "quarantined: wrong_recipient"),
        ({"path": "<eve@example.net>"}, "quarantined: unknown_bounce"),
        ({"message_id": "msg-0000000000@example.com"}, "ignored: foreign"),
        ({"message_id": "{id}@example.net"}, "ignored: foreign"),
    ],
)
def test_what_is_no_failure_of_ours(office: Office, sent: Message, changes: dict[str, str], outcome: str) -> None:
    """Delays, reports about others' mail, and reports that somebody wrote, change nothing."""
    given = {"message_id": f"{sent.id}@example.com", "recipient": PAT, **changes}
    given["message_id"] = given["message_id"].format(id=sent.id)
    assert office.outcome(a_bounce(**given)) == outcome
    assert message(office, sent.id).status is MessageStatus.SENT
    assert "address_bounces" not in told(office)


def test_an_answer_within_a_report_is_none(office: Office, sent: Message) -> None:
    """What a report gives back is our own mail."""
    within = an_answer(sent.uid, PAT)
    raw = a_bounce(f"{sent.id}@example.com", PAT, action="delayed").replace(b"Hello\r\n--B--", within + b"\r\n--B--")
    assert office.outcome(raw) == "ignored: not_failed"
    assert office.drifts() == []


def test_a_forwarded_answer_is_a_letter_about_one(office: Office, sent: Message) -> None:
    """A mail within a mail is not for this reader."""
    outer = a_mail(PAT, text="See what I got")
    inner = an_answer(sent.uid, PAT)
    raw = outer.replace(b'Content-Type: text/plain; charset="utf-8"', b"Content-Type: message/rfc822", 1).replace(
        b"See what I got", inner
    )
    assert office.outcome(raw) == "quarantined: words_only"
    assert office.drifts() == []
