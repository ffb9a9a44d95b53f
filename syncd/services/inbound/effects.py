"""What an answer that counts changes: a provider's becomes a drift, a client's is put before the provider.

| who | answer | then |
| --- | --- | --- |
| provider | accepted, tentative | on record; an open drift of a decline is told of it, and stays |
| provider | declined | drift `declined`: the claim is held, the session stands, the client is told nothing |
| provider | countered | drift `countered`; one that is open about the same is superseded |
| client | accepted, tentative | on record |
| client | declined, countered | the provider is told by mail, with whether it came too late; nothing else changes |
| either | refresh | the present state goes to the address on record, at most once an hour |
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syncd.core.claims.claim import ClaimStatus
from syncd.core.events.findings import Kind, Severity
from syncd.core.inbound.judging import Judged, Known, findings_of
from syncd.core.inbound.outcomes import MailEffect, Reason, Received, Verdict
from syncd.core.messaging.content import SessionTime, never_left, stands_invited
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import SourceRef
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.drifting import fingerprint
from syncd.core.sync.publishing import Practice, Publishable
from syncd.core.times import instant
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Transaction
from syncd.services.messaging.answering import Answerer, Asked
from syncd.services.sync.publications import load

_HOUR = timedelta(hours=1)
_KINDS = {MailEffect.DECLINED: Kind.DECLINED, MailEffect.COUNTERED: Kind.COUNTERED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Lets answers have their effects. ``late_notice_hours`` as the practice's rules have it."""

    practice: Practice
    late_notice_hours: int = 24

    def known(self, tx: Transaction, source: SourceRef) -> Known:
        """Return what the record knows of an event."""
        item = load(tx, source)
        published = [one.sequence for one in tx.publications.ever_of_source(source)]
        sent = {party: _last_sent(tx, item, party) for party in (Party.PROVIDER, Party.CLIENT)}
        return Known(
            item=item,
            highest=max([item.record.sequence, *published]),
            sent={party: sequence for party, sequence in sent.items() if sequence is not None},
        )

    def of(self, tx: Transaction, judged: Judged, known: Known, draft: Received) -> Received:
        """Return the record of an answer after it had its effect. Raises `Verdict` where it is to have none."""
        if judged.effect is MailEffect.REFRESH:
            return self._refreshed(tx, judged, known, draft)
        if judged.effect not in _KINDS:
            _tell_of_change(tx, judged, draft)
            return draft
        if judged.party is Party.CLIENT:
            return self._put_before_provider(tx, judged, known, draft)
        return _drifted(tx, judged, draft)

    def _put_before_provider(self, tx: Transaction, judged: Judged, known: Known, draft: Received) -> Received:
        item = known.item
        own = item.provider.late_notice_hours
        notice = timedelta(hours=self.late_notice_hours if own is None else own)
        is_late = instant(judged.first.start) - instant(draft.received_at) < notice
        if item.provider.email.casefold() != judged.address:  # who is both knows what they want
            asked = Asked(sessions=judged.sessions, proposed=_slot(judged), words=judged.answer.comment, late=is_late)
            tx.messages.add([Answerer(self.practice).client_asks(item, asked, draft.received_at)])
        return replace(draft, reason=Reason.LATE_NOTICE if is_late else Reason.PUT_BEFORE_PROVIDER)

    def _refreshed(self, tx: Transaction, judged: Judged, known: Known, draft: Received) -> Received:
        """Send the present state to the party's address on record, unless it is on its way or just was."""
        earlier = tx.messages.to(known.item.record.uid, _address(known.item, judged.party))
        if not any(one.method == "REQUEST" and one.status is MessageStatus.SENT for one in earlier):
            if any(one.status is MessageStatus.QUEUED for one in earlier):
                raise Verdict(Reason.ASKED_OFTEN)
            raise Verdict(Reason.NOT_INVITED)
        invites = [one for one in earlier if one.method in {"REQUEST", "CANCEL"}]
        if any(_is_fresh(one, draft.received_at) for one in invites):
            raise Verdict(Reason.ASKED_OFTEN)
        if judged.party is Party.PROVIDER and not stands_invited(earlier) and not _all_over(known):
            raise Verdict(Reason.NOT_INVITED)
        answer = Answerer(self.practice).present_state(tx, known.item, judged.party, draft.received_at)
        tx.messages.add([answer])
        return replace(draft, reason=Reason.ANSWERED, about=answer.id)


