"""When a claim may be filed: the holds on it, each with what lifts it, and the status that follows from them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.claims.claim import Attestation, Claim, ClaimStatus
from syncd.core.errors import RefusalError
from syncd.core.events.findings import START_FIELD, Finding, Kind, Severity
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import Answer, Drift, DriftStatus
from syncd.core.sync.publication import Publication, PublicationState
from syncd.core.times import instant, lenient_local, zone


class ClaimHeldError(RefusalError):
    """There is a hold on that claim."""

    code = "claim_held"


class HoldCode(StrEnum):
    """Why a claim may not be filed yet."""

    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    INSTANCE_GONE = "instance_gone"
    NOT_OVER = "not_over"
    OPEN_DRIFT = "open_drift"
    ATTESTED_OTHERWISE = "attested_otherwise"
    UNEXPLAINED_EDIT = "unexplained_edit"
    NOT_OBSERVED = "not_observed"
    CALENDAR_GONE = "calendar_gone"


OPTIONAL_HOLDS = frozenset({HoldCode.UNEXPLAINED_EDIT, HoldCode.NOT_OBSERVED, HoldCode.CALENDAR_GONE})
"""Those that a practice may do without; all others are what keeps a claim's date true."""

_AFTER_FILING = frozenset({HoldCode.OPEN_DRIFT, HoldCode.ATTESTED_OTHERWISE, HoldCode.UNEXPLAINED_EDIT})
"""What still matters once a claim is filed: it may need to be corrected."""

_TEXTS_ONLY = Severity.CONTENT

_MAY_STAND_UNSEEN = frozenset({PublicationState.FORGOTTEN, PublicationState.RETIRED})

_START_UNKNOWN = frozenset({Kind.RECURRENCE, Kind.SPLIT, Kind.UNREADABLE})
_SHIFT_BY_RULE = timedelta(days=7)
"""Edits that do not tell where they put each session, and how much earlier that may have been: a weekly rule's week."""

