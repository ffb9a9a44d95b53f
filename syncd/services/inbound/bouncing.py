"""Mails that came back (RFC 3464): attached to the message that failed, and the address is marked."""

from dataclasses import replace

from syncd.core.errors import NotFoundError
from syncd.core.inbound.letters import Failure, Letter, Report
from syncd.core.inbound.outcomes import MailEffect, Reason, Received, Verdict
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.people import Party
from syncd.core.sync.publishing import Practice
from syncd.core.times import zone
from syncd.ics.answers import read_answers
from syncd.ics.errors import UnreadableError
from syncd.ports.store.inbound import Bounced
from syncd.ports.store.transaction import Transaction

FAILED = "failed"
_CLASSES = {
    "1": "the address does not exist",
    "2": "the mailbox does not take it",
    "3": "the mail system does not take it",
    "4": "the mail server could not be reached",
    "5": "the servers did not understand each other",
    "6": "its content was not taken",
    "7": "it was refused",
}
"""What the second number of a status says (RFC 3463 section 3)."""


def bounced(tx: Transaction, letter: Letter, report: Report, draft: Received, practice: Practice) -> Received:
    """Return the record of a report, after what it reports is noted. Raises `Verdict` where that is nothing.

    A real report has the null path; one with another path, or about what was never sent, changes nothing.
    """
    failures = [one for one in report.failures if one.action == FAILED]
    message = _message(tx, letter, report, failures, practice)
    if message is None:
        is_ours = any(sent_message(tx, one, practice) is not None for one in letter.refers_to)
        raise Verdict(Reason.UNKNOWN_BOUNCE if is_ours else Reason.FOREIGN)
    draft = replace(
        draft, about=message.id, appointment_id=message.appointment_id, uid=message.uid, party=Party(message.party)
    )
    if not report.is_delivery or not failures:
        raise Verdict(Reason.NOT_FAILED)
    if letter.return_path:
        return replace(draft, effect=MailEffect.QUARANTINED, reason=Reason.UNKNOWN_BOUNCE)
    about = next((one for one in failures if message.recipient.casefold() in one.recipients), None)
    if about is None:
        return replace(draft, effect=MailEffect.QUARANTINED, reason=Reason.WRONG_RECIPIENT)
    _note(tx, message, about, draft)
    return replace(draft, effect=MailEffect.BOUNCED, reason=Reason.TAKEN)


def sent_message(tx: Transaction, message_id: str, practice: Practice) -> Message | None:
    """Return the message that left with that Message-ID, None for one that is not ours."""
    own, _, domain = message_id.partition("@")
    if domain.casefold() != practice.email.rpartition("@")[2].casefold():
        return None
    try:
        return tx.messages.get(own)
    except NotFoundError:
        return None


def _message(
    tx: Transaction, letter: Letter, report: Report, failures: list[Failure], practice: Practice
) -> Message | None:
    """Return what failed: by the Message-ID of what was given back, or referred to, else by UID and recipient."""
    for named in (report.returned_id, *letter.refers_to):
        message = sent_message(tx, named, practice) if named else None
        if message is not None:
            return message
    if report.returned_calendar is None:
        return None
    try:
        uids = {answer.uid for answer in read_answers(report.returned_calendar, zone("UTC"))}
    except UnreadableError:
        return None
    sent = [
        message
        for uid in uids
        for failure in failures
        for recipient in failure.recipients
        for message in tx.messages.to(uid, recipient)
        if message.status is MessageStatus.SENT
    ]
    return max(sent, key=lambda one: one.number, default=None)


def _note(tx: Transaction, message: Message, failure: Failure, draft: Received) -> None:
    """Put the message aside as one that did not arrive, and mark the address."""
    if message.status is MessageStatus.SENT:
        why = _CLASSES.get(failure.status.partition(".")[2][:1], "it could not be delivered")
        words = f"It came back: {why} ({failure.status or 'no status'})."
        tx.messages.save(
            replace(message, status=MessageStatus.FAILED, handed_over_at=None, sent_at=None, last_error=words)
        )
    address = message.recipient.casefold()
    tx.inbound.mark(Bounced(address, draft.received_at, failure.status, message.id))
