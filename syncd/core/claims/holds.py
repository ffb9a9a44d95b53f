"""When a claim may be filed: the holds on it, each with what lifts it, and the status that follows from them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.claims.claim import Attestation, Claim, ClaimStatus
from syncd.core.errors import RefusalError
from syncd.core.events.findings import START_FIELD, Finding, Severity
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import Drift, DriftStatus
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
    ``calendar_gone``: it stood in a calendar that is connected no more.
    """

    appointment: Appointment
    claim: Claim
    drifts: tuple[Drift, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    trouble: tuple[CalendarState, ...] = ()
    instance_gone: bool = False
    calendar_gone: bool = False

    @property
    def end(self) -> datetime:
        """When the session is over."""
        return instant(self.appointment.end)


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
    return [drift for drift in drifts if drift.severity is not _TEXTS_ONLY]


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
            message = f"The event was edited in the calendar ({_kinds(drift)}), and nobody has decided on it."
            lifted_by = f"syncd drift accept {drift.id}, or: syncd drift revert {drift.id}"
            yield Hold(HoldCode.OPEN_DRIFT, message, drift.detected_at, lifted_by)
    if last is not None and last.date_of_service != claim.date_of_service:
        message = f"{last.date_of_service} was attested, and the appointment is on {claim.date_of_service}."
        yield Hold(HoldCode.ATTESTED_OTHERWISE, message, last.at, _attest(claim))
    for drift in edits_of_time(evidence.drifts):
        if drift.status is DriftStatus.REVERTED and (last is None or last.at < drift.detected_at):
            message = (
                f"The event was edited ({_kinds(drift)}) and put back ({drift.id}); the session may have taken place "
                "at another time."
            )
            yield Hold(HoldCode.UNEXPLAINED_EDIT, message, drift.detected_at, _attest(claim))


def _holds_by_observation(evidence: Evidence) -> Iterator[Hold]:
    claim = evidence.claim
    needed = max([evidence.end, *(drift.resolved_at for drift in evidence.drifts if drift.resolved_at is not None)])
    was_seen = claim.confirmed_at is not None and claim.confirmed_at >= evidence.end
    if evidence.calendar_gone and not was_seen and not any(word.at >= evidence.end for word in evidence.attestations):
        message = "The calendar in which it stood was removed, and nobody has attested the date since the session."
        yield Hold(HoldCode.CALENDAR_GONE, message, evidence.end, _attest(claim))
    if claim.confirmed_at is None or claim.confirmed_at < needed:
        how = f" (it is {', '.join(evidence.trouble)})" if evidence.trouble else ""
        message = f"Its calendar has not been looked at since {needed.isoformat(timespec='minutes')}{how}."
        waits = not all(state.is_worked for state in evidence.trouble)
        lifted_by = "syncd calendar resume" if waits else f"The next claim audit, or: syncd claim release {claim.id}"
        yield Hold(HoldCode.NOT_OBSERVED, message, needed, lifted_by)


def _attest(claim: Claim) -> str:
    return f"syncd claim attest {claim.id} --date YYYY-MM-DD --by provider"


def _kinds(drift: Drift) -> str:
    return ", ".join(drift.kinds)
