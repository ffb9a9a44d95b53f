"""The notice to a provider whose edit was put back: what it was, when the session is, and how to change it properly."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from syncd.core.errors import NotFoundError
from syncd.core.events.findings import Finding, Kind
from syncd.core.messaging.content import Facts, MessageKind, facts_document, facts_of, never_left, slot_of, thread_of
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.languages import day
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import Drift
from syncd.core.sync.publication import Yielded
from syncd.core.sync.publishing import Practice
from syncd.core.times import instant
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Transaction
from syncd.services.messaging.addressing import address
from syncd.services.messaging.template_values import Manner, manner_of
from syncd.services.sync.publications import load

_PAUSE = timedelta(hours=1)
"""One notice of the same edit in this time: two programs that fight must not fill a mailbox."""
_MOST_LISTED = 12

_WORDS = {
    Kind.MOVED: "another time",
    Kind.RESIZED: "another length",
    Kind.DELETED: "deleted",
    Kind.CANCELLED: "marked as cancelled",
    Kind.TITLE: "another title",
    Kind.LOCATION: "another place",
    Kind.DESCRIPTION: "another text",
    Kind.RECURRENCE: "other repetitions",
    Kind.INSTANCE_MOVED: "one session at another time",
    Kind.INSTANCE_RESIZED: "one session of another length",
    Kind.INSTANCE_DELETED: "one session deleted",
    Kind.ALL_DAY: "made an all-day event",
    Kind.TIMEZONE_SHIFT: "another time zone",
    Kind.ATTENDEES: "other people",
    Kind.SPLIT: "the series cut in two",
    Kind.DUPLICATE: "a copy of it",
    Kind.DECLINED: "declined",
    Kind.COUNTERED: "another time proposed",
    Kind.UNREADABLE: "no longer readable",
}


_TEXTS = {Kind.TITLE: ("summary", "title"), Kind.DESCRIPTION: ("description", "text")}
"""Of which field of an event the words may stay the provider's, and what mails call it."""


def notice_of_revert(tx: Transaction, drift: Drift, practice: Practice) -> list[Message]:
    """Return the notice that an edit was put back: none when there was one of the same edit within the hour.

    One of that hour about the same edit that never left is replaced: its links are about the latest drift.
    """
    now = drift.resolved_at or drift.detected_at
    one = tx.appointments.get(drift.appointment_id)
    facts = facts_of_notice(tx, drift, practice)
    recipient = facts.provider_email
    earlier = tx.messages.to(one.uid, recipient)
    recent = [message for message in earlier if _is_notice_since(message, one, now - _PAUSE)]
    same = [message for message in recent if facts_of(message).edit == facts.edit]
    if not all(never_left(message) for message in same):
        return []
    for message in same:
        tx.messages.save(replace(message, status=MessageStatus.MERGED))
    thread = thread_of(message for message in earlier if message not in same)
    return [_notice(MessageKind.REVERTED, one, now, replace(facts, thread=thread))]


def summary_of_reverts(tx: Transaction, drift: Drift, practice: Practice) -> list[Message]:
    """Return the one message that tells of all that is put back in a calendar on a person's word.

    It takes the place of the one about those before it, which waits for more and so has not left. Give it to the
    reconciler as ``on_reverted`` in place of `notice_of_revert` for that run.
    """
    now = drift.resolved_at or drift.detected_at
    one = tx.appointments.get(drift.appointment_id)
    facts = facts_of_notice(tx, drift, practice)
    uid = f"put-back-{drift.calendar_id}"
    waiting = [
        message
        for message in tx.messages.to(uid, facts.provider_email)
        if never_left(message) and message.created_at > now - _PAUSE
    ]
    when = manner_of(facts).moment(one.start)
    lines, count = [f"{when}: {edit}" for edit in facts.edits], 1
    for message in waiting:
        told = facts_of(message)
        lines, count = [*told.edits, *lines], count + told.count
        tx.messages.save(replace(message, status=MessageStatus.MERGED))
    whole = replace(facts, edits=tuple(lines[:_MOST_LISTED]), count=count, drift="", session=None, kept=())
    summary = replace(_notice(MessageKind.PUT_BACK, one, now, whole), uid=uid)
    return [summary]


def _notice(kind: MessageKind, one: Appointment, now: datetime, facts: Facts) -> Message:
    return Message(
        id=new_id("msg"),
        kind=kind,
        appointment_id=one.id,
        recipient=facts.provider_email,
        party=Party.PROVIDER,
        method=None,
        uid=one.uid,
        sequence=one.sequence,
        created_at=now,
        facts=facts_document(facts),
    )


def facts_of_notice(tx: Transaction, drift: Drift, practice: Practice) -> Facts:
    """Return what the notice that an edit was put back tells, and the page to which its links lead."""
    one = tx.appointments.get(drift.appointment_id)
    item = load(tx, one.source)
    to_provider = address(item.provider, item.client, Party.PROVIDER, practice)
    manner = manner_of(to_provider)
    kept = _kept(drift.findings, _yielded(tx, drift))
    return replace(
        to_provider,
        edits=_edits([finding for finding in drift.findings if finding not in kept], manner),
        kept=tuple(dict.fromkeys(_TEXTS[finding.kind][1] for finding in kept)),
        session=slot_of(one),
        drift=drift.id,
        edit=drift.fingerprint,
    )


def _yielded(tx: Transaction, drift: Drift) -> Sequence[Yielded]:
    """Return the words that stay as the provider has them."""
    if drift.publication_id is None:
        return ()
    try:
        return tx.publications.get(drift.publication_id).yielded
    except NotFoundError:  # deleted with the event
        return ()


def _kept(findings: Iterable[Finding], yielded: Iterable[Yielded]) -> list[Finding]:
    texts = {(item.field, item.recurrence_id, item.text) for item in yielded}
    return [one for one in findings if one.kind in _TEXTS and _key(one) in texts]


def _key(finding: Finding) -> tuple[str, str | None, str]:
    instance = instant(finding.recurrence_id).isoformat() if finding.recurrence_id else None
    return _TEXTS[finding.kind][0], instance, finding.observed or ""


def _is_notice_since(message: Message, one: Appointment, since: datetime) -> bool:
    """Tell whether a message is a notice about an appointment that stands for itself."""
    is_notice = message.kind == MessageKind.REVERTED and message.status is not MessageStatus.MERGED
    return is_notice and message.appointment_id == one.id and message.created_at > since


def _edits(findings: Iterable[Finding], manner: Manner) -> tuple[str, ...]:
    """Return what was edited in words; of texts and people only that they were, which is all that is needed."""
    return tuple(dict.fromkeys(_edit(finding, manner) for finding in findings))


def _edit(finding: Finding, manner: Manner) -> str:
    which = f" ({day(finding.recurrence_id.astimezone(manner.tz), manner.language)})" if finding.recurrence_id else ""
    published, observed = _time(finding.published, manner), _time(finding.observed, manner)
    if finding.kind is Kind.LOCATION:
        published, observed = finding.published or "none", finding.observed or "none"
    change = f": {observed} instead of {published}" if published and observed else ""
    return f"{_WORDS[finding.kind]}{which}{change}"


def _time(text: str | None, manner: Manner) -> str:
    """Return a finding's moment as the provider reads it; "" for what is none."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return ""
    return manner.zoned(moment) if moment.tzinfo else ""
