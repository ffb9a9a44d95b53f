"""What a provider says by a link in a notice: that an edit which was put back was a mistake, or was meant."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.audit.record import AuditRecord
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import ClaimRules, HoldCode
from syncd.core.errors import NotFoundError
from syncd.core.messaging.content import Facts
from syncd.core.messaging.links import LinkError, Purpose, SignedLink
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import Answer, Drift, DriftStatus
from syncd.core.sync.publishing import Practice
from syncd.core.times import instant
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.claims.claims import Attest, attest, settle, view
from syncd.services.messaging.links import follow
from syncd.services.messaging.revert_notices import facts_of_notice
from syncd.services.scheduling.changes import By, Terms

_ANSWERS: Final = {Purpose.DISMISS_EDIT: Answer.MISTAKE, Purpose.ACCEPT_EDIT: Answer.MEANT}
_NOTHING_TOOK_PLACE = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a provider is asked before their word counts: the edit in words, as its notice told of it.

    ``is_over``: the session is, so that the word attests its date as well.
    """

    facts: Facts
    is_over: bool


@dataclass(frozen=True, slots=True)
class Confirming:
    """Takes a provider's word on an edit that was put back. ``key`` signs links; ``rules`` are those of claims.

    Every method raises `LinkError` for a link that is not ours, for something else, expired, revoked or used: of both
    links about an edit one can be used, once.
    """

    store: Store
    key: bytes
    practice: Practice
    rules: ClaimRules

    def asked(self, token: str, purpose: Purpose, now: datetime) -> Question:
        """Return what to ask the holder of a link. Changes nothing: programs that scan mails open links."""
        with self.store.reading() as tx:
            drift = _drift(tx, follow(tx, token, purpose, self.key, now))
            one = tx.appointments.get(drift.appointment_id)
            return Question(facts=facts_of_notice(tx, drift, self.practice), is_over=_is_over(one, now))

    def answer(self, token: str, purpose: Purpose, terms: Terms) -> Drift:
        """Put the provider's word on record, and what follows for the claims of the sessions that it is about.

        A mistake attests the date of each session that is over and whose claim waits for a word on an edit. What was
        meant holds the claims until the practice has acted. Calendar and appointments stay as they are.
        """
        with self.store.transaction() as tx:
            drift = _drift(tx, follow(tx, token, purpose, self.key, terms.now))
            by = _holder(tx, drift)
            terms = replace(terms, by=By(Party.PROVIDER, by))
            answer = _ANSWERS[purpose]
            waiting = list(self._waiting(tx, drift, terms.now)) if answer is Answer.MISTAKE else []
            told = replace(drift, answer=answer, answered_at=terms.now)
            for one in (told, *(_same_edits(tx, drift) if answer is Answer.MISTAKE else ())):
                tx.drifts.save(replace(one, answer=answer, answered_at=terms.now))
            _record(tx, told, by, terms.now)
            for one in waiting:
                self._attest(tx, one, drift, terms)
            for appointment_id in sorted(drift.concerned):
                settle(tx, appointment_id, self.rules, by, terms.now)
            return told

    def _waiting(self, tx: Transaction, drift: Drift, now: datetime) -> Iterator[Appointment]:
        """Yield the sessions that are over and whose claims wait for a word on an edit."""
        for appointment_id in sorted(drift.concerned):
            shown = view(tx, appointment_id, self.rules, now)
            one = shown.evidence.appointment
            is_free = shown.claim.status is not ClaimStatus.FILED and one.status not in _NOTHING_TOOK_PLACE
            if is_free and _is_over(one, now) and HoldCode.UNEXPLAINED_EDIT in shown.codes:
                yield one

    def _attest(self, tx: Transaction, one: Appointment, drift: Drift, terms: Terms) -> None:
        email = tx.providers.get(drift.provider_id).email
        note = f"By the link in the notice about {drift.id}: the edit was a mistake."
        asked = Attest(ref=one.id, date_of_service=one.date_of_service, by=email, note=note)
        attest(tx, asked, terms, self.rules)


def _drift(tx: Transaction, link: SignedLink) -> Drift:
    """Return the edit that a link is about, while an answer can be given."""
    try:
        drift = tx.drifts.get(link.about)
    except NotFoundError as error:
        raise LinkError from error
    if drift.answer is not None:
        raise LinkError("This link was used: the practice has your answer. To change it, write to the practice.")
    if drift.appointment_id != link.appointment_id or drift.status is not DriftStatus.REVERTED:
        raise LinkError
    return drift


def _holder(tx: Transaction, drift: Drift) -> Principal:
    """Return who holds the link, as who they act: the provider whose calendar it was, about their own things."""
    provider = tx.providers.get(drift.provider_id)
    by = Principal(name=f"link:{provider.id}", role=Role.PROVIDER, channel=Channel.LINK, provider_id=provider.id)
    require(by, Permission.ATTEST_CLAIM, provider_id=drift.provider_id)
    return by


def _same_edits(tx: Transaction, drift: Drift) -> Iterator[Drift]:
    """Yield the other times that the same edit was put back: of them the provider had no notice of its own."""
    if drift.publication_id is None:
        return
    reverted = DriftQuery(publication_id=drift.publication_id, status=DriftStatus.REVERTED)
    for other in tx.drifts.list(reverted):
        if other.fingerprint == drift.fingerprint and other.answer is None and other.id != drift.id:
            yield other


def _is_over(one: Appointment, now: datetime) -> bool:
    return instant(one.end) <= instant(now)


def _record(tx: Transaction, drift: Drift, by: Principal, now: datetime) -> None:
    details = {"drift": drift.id, "answer": str(drift.answer), "through": str(by.channel)}
    tx.audit.append(
        [AuditRecord(at=now, actor=by.name, action="drift.answered", subject=drift.appointment_id, details=details)]
    )
