"""Claims: what holds them, who attested what, and filing. A claim's date is its appointment's, here and everywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
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
from syncd.core.sync.drift import DriftStatus
from syncd.core.times import instant, lenient_local, zone
from syncd.ports.store.transaction import Transaction
from syncd.services.claims.evidence import evidence_of, evidence_on
from syncd.services.pages import parts
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


def views(
    tx: Transaction, rules: ClaimRules, now: datetime, status: ClaimStatus | None = None, after: str | None = None
) -> Iterator[ClaimView]:
    """Yield all claims, or those whose status now is ``status``, by date of service; from after that id on."""
    for part in parts(lambda after, limit: _candidates(tx, now, status, after, limit), after):
        for shown in views_of(tx, part, rules, now):
            if status in {None, shown.status}:
                yield shown


def views_of(tx: Transaction, claims: Sequence[Claim], rules: ClaimRules, now: datetime) -> list[ClaimView]:
    """Return these claims as they stand now; as many statements for a hundred as for one."""
    return [_view_of(evidence, rules, now) for evidence in evidence_of(tx, claims)]


def _candidates(
    tx: Transaction, now: datetime, status: ClaimStatus | None, after: str | None, limit: int
) -> Sequence[Claim]:
    """Return the next claims among which are all that have that status now, seldom many others.

    The stored status is never freer than the one that follows, and a session's date tells on which side of now it is,
    but for the day on which the zones of the world differ, and the day that a session may last.
    """
    today, day = instant(now).date(), timedelta(days=1)
    until = None if status in {None, ClaimStatus.PENDING} | _LASTING else today + day
    since = today - 2 * day if status is ClaimStatus.PENDING else None
    return tx.claims.list(*_STORED_AS.get(status, ()), since=since, until=until, after=after, limit=limit)


_LASTING = {ClaimStatus.FILED, ClaimStatus.VOID}
_STORED_AS: dict[ClaimStatus | None, tuple[ClaimStatus, ...]] = {
    ClaimStatus.PENDING: (ClaimStatus.PENDING, ClaimStatus.HELD),
    ClaimStatus.HELD: (ClaimStatus.PENDING, ClaimStatus.HELD),
    ClaimStatus.CLEAR: (ClaimStatus.PENDING, ClaimStatus.HELD, ClaimStatus.CLEAR),
    ClaimStatus.FILED: (ClaimStatus.FILED,),
    ClaimStatus.VOID: (ClaimStatus.VOID,),
}
"""How a claim may be stored that has a status now: `syncd.core.claims.holds.status_of`, and the store's triggers."""


def _view_of(evidence: Evidence, rules: ClaimRules, now: datetime) -> ClaimView:
    holds = holds_on(evidence, rules, now)
    return ClaimView(evidence, holds, status_of(evidence, holds, now))


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
    after = _with_holds(replace(evidence.claim, status=shown.status), shown)
    if after != before:
        tx.claims.save(after)
    if after.status is not before.status:
        _record(tx, "claim.settled", after, by, now, status=after.status, holds=sorted(shown.codes))
    return shown._replace(evidence=replace(evidence, claim=after))


def _with_holds(claim: Claim, shown: ClaimView) -> Claim:
    """Return a claim with what holds it; of a session that is not over it is no news that it is not over."""
    held = [hold for hold in shown.holds if hold.code is not HoldCode.NOT_OVER]
    since = min((instant(hold.since) for hold in held), default=None)
    return replace(claim, holds=tuple(hold.code.value for hold in held), held_since=since)


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
