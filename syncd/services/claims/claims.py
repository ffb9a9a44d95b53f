"""Claims: what holds them, who attested what, and filing. A claim's date is its appointment's, here and everywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.claims.claim import Attestation, Claim, ClaimStatus
from syncd.core.claims.holds import (
    ClaimHeldError,
    ClaimRules,
    Evidence,
    Hold,
    HoldCode,
    edited_start,
    edits_of_time,
    holds_on,
    status_of,
)
from syncd.core.errors import AlreadyBilledError, AppointmentStateError, InvalidValueError, NotFoundError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.scheduling.people import Party
from syncd.core.scheduling.series import given_instances
from syncd.core.sync.decision import Act
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.times import instant, lenient_local, zone
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Transaction
from syncd.services.scheduling.changes import Effect, Step, Terms, record_effect, save_appointment, save_series
from syncd.services.scheduling.extending import check_room

_NOTHING_TOOK_PLACE = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW})


class ClaimView(NamedTuple):
    """A claim as it stands now: what bears on it, what holds it, and the status that follows."""

    evidence: Evidence
    holds: tuple[Hold, ...]
    status: ClaimStatus

    @property
    def claim(self) -> Claim:
        """The claim as it is stored; its status there is never freer than the one that follows."""
        return self.evidence.claim

    @property
    def codes(self) -> frozenset[HoldCode]:
        """The holds by their codes."""
        return frozenset(hold.code for hold in self.holds)


def view(tx: Transaction, ref: str, rules: ClaimRules, now: datetime) -> ClaimView:
    """Return a claim by its id, its appointment's id or the number that it was filed under."""
    return _view_of(evidence_on(tx, tx.claims.get(ref)), rules, now)


def views(tx: Transaction, rules: ClaimRules, now: datetime, status: ClaimStatus | None = None) -> Iterator[ClaimView]:
    """Yield all claims, or those whose status now is ``status``, by date of service."""
    for claim in tx.claims.list():
        shown = _view_of(evidence_on(tx, claim), rules, now)
        if status in {None, shown.status}:
            yield shown


def _view_of(evidence: Evidence, rules: ClaimRules, now: datetime) -> ClaimView:
    holds = holds_on(evidence, rules, now)
    return ClaimView(evidence, holds, status_of(evidence, holds, now))


def evidence_on(tx: Transaction, claim: Claim) -> Evidence:
    """Return all that the record holds about a claim."""
    one = tx.appointments.get(claim.appointment_id)
    publications = tx.publications.ever_of_source(one.source)
    states = [tx.calendars.get(p.calendar_id).state for p in publications if p.state.is_watched]
    return Evidence(
        appointment=one,
        claim=claim,
        drifts=tuple(_drifts_on(tx, one, [publication.id for publication in publications])),
        attestations=tuple(tx.claims.attestations(one.id)),
        trouble=tuple(state for state in states if not state.is_readable),
        instance_gone=_is_gone(tx, one),
        publications=tuple(publications),
    )


_CREATED = (Act.CREATE, "created")
"""By what words the trail says that something was first published; the second is an earlier version's."""


def _drifts_on(tx: Transaction, one: Appointment, publication_ids: Sequence[str]) -> list[Drift]:
    """Return the drifts that concern an appointment, oldest first.

    An open one about a series as a whole concerns those sessions too that were added to the series since.
    """
    found = {drift.id: drift for drift in tx.drifts.list(DriftQuery(appointment_id=one.id))}
    for publication_id in publication_ids:
        for drift in tx.drifts.list(DriftQuery(publication_id=publication_id, status=DriftStatus.OPEN)):
            if any(finding.recurrence_id is None for finding in drift.findings):
                found[drift.id] = drift
    return sorted(found.values(), key=lambda drift: drift.detected_at)


