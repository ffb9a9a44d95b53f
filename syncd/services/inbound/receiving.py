"""A mail is received: it is believed or not, has one effect or none, and is on record with why.

The record and the effect are one transaction, and the record is found by what the mail says and by the answer that it
brings: the same mail by another way, once more, or after a crash changes nothing.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import structlog

from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import AlreadyExistsError, ConflictError
from syncd.core.inbound.answers import Answer, only_answers
from syncd.core.inbound.authentication import Belief, Border, belief
from syncd.core.inbound.judging import Judged, Known, check_order, judge, party_of
from syncd.core.inbound.letters import Letter
from syncd.core.inbound.outcomes import MailEffect, Reason, Received, Verdict
from syncd.core.scheduling.appointments import SourceRef
from syncd.core.times import zone
from syncd.ics.answers import read_answers
from syncd.ics.errors import UnreadableError
from syncd.ports.inbound import LetterReader
from syncd.ports.store.ids import new_id
from syncd.ports.store.inbound import AnswerGiven
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.inbound.bouncing import bounced, sent_message
from syncd.services.inbound.effects import Effects
from syncd.services.sync.publications import load

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MAIL = Principal(name="mail", role=Role.SYSTEM, channel=Channel.MAIL)
_TRIES = 3
_LONGEST_UID = 300
_UTC = zone("UTC")


class _Asked(NamedTuple):
    """What the calendar parts of a mail ask, and of what."""

    answers: list[Answer]
    source: SourceRef | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Receives mails. ``border`` says whose Authentication-Results are believed."""

    store: Store
    reader: LetterReader
    border: Border
    effects: Effects
    new_id: Callable[[str], str] = new_id

    def receive(self, raw: bytes, now: datetime, channel: str, size: int | None = None) -> Received:
        """Put a mail on record with what it changed, and return the record; of one that is there already, that one.

        ``channel`` says how it came, ``size`` how long it is where ``raw`` is its head alone. Whatever the mail is,
        only the store makes this raise.
        """
        letter = self.reader.read(raw, size)
        for _ in range(_TRIES - 1):
            try:
                return self._receive(letter, now, channel)
            except (ConflictError, AlreadyExistsError):  # another copy came in at the same moment
                continue
        return self._receive(letter, now, channel)

    def _receive(self, letter: Letter, now: datetime, channel: str) -> Received:
        believed = belief(letter.trace, letter.sender, self.border)
        draft = Received(
            id=self.new_id("mail"),
            digest=hashlib.sha256(f"{letter.digest}|{believed}".encode()).hexdigest(),
            received_at=now,
            channel=channel,
            size=letter.size,
            effect=MailEffect.QUARANTINED,
            reason=Reason.UNREADABLE,
            sender=letter.sender,
            message_id=letter.message_id,
        )
        with self.store.transaction() as tx:
            before = tx.inbound.by_digest(draft.digest)
            if before is not None:
                return replace(before, effect=MailEffect.IGNORED, reason=Reason.REPEATED)
            received = _kept(self._judged(tx, letter, draft, believed))
            tx.inbound.add(received)
            if received.reason is not Reason.FOREIGN:
                tx.audit.append([_trail(received)])
        log.info("mail received", mail=received.id, effect=received.effect, reason=received.reason)
        return received

    def _judged(self, tx: Transaction, letter: Letter, draft: Received, believed: Belief) -> Received:
        """Return the record of a mail after it has had its effect."""
        if letter.trouble == "unreadable":
            return _ended(draft, Reason.UNREADABLE)
        try:
            if letter.report is not None:
                return bounced(tx, letter, letter.report, draft, self.effects.practice)
            if letter.parts:
                return self._answered(tx, letter, draft, believed)
            return self._without_answer(tx, letter, draft)
        except Verdict as verdict:
            return _ended(draft, verdict.reason)

    def _without_answer(self, tx: Transaction, letter: Letter, draft: Received) -> Received:
        """Judge a mail in which nothing is for a program: words of a person, or of a program."""
        about = next((one for one in map(self._own(tx), letter.refers_to) if one is not None), None)
        is_known = about is not None or _is_known(tx, letter.sender)
        if letter.is_automatic:
            return _ended(draft, Reason.AUTOMATIC if is_known else Reason.FOREIGN)
        if not is_known or letter.sender == self.effects.practice.email.casefold():
            return _ended(draft, Reason.FOREIGN)
        reason = Reason.WINMAIL if letter.has_tnef else Reason.TOO_LARGE if letter.trouble else Reason.WORDS_ONLY
        if about is None:
            return _ended(draft, reason)
        return replace(_ended(draft, reason), appointment_id=about[1], about=about[0])

    def _own(self, tx: Transaction) -> Callable[[str], tuple[str, str] | None]:
        def found(message_id: str) -> tuple[str, str] | None:
            message = sent_message(tx, message_id, self.effects.practice)
            return (message.id, message.appointment_id) if message is not None else None

        return found

    def _answered(self, tx: Transaction, letter: Letter, draft: Received, believed: Belief) -> Received:
        """Judge the answers of a mail; they all count, or none does."""
        asked = _read(tx, letter)
        first = asked.answers[0]
        draft = replace(draft, method=first.method, uid=first.uid[:_LONGEST_UID], sequence=max(first.sequence, 0))
        if asked.source is None:
            return _ended(draft, Reason.UNKNOWN_EVENT if _is_known(tx, letter.sender) else Reason.FOREIGN)
        known = self.effects.known(tx, asked.source)
        draft = replace(draft, appointment_id=known.sessions[0].id)
        if believed is not Belief.BELIEVED:
            unconfigured = believed is Belief.UNCONFIGURED
            return _ended(draft, Reason.NOT_CONFIGURED if unconfigured else Reason.NOT_AUTHENTICATED)
        party = party_of(letter.sender, known.item)
        return self._carried_out(tx, asked.answers, letter.sender, known, replace(draft, party=party))

    def _carried_out(
        self, tx: Transaction, answers: list[Answer], sender: str, known: Known, draft: Received
    ) -> Received:
        """Let each answer that counts have its effect. One that nobody can believe takes the others with it."""
        counted, ended = list[Judged](), list[Reason]()
        for answer in answers:
            try:
                counted.append(self._counted(tx, answer, sender, known, draft.received_at))
            except Verdict as verdict:
                ended.append(verdict.reason)
        aside = next((reason for reason in ended if reason.effect is MailEffect.QUARANTINED), None)
        if aside is not None or not counted:
            return _ended(draft, aside or ended[0])
        if len({one.effect for one in counted} - {MailEffect.ACCEPTED, MailEffect.TENTATIVE}) > 1:
            raise Verdict(Reason.COPIES_DIFFER)
        records = [self._effect(tx, one, known, draft) for one in counted]
        return min(records, key=lambda one: list(MailEffect).index(one.effect))

    def _counted(self, tx: Transaction, answer: Answer, sender: str, known: Known, now: datetime) -> Judged:
        judged = judge(answer, sender, known, now)
        if judged.effect is MailEffect.REFRESH:
            return judged
        instance = _instant(judged)
        if tx.inbound.is_given(answer.key(sender, instance)):
            raise Verdict(Reason.REPEATED)
        check_order(answer, tx.inbound.given(answer.uid, judged.party, instance))
        return judged

    def _effect(self, tx: Transaction, judged: Judged, known: Known, draft: Received) -> Received:
        """Let one answer have its effect, and put it on record."""
        answer = judged.answer
        drafted = replace(
            draft,
            effect=judged.effect,
            reason=Reason.TAKEN,
            sequence=answer.sequence,
            stamp=answer.stamp,
            appointment_id=judged.first.id,
            recurrence_id=judged.instance,
            proposed=judged.proposed,
            comment=answer.comment,
        )
        try:
            done = self.effects.of(tx, judged, known, drafted)
        except Verdict as verdict:
            return _ended(drafted, verdict.reason)
        if judged.effect is not MailEffect.REFRESH:
            key, instance = answer.key(judged.address, _instant(judged)), _instant(judged)
            tx.inbound.give(
                AnswerGiven(key, draft.id, answer.uid, judged.party, instance, answer.sequence, answer.stamp)
            )
            tx.inbound.unmark(judged.address)
        return done