def _all_over(known: Known) -> bool:
    return all(one.status != "booked" for one in known.sessions)


def _is_fresh(message: Message, now: datetime) -> bool:
    return message.status is MessageStatus.QUEUED or (
        message.sent_at is not None and now - message.sent_at < _HOUR and message.kind == "refreshed"
    )


def _last_sent(tx: Transaction, item: Publishable, party: Party) -> int | None:
    """Return the SEQUENCE of the last invitation that may have arrived at, or is on its way to, a party."""
    sent = [
        one.sequence
        for one in tx.messages.to(item.record.uid, _address(item, party))
        if one.method == "REQUEST" and one.status is not MessageStatus.MERGED and not never_left(one)
    ]
    return max(sent, default=None)


def _address(item: Publishable, party: Party) -> str:
    return item.client.email if party is Party.CLIENT else item.provider.email


def _slot(judged: Judged) -> SessionTime | None:
    if judged.proposed is None:
        return None
    first = judged.first
    return SessionTime(start=judged.proposed, minutes=judged.minutes or first.minutes, location=first.location)


def _open_answers(tx: Transaction, judged: Judged, kind: Kind) -> Iterator[Drift]:
    """Yield the open drifts of one kind about the same: by mail, or seen in a calendar."""
    for drift in tx.drifts.concerning([judged.first.id]):
        about = {finding.recurrence_id for finding in drift.findings if finding.kind is kind}
        if drift.status is DriftStatus.OPEN and about == {judged.instance}:
            yield drift


def _tell_of_change(tx: Transaction, judged: Judged, draft: Received) -> None:
    """Note on an open decline that the provider answers otherwise now: who decides is to know."""
    if judged.party is not Party.PROVIDER:
        return
    for drift in _open_answers(tx, judged, Kind.DECLINED):
        words = f"Since {draft.received_at.isoformat(timespec='minutes')} the provider's answer is: {judged.effect}."
        tx.drifts.save(replace(drift, note=words))


def _drifted(tx: Transaction, judged: Judged, draft: Received) -> Received:
    """Open a drift for a provider's answer, unless the same waits for a decision already."""
    kind, findings = _KINDS[judged.effect], findings_of(judged)
    edit = fingerprint(findings)
    for drift in _open_answers(tx, judged, kind):
        if kind is Kind.DECLINED or drift.fingerprint == edit:
            return replace(draft, drift_id=drift.id, reason=Reason.ALREADY_OPEN)
        if drift.by_mail:
            tx.drifts.save(
                replace(drift, status=DriftStatus.SUPERSEDED, resolved_at=draft.received_at, resolved_by="mail")
            )
    named, *others = (one.id for one in judged.sessions)
    is_filed = any(tx.claims.get(one.id).status is ClaimStatus.FILED for one in judged.sessions)
    drift = Drift(
        id=new_id("drift"),
        publication_id=None,
        appointment_id=named,
        also_concerned=tuple(others),
        calendar_id="",
        provider_id=judged.first.provider_id,
        kinds=(kind,),
        severity=Severity.CLAIM_DATE if is_filed else findings[0].severity,
        findings=findings,
        fingerprint=edit,
        action=DriftAction.FLAG,
        rule=f"always: {kind}",
        detected_at=draft.received_at,
        edited_at=judged.answer.stamp,
        note=judged.answer.comment,
    )
    tx.drifts.add(drift)
    return replace(draft, drift_id=drift.id)