def _is_gone(tx: Transaction, one: Appointment) -> bool:
    if one.series_id is None or one.status is AppointmentStatus.CANCELLED:
        return False
    return not given_instances(tx.series.get(one.series_id), [one])


def settle(tx: Transaction, ref: str, rules: ClaimRules, by: Principal, now: datetime, *, seen: int = 0) -> ClaimView:
    """Give a claim the status that follows from its holds.

    ``seen`` is the version of the appointment whose calendars were all looked at just now; 0: they were not.
    """
    evidence = evidence_on(tx, tx.claims.get(ref))
    before = evidence.claim
    if before.status is ClaimStatus.FILED:
        return _view_of(evidence, rules, now)
    was_seen = evidence.appointment.version == seen
    if was_seen or HoldCode.NOT_OBSERVED not in rules.required:
        evidence = _confirmed(evidence, rules, now, was_seen=was_seen)
    shown = _view_of(evidence, rules, now)
    after = replace(evidence.claim, status=shown.status)
    if after != before:
        tx.claims.save(after)
    if after.status is not before.status:
        _record(tx, "claim.settled", after, by, now, status=after.status, holds=sorted(shown.codes))
    return shown._replace(evidence=replace(evidence, claim=after))


def _confirmed(evidence: Evidence, rules: ClaimRules, now: datetime, *, was_seen: bool) -> Evidence:
    """Return that what could be seen was seen now; a calendar that was removed before shows nothing any more.

    It is proof where the session is over, where somebody looked, and where the event was as the record says.
    """
    if HoldCode.CALENDAR_GONE in _view_of(evidence, rules, now).codes:
        return evidence
    is_open = any(drift.status is DriftStatus.OPEN for drift in edits_of_time(evidence.drifts))
    proves = was_seen and not is_open and evidence.let_go is None and evidence.end <= instant(now)
    proven_at = evidence.claim.proven_at or (now if proves else None)
    return replace(evidence, claim=replace(evidence.claim, confirmed_at=now, proven_at=proven_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attest:
    """A person's word to be put on record. ``by``: ``provider``, ``admin``, a provider's id or address, or a name."""

    ref: str
    date_of_service: date
    by: str
    note: str = ""


def attest(tx: Transaction, asked: Attest, terms: Terms, rules: ClaimRules) -> ClaimView:
    """Put on record on which date a session took place, and lift the holds that wait for it.

    Another date than the appointment's reschedules the appointment first, to the time that the provider's edit gave it
    on that date, else to the same time of day; its claim follows. Raises a `RefusalError` when the session is not over
    or did not take place, when its claim is filed with another date, or when it would meet another session.
    """
    one = tx.appointments.get(tx.claims.get(asked.ref).appointment_id)
    terms.require(Permission.ATTEST_CLAIM, one)
    party = _party(tx, one, asked.by)
    if one.status in _NOTHING_TOOK_PLACE:
        raise AppointmentStateError(f"{one.id} is {one.status}: no session took place.", status=one.status)
    if asked.date_of_service != one.date_of_service:
        one = _correct(tx, one, asked, terms)
    _check_over(one, terms.now)
    tx.claims.attest(
        Attestation(
            appointment_id=one.id,
            at=terms.now,
            date_of_service=one.date_of_service,
            party=party,
            by=asked.by,
            actor=terms.by.actor,
            note=asked.note,
        )
    )
    claim = tx.claims.get(one.id)
    _record(tx, "claim.attested", claim, terms.by.who, terms.now, date=str(one.date_of_service), party=party)
    return settle(tx, claim.id, rules, terms.by.who, terms.now)


def _party(tx: Transaction, one: Appointment, by: str) -> Party:
    """Return on which side the one who attests stands. Raises `InvalidValueError` for somebody who cannot know."""
    provider = tx.providers.get(one.provider_id)
    if by in {Party.PROVIDER, provider.id} or by.casefold() == provider.email.casefold():
        return Party.PROVIDER
    for people in (tx.providers, tx.clients):
        try:
            people.get(by)
        except NotFoundError:
            continue
        raise InvalidValueError(f"Only the provider of {one.id} or an admin of the practice can attest its date.")
    return Party.ADMIN


def _correct(tx: Transaction, one: Appointment, asked: Attest, terms: Terms) -> Appointment:
    """Reschedule what has taken place to when it took place: the record follows, then its claim and its messages."""
    claim = tx.claims.get(one.id)
    if claim.status is ClaimStatus.FILED:
        raise AlreadyBilledError(
            f"The claim of {one.id} is filed with {claim.date_of_service}: a corrected claim is needed.",
            appointment=one.id,
            claim=claim.id,
        )
    drifts = evidence_on(tx, claim).drifts
    wall = one.start.replace(tzinfo=None, fold=0)
    same_time = lenient_local(wall.replace(**_ymd(asked.date_of_service)), zone(one.timezone))
    moved = replace(one, start=edited_start(drifts, one, asked.date_of_service) or same_time)
    _check_over(moved, terms.now)
    check_room(tx, [moved], terms)
    after = save_appointment(tx, moved)
    effect = Effect(
        kind="rescheduled",
        at=terms.now,
        by=terms.by,
        scope=Scope.THIS,
        appointment=after,
        steps=(Step(one, after),),
        records=(after if one.series_id is None else save_series(tx, tx.series.get(one.series_id)),),
        note=asked.note,
    )
    record_effect(tx, effect, terms.messages_for)
    return after


def _ymd(day: date) -> dict[str, Any]:
    return {"year": day.year, "month": day.month, "day": day.day}


def _check_over(one: Appointment, now: datetime) -> None:
    if instant(one.end) > instant(now):
        raise AppointmentStateError(
            f"The session of {one.id} ends at {one.end.isoformat(timespec='minutes')}. Attest it after that.",
            status=one.status,
        )


def file(tx: Transaction, ref: str, number: str, rules: ClaimRules, by: Principal, now: datetime) -> ClaimView:
    """Note that a claim was filed under the billing system's ``number``; its appointment is frozen from then on.

    Raises `ClaimHeldError` with the holds, and `AlreadyBilledError` for one that is filed under another number.
    """
    require(by, Permission.MANAGE_CLAIMS)
    if not number.strip():
        raise InvalidValueError("Give the number under which the billing system filed the claim.")
    shown = settle(tx, ref, rules, by, now)
    claim = shown.claim
    if claim.status is ClaimStatus.FILED:
        if claim.number == number.strip():
            return shown
        raise AlreadyBilledError(f"{claim.id} is filed as {claim.number}: a corrected claim is needed.", claim=claim.id)
    if claim.status is not ClaimStatus.CLEAR:
        raise held(shown)
    filed = replace(claim, status=ClaimStatus.FILED, number=number.strip(), filed_at=now)
    tx.claims.save(filed)
    _record(tx, "claim.filed", filed, by, now, number=filed.number, date=str(filed.date_of_service))
    return _view_of(replace(shown.evidence, claim=filed), rules, now)


def held(shown: ClaimView) -> ClaimHeldError:
    """Return the refusal to file or release a claim, which says what holds it and what lifts each hold."""
    why = " ".join(f"{hold.message} → {hold.lifted_by}" for hold in shown.holds)
    facts = [{"code": hold.code.value, "message": hold.message, "lifted_by": hold.lifted_by} for hold in shown.holds]
    told = f"{shown.claim.id} is {shown.status}. {why}".strip()
    return ClaimHeldError(told, claim=shown.claim.id, status=shown.status.value, holds=facts)


def _record(tx: Transaction, action: str, claim: Claim, by: Principal, now: datetime, **details: Any) -> None:
    known = {"appointment": claim.appointment_id, **details}
    tx.audit.append([AuditRecord(at=now, actor=by.name, action=action, subject=claim.id, details=known)])