def _instant(judged: Judged) -> datetime | None:
    return judged.answer.recurrence_id.instant if judged.answer.recurrence_id is not None else None


def _read(tx: Transaction, letter: Letter) -> _Asked:
    """Read the calendar parts, in the provider's zone where times float. Raises `Verdict`."""
    answers = _answers(letter, "UTC")
    source = tx.inbound.event(answers[0].uid)
    if source is None:
        return _Asked(answers, None)
    return _Asked(_answers(letter, load(tx, source).provider.timezone), source)


def _answers(letter: Letter, name: str) -> list[Answer]:
    try:
        return only_answers((part, read_answers(part.body, zone(name))) for part in letter.parts)
    except UnreadableError as error:
        raise Verdict(Reason.UNREADABLE) from error


def _is_known(tx: Transaction, address: str) -> bool:
    """Tell whether an address is a provider's or a client's."""
    return bool(address) and tx.inbound.is_anybodys(address)


def _ended(draft: Received, reason: Reason) -> Received:
    """Return the record of a mail that changed nothing."""
    effect = reason.effect
    if effect is None:
        raise ValueError(f"{reason} is no reason to change nothing")
    return replace(draft, effect=effect, reason=reason)


def _kept(received: Received) -> Received:
    """Return what may be kept of a mail: of one that is none of ours, nothing but that it was seen."""
    if received.reason is not Reason.FOREIGN:
        return received
    return replace(received, sender="", message_id="", uid="", method="", comment="", party=None)


def _trail(received: Received) -> AuditRecord:
    return AuditRecord(
        at=received.received_at,
        actor=MAIL.name,
        action=f"mail.{received.effect}",
        subject=received.appointment_id or received.id,
        details={
            "mail": received.id,
            "reason": str(received.reason),
            "party": str(received.party or "unknown"),
            "drift": received.drift_id,
            "message": received.about,
        },
    )