_STANDS_ON = frozenset({DriftStatus.OPEN, DriftStatus.DISMISSED, DriftStatus.IGNORED})
"""How a drift may be settled, or not be, while the edit stays in the calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRules:
    """What a practice sets about claims: which of the `OPTIONAL_HOLDS` hold."""

    required: frozenset[HoldCode] = OPTIONAL_HOLDS


class Hold(NamedTuple):
    """One reason why a claim may not be filed: in words, since when, and what a person does to lift it."""

    code: HoldCode
    message: str
    since: datetime
    lifted_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that bears on one claim.

    ``drifts`` are those that concern its appointment. ``attestations`` are oldest first. ``trouble`` are the states of
    those calendars in which it stands and that cannot be read now. ``instance_gone``: its series no longer has it.
    ``publications`` are all that there ever were of it. ``withheld`` are the ids of the calendars in which it stands
    and where the mode keeps what the record says from being written.
    """

    appointment: Appointment
    claim: Claim
    drifts: tuple[Drift, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    trouble: tuple[CalendarState, ...] = ()
    instance_gone: bool = False
    publications: tuple[Publication, ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def end(self) -> datetime:
        """When the session is over."""
        return instant(self.appointment.end)

    @property
    def let_go(self) -> Publication | None:
        """The publication that may stand in a calendar where nobody looks any more, so that an edit goes unseen.

        Where the session was shown in a watched calendar before it began, that calendar tells enough.
        """
        start = instant(self.appointment.start)
        shown = (p.first_seen_at for p in self.publications if p.state.is_watched)
        if any(since is not None and since <= start for since in shown):
            return None
        unseen = (p for p in self.publications if p.state in _MAY_STAND_UNSEEN and p.may_have_stood)
        return next(unseen, None)


def holds_on(evidence: Evidence, rules: ClaimRules, now: datetime) -> tuple[Hold, ...]:
    """Return every hold on a claim as things stand, in the order of `HoldCode`; none: it may be filed."""
    found = sorted(_all_holds(evidence, now), key=lambda hold: list(HoldCode).index(hold.code))
    left_out = OPTIONAL_HOLDS - rules.required
    if evidence.claim.status is ClaimStatus.FILED:
        return tuple(hold for hold in found if hold.code in _AFTER_FILING - left_out)
    return tuple(hold for hold in found if hold.code not in left_out)


def status_of(evidence: Evidence, holds: Sequence[Hold], now: datetime) -> ClaimStatus:
    """Return the status that a claim has with these holds. What is filed stays filed."""
    if evidence.claim.status is ClaimStatus.FILED:
        return ClaimStatus.FILED
    if evidence.appointment.status is AppointmentStatus.CANCELLED:
        return ClaimStatus.VOID
    if evidence.end > instant(now):
        return ClaimStatus.PENDING
    return ClaimStatus.HELD if holds else ClaimStatus.CLEAR


def edits_of_time(drifts: Iterable[Drift]) -> list[Drift]:
    """Return the drifts that may tell when, or whether, a session took place; changed words tell nothing of it."""
    return [drift for drift in drifts if drift.severity is not _TEXTS_ONLY and not _is_of_words(drift)]


def _is_of_words(drift: Drift) -> bool:
    """Tell whether it counts as grave for a filed claim's sake alone."""
    return bool(drift.findings) and all(finding.severity is _TEXTS_ONLY for finding in drift.findings)


def edited_start(drifts: Iterable[Drift], one: Appointment, on: date) -> datetime | None:
    """Return the start that a provider's edit gave the session on that date, in the appointment's zone.

    None where no edit put it on that date. Of several edits the latest counts.
    """
    latest_first = sorted(edits_of_time(drifts), key=lambda drift: drift.detected_at, reverse=True)
    found = (_start_given(finding, one) for drift in latest_first for finding in drift.findings)
    return next((start for start in found if start is not None and start.date() == on), None)


def _start_given(finding: Finding, one: Appointment) -> datetime | None:
    """Return the start that a finding gives an appointment; one about a whole series gives each session its shift."""
    tz = zone(one.timezone)
    observed = _moment(finding.observed, tz) if finding.field == START_FIELD else None
    if observed is None or finding.recurrence_id is not None:
        return observed if observed and _is_instance(one, finding.recurrence_id) else None
    published = _moment(finding.published, tz)
    if one.recurrence_id is None or published is None:
        return observed if one.recurrence_id is None else None
    shift = observed.replace(tzinfo=None) - published.replace(tzinfo=None)
    return lenient_local(one.start.replace(tzinfo=None, fold=0) + shift, tz)


def _moment(text: str | None, tz: ZoneInfo) -> datetime | None:
    """Return a moment of a finding in the zone, None for a whole day and for what has no zone."""
    if text is None or "T" not in text:
        return None
    moment = datetime.fromisoformat(text)
    return None if moment.tzinfo is None else moment.astimezone(tz)


def _is_instance(one: Appointment, recurrence_id: datetime | None) -> bool:
    if one.recurrence_id is None or recurrence_id is None:
        return False
    return instant(one.recurrence_id) == instant(recurrence_id)


def _all_holds(evidence: Evidence, now: datetime) -> Iterator[Hold]:
    yield from _holds_by_state(evidence, now)
    yield from _holds_by_edits(evidence)
    if evidence.end <= instant(now):
        yield from _holds_by_observation(evidence)


def _holds_by_state(evidence: Evidence, now: datetime) -> Iterator[Hold]:
    one = evidence.appointment
    if one.status is AppointmentStatus.CANCELLED:
        since = one.cancellation.at if one.cancellation else evidence.end
        yield Hold(HoldCode.CANCELLED, f"{one.id} is cancelled: nothing took place.", since, "Nothing: it is void.")
        return
    if one.status is AppointmentStatus.NO_SHOW:
        yield Hold(HoldCode.NO_SHOW, f"The client of {one.id} did not come.", evidence.end, "A corrected record.")
    if evidence.instance_gone:
        message = f"The series of {one.id} no longer has this session."
        yield Hold(HoldCode.INSTANCE_GONE, message, evidence.end, "Cancel it, or book it as an appointment of its own.")
    if evidence.end > instant(now):
        message = f"The session ends at {one.end.isoformat(timespec='minutes')}."
        yield Hold(HoldCode.NOT_OVER, message, instant(now), "Its end, and a look at the calendar after it.")


def _holds_by_edits(evidence: Evidence) -> Iterator[Hold]:
    claim, last = evidence.claim, evidence.attestations[-1] if evidence.attestations else None
    for drift in evidence.drifts:
        if drift.status is DriftStatus.OPEN:
            how = "The provider answered by mail" if drift.by_mail else "The event was edited in the calendar"
            message = f"{how} ({_kinds(drift)}), and nobody has decided on it."
            yield Hold(HoldCode.OPEN_DRIFT, message, drift.detected_at, _decision_on(drift, evidence))
    if last is not None and last.date_of_service != claim.date_of_service:
        message = f"{last.date_of_service} was attested, and the appointment is on {claim.date_of_service}."
        yield Hold(HoldCode.ATTESTED_OTHERWISE, message, last.at, _attest(claim))
    yield from _holds_by_past_edits(evidence, last)


def _holds_by_past_edits(evidence: Evidence, last: Attestation | None) -> Iterator[Hold]:
    """Yield the holds of edits that are settled, and that ``last``, the latest word on the date, does not explain."""
    claim = evidence.claim
    for drift in edits_of_time(evidence.drifts):
        is_explained = drift.answer is Answer.MISTAKE or (last is not None and last.at >= drift.detected_at)
        if stands_by_it(drift, evidence.appointment, last):
            message = (
                f"The provider says that an edit of the event was meant ({_kinds(drift)}, {drift.id}), and the record "
                "says otherwise."
            )
            lifted_by = f"{remedy_of(drift)} After the session: {_attest(claim, drift)}"
            yield Hold(HoldCode.UNEXPLAINED_EDIT, message, drift.answered_at or drift.detected_at, lifted_by)
        elif drift.status is not DriftStatus.OPEN and not is_explained and stood_at_start(drift, evidence):
            message = (
                f"An edit of the event ({_kinds(drift)}, {drift.id}) stood in the calendar when the session was to "
                f"begin; it was {drift.status} since. The session may have taken place at another time."
            )
            yield Hold(HoldCode.UNEXPLAINED_EDIT, message, drift.detected_at, _attest(claim, drift))


def stands_by_it(drift: Drift, one: Appointment, last: Attestation | None) -> bool:
    """Tell whether the provider says that an edit was meant, and the record does not say the same yet.

    ``last`` is the latest word on the date. It does once the session has the start of the edit, or is cancelled.
    """
    if drift.answer is not Answer.MEANT or drift.answered_at is None or one.status is AppointmentStatus.CANCELLED:
        return False
    follows = any(start is not None and instant(start) == instant(one.start) for start in _all_starts_given(drift, one))
    return not follows and (last is None or last.at < drift.answered_at)


def remedy_of(drift: Drift) -> str:
    """Return what the practice does about an edit that was put back and that its provider stands by."""
    return (
        f"See what it was with: syncd drift show {drift.id}. Then: syncd appointment reschedule, or cancel; or, where "
        f"it was cleared up: syncd drift dismiss {drift.id}."
    )


def _all_starts_given(drift: Drift, one: Appointment) -> Iterator[datetime | None]:
    return (_start_given(finding, one) for finding in drift.findings)


def stood_at_start(drift: Drift, evidence: Evidence) -> bool:
    """Tell whether an edit may have stood when the session was to begin, as planned or as the edit had it.

    It may have stood ever since before it was found, and stood until it was settled; one that was dismissed stands on.
    A session that was seen as the record says after its end was not touched before that: what is done to its event
    later tells of it only where it gives it another start, and a change of a whole series does not.
    """
    one, proven_at = evidence.appointment, evidence.claim.proven_at
    is_proven = proven_at is not None and proven_at < drift.detected_at
    starts = list(_starts_given(drift, one, named_only=is_proven))
    if not is_proven:
        starts += [instant(one.start), *_starts_before(drift, one)]
        if _START_UNKNOWN.intersection(drift.kinds):
            starts.append(instant(one.start) - _SHIFT_BY_RULE)
    until = None if drift.status in _STANDS_ON else drift.resolved_at
    return bool(starts) and (until is None or min(starts) <= until)


def _starts_given(drift: Drift, one: Appointment, *, named_only: bool) -> Iterator[datetime]:
    """Yield the starts that an edit gave a session; one that was accepted has become the record's own."""
    for finding in drift.findings:
        is_named = one.recurrence_id is None or finding.recurrence_id is not None
        if is_named or not (named_only or drift.status is DriftStatus.ACCEPTED):
            start = _start_given(finding, one) or _day_given(finding, one)
            if start is not None:
                yield instant(start)


def _day_given(finding: Finding, one: Appointment) -> datetime | None:
    """Return the beginning of the whole day that an edit made of a session, in its zone."""
    text = finding.observed if finding.field == START_FIELD else None
    if text is None or "T" in text or (one.recurrence_id is not None and not _is_instance(one, finding.recurrence_id)):
        return None
    try:
        return lenient_local(datetime.fromisoformat(text), zone(one.timezone))
    except ValueError:
        return None


def _starts_before(drift: Drift, one: Appointment) -> Iterator[datetime]:
    """Yield the starts that the session had when it was edited; the practice may have moved it since."""
    for finding in drift.findings:
        if finding.field == START_FIELD and (one.recurrence_id is None or _is_instance(one, finding.recurrence_id)):
            start = _moment(finding.published, zone(one.timezone))
            if start is not None:
                yield instant(start)


def _holds_by_observation(evidence: Evidence) -> Iterator[Hold]:
    claim = evidence.claim
    needed = max([evidence.end, *(drift.resolved_at for drift in evidence.drifts if drift.resolved_at is not None)])
    was_seen = claim.confirmed_at is not None and claim.confirmed_at >= evidence.end
    let_go = evidence.let_go
    if let_go and not was_seen and not any(word.at >= evidence.end for word in evidence.attestations):
        message = f"{_WHY_UNSEEN[let_go.state]}, and nobody has attested the date since the session."
        yield Hold(HoldCode.CALENDAR_GONE, message, evidence.end, _attest(claim))
    if claim.confirmed_at is None or claim.confirmed_at < needed:
        yield _not_observed(evidence, needed)


def _not_observed(evidence: Evidence, needed: datetime) -> Hold:
    """Return the hold on a session that was not seen as the record says: nobody looked, or it is not written there."""
    if evidence.withheld:
        message = "Its calendar may show another time than the record: nothing is written in the mode report_only."
        lifted_by = f"syncd calendar set {evidence.withheld[0]} --mode normal"
        return Hold(HoldCode.NOT_OBSERVED, message, needed, lifted_by)
    how = f" (it is {', '.join(evidence.trouble)})" if evidence.trouble else ""
    message = f"Its calendar has not been looked at since {needed.isoformat(timespec='minutes')}{how}."
    waits = not all(state.is_worked for state in evidence.trouble)
    again = f"The next claim audit, or: syncd claim release {evidence.claim.id}"
    return Hold(HoldCode.NOT_OBSERVED, message, needed, "syncd calendar resume" if waits else again)


_WHY_UNSEEN = {
    PublicationState.FORGOTTEN: "The calendar in which it stood was removed, or its event there was let go of",
    PublicationState.RETIRED: "Its event is watched no longer, since the session was so long ago",
}


def _decision_on(drift: Drift, evidence: Evidence) -> str:
    """Return what settles an open drift; where its event is watched no longer, only a person's word can."""
    is_watched = any(p.id == drift.publication_id and p.state.is_watched for p in evidence.publications)
    if is_watched or drift.by_mail:
        return f"syncd drift accept {drift.id}, or: syncd drift revert {drift.id}"
    return f"syncd claim attest --drift {drift.id} --as-planned --by provider, or: syncd drift dismiss {drift.id}"


def _attest(claim: Claim, drift: Drift | None = None) -> str:
    alone = f"syncd claim attest {claim.id} --date YYYY-MM-DD --by provider"
    if drift is None or len(drift.concerned) == 1:
        return alone
    return f"{alone}, or all sessions at once: syncd claim attest --drift {drift.id} --as-planned --by provider"


def _kinds(drift: Drift) -> str:
    return ", ".join(drift.kinds)
