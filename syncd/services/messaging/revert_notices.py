"""The notice to a provider whose edit was put back: what it was, and how to do it properly."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncd.core.events.findings import Finding, Kind
from syncd.core.messaging.content import MessageKind, facts_document, never_left
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import Drift
from syncd.core.sync.publishing import Practice
from syncd.core.times import zone
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Transaction
from syncd.services.messaging.notifications import address
from syncd.services.messaging.template_values import day
from syncd.services.sync.publications import load

_PAUSE = timedelta(hours=1)
"""One notice about an appointment in this time: two programs that fight must not fill a mailbox."""

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


def notice_of_revert(tx: Transaction, drift: Drift, practice: Practice) -> list[Message]:
    """Return the notice that an edit was put back: none when there was one about its appointment within the hour.

    A notice of that hour that never left is replaced: the latest edit is the one to be decided about.
    """
    now = drift.resolved_at or drift.detected_at
    one = tx.appointments.get(drift.appointment_id)
    item = load(tx, one.source)
    recent = _recent(tx, one, item.provider.email, now - _PAUSE)
    if not all(never_left(earlier) for earlier in recent):
        return []
    for earlier in recent:
        tx.messages.save(replace(earlier, status=MessageStatus.MERGED))
    to_provider = address(item.provider, item.client, Party.PROVIDER, practice)
    facts = replace(to_provider, edits=_edits(drift, zone(item.provider.timezone)), drift=drift.id)
    notice = Message(
        id=new_id("msg"),
        kind=MessageKind.REVERTED,
        appointment_id=one.id,
        recipient=item.provider.email,
        party=Party.PROVIDER,
        method=None,
        uid=one.uid,
        sequence=item.record.sequence,
        created_at=now,
        facts=facts_document(facts),
    )
    return [notice]


def _recent(tx: Transaction, one: Appointment, recipient: str, since: datetime) -> list[Message]:
    """Return the notices about an appointment that stand for themselves."""
    return [
        earlier
        for earlier in tx.messages.to(one.uid, recipient)
        if earlier.kind == MessageKind.REVERTED
        and earlier.appointment_id == one.id
        and earlier.status is not MessageStatus.MERGED
        and earlier.created_at > since
    ]


def _edits(drift: Drift, tz: ZoneInfo) -> tuple[str, ...]:
    """Return what was edited in words; of texts and people only that they were, which is all that is needed."""
    return tuple(dict.fromkeys(_edit(finding, tz) for finding in drift.findings))


def _edit(finding: Finding, tz: ZoneInfo) -> str:
    which = f" ({day(finding.recurrence_id.astimezone(tz))})" if finding.recurrence_id else ""
    published, observed = _time(finding.published, tz), _time(finding.observed, tz)
    if finding.kind is Kind.LOCATION:
        published, observed = finding.published or "none", finding.observed or "none"
    change = f": {observed} instead of {published}" if published and observed else ""
    return f"{_WORDS[finding.kind]}{which}{change}"


def _time(text: str | None, tz: ZoneInfo) -> str:
    """Return a finding's moment as the provider reads it; "" for what is none."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return ""
    if moment.tzinfo is None:
        return ""
    local = moment.astimezone(tz)
    return f"{day(local)}, {local:%H:%M} ({tz.key}, {local.tzname()})"
