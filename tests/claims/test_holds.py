"""What holds a claim, and which status follows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from syncd.core.claims.claim import Attestation, Claim, ClaimStatus
from syncd.core.claims.holds import ClaimRules, Evidence, HoldCode, edited_start, holds_on, status_of
from syncd.core.events.findings import Finding, Kind, Severity
from syncd.core.scheduling.appointments import AppointmentStatus, Cancellation
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.publication import Intent, IntentKind, Publication, PublicationState
from tests.builders import NOW, START, a_calendar, a_publication, a_series, an_appointment, an_instance, at
from tests.claims.builders import TO_WEDNESDAY, a_drift, a_reverted

APPOINTMENT = an_appointment(id="apt-1")
END = APPOINTMENT.end.astimezone(UTC)
TUESDAY = START.date()
LATER = END + timedelta(hours=1)
RULES = ClaimRules()


def a_claim(**changes: Any) -> Claim:
    """Return the claim of ``apt-1``, whose calendar was seen an hour after the session."""
    default = Claim(id="clm-1", appointment_id="apt-1", date_of_service=TUESDAY, confirmed_at=LATER)
    return replace(default, **changes)


def evidence(**changes: Any) -> Evidence:
    return replace(Evidence(appointment=APPOINTMENT, claim=a_claim()), **changes)


def an_attestation(when: datetime = LATER, on: date = TUESDAY) -> Attestation:
    return Attestation(
        appointment_id="apt-1", at=when, date_of_service=on, party=Party.PROVIDER, by="provider", actor="cli"
    )


def a_forgotten(**changes: Any) -> Publication:
    """Return the publication of ``apt-1`` in a calendar that was removed."""
    default = a_publication(a_calendar(), APPOINTMENT.source, state=PublicationState.FORGOTTEN, first_seen_at=NOW)
    return replace(default, **changes)


def codes(given: Evidence, now: datetime = LATER, rules: ClaimRules = RULES) -> list[HoldCode]:
    return [hold.code for hold in holds_on(given, rules, now)]


def status(given: Evidence, now: datetime = LATER, rules: ClaimRules = RULES) -> ClaimStatus:
    return status_of(given, holds_on(given, rules, now), now)


def test_a_session_that_is_over_and_was_seen_since() -> None:
    """Nothing holds its claim."""
    assert codes(evidence()) == []
    assert status(evidence()) is ClaimStatus.CLEAR


def test_a_session_to_come() -> None:
    """Its claim is pending until the session's end, and held from then on until its calendar is seen."""
    unseen = evidence(claim=a_claim(confirmed_at=None))
    before = END - timedelta(seconds=1)
    assert (codes(unseen, before), status(unseen, before)) == ([HoldCode.NOT_OVER], ClaimStatus.PENDING)
    assert (codes(unseen, END), status(unseen, END)) == ([HoldCode.NOT_OBSERVED], ClaimStatus.HELD)


def test_a_calendar_that_was_seen_before_the_session_ended() -> None:
    """Does not tell how the session ended."""
    assert codes(evidence(claim=a_claim(confirmed_at=END - timedelta(seconds=1)))) == [HoldCode.NOT_OBSERVED]
    assert codes(evidence(claim=a_claim(confirmed_at=END))) == []


@pytest.mark.parametrize(
    ("state", "lifted_by"),
    [(CalendarState.PAUSED, "syncd calendar resume"), (CalendarState.UNREACHABLE, "syncd claim release clm-1")],
)
def test_a_calendar_that_cannot_be_seen(state: CalendarState, lifted_by: str) -> None:
    """The hold says how the calendar is and what mends it."""
    (hold,) = holds_on(evidence(claim=a_claim(confirmed_at=None), trouble=(state,)), RULES, LATER)
    assert (hold.code, hold.since) == (HoldCode.NOT_OBSERVED, END)
    assert state in hold.message
    assert lifted_by in hold.lifted_by


def test_a_cancelled_appointment() -> None:
    """Its claim is void: there is no date to bill, whatever else is known."""
    why = Cancellation(reason="client_request", by=Party.CLIENT, at=START)
    gone = replace(APPOINTMENT, status=AppointmentStatus.CANCELLED, cancellation=why)
    assert codes(evidence(appointment=gone)) == [HoldCode.CANCELLED]
    assert status(evidence(appointment=gone)) is ClaimStatus.VOID


def test_a_client_who_did_not_come() -> None:
    """Holds the claim."""
    missed = replace(APPOINTMENT, status=AppointmentStatus.NO_SHOW)
    assert codes(evidence(appointment=missed)) == [HoldCode.NO_SHOW]
    assert status(evidence(appointment=missed)) is ClaimStatus.HELD


def test_a_session_that_its_series_lost() -> None:
    """Holds the claim."""
    assert codes(evidence(instance_gone=True)) == [HoldCode.INSTANCE_GONE]


def test_an_open_drift() -> None:
    """Holds the claim since it was detected, and names the decision that lifts it; so do edits of words."""
    drift = a_drift()
    (hold,) = holds_on(evidence(drifts=(drift,)), RULES, LATER)
    assert (hold.code, hold.since) == (HoldCode.OPEN_DRIFT, drift.detected_at)
    assert drift.id in hold.lifted_by
    assert codes(evidence(drifts=(a_drift(severity=Severity.CONTENT),))) == [HoldCode.OPEN_DRIFT]


@pytest.mark.parametrize("severity", [Severity.CLAIM_DATE, Severity.TIME, Severity.PRESENCE])
def test_an_edit_that_was_put_back(severity: Severity) -> None:
    """Is evidence of another time or of absence, and holds the claim until somebody attests the date after it."""
    drift = a_reverted(severity=severity, resolved_at=END)
    assert codes(evidence(drifts=(drift,))) == [HoldCode.UNEXPLAINED_EDIT]
    early = an_attestation(when=drift.detected_at - timedelta(seconds=1))
    assert codes(evidence(drifts=(drift,), attestations=(early,))) == [HoldCode.UNEXPLAINED_EDIT]
    assert codes(evidence(drifts=(drift,), attestations=(early, an_attestation()))) == []


@pytest.mark.parametrize(
    "drift",
    [
        a_reverted(severity=Severity.CONTENT, resolved_at=END),
        a_reverted(findings=(replace(TO_WEDNESDAY, severity=Severity.CONTENT),), resolved_at=END),
        a_reverted(status=DriftStatus.ACCEPTED),
        a_reverted(status=DriftStatus.SUPERSEDED),
        a_reverted(),
    ],
)
def test_an_edit_that_says_nothing_of_the_time_any_more(drift: Drift) -> None:
    """Words, and what was accepted, put back or taken back before the session could begin, hold nothing."""
    assert codes(evidence(drifts=(drift,))) == []


def test_a_drift_that_was_settled_after_the_last_look() -> None:
    """Needs another look."""
    drift = a_reverted(severity=Severity.CONTENT, resolved_at=LATER + timedelta(minutes=1))
    assert codes(evidence(drifts=(drift,)), LATER + timedelta(hours=1)) == [HoldCode.NOT_OBSERVED]


def test_another_date_than_the_one_that_was_attested_last() -> None:
    """Holds the claim; an earlier word that was taken back does not."""
    other = an_attestation(on=date(2026, 12, 2))
    assert codes(evidence(attestations=(an_attestation(), other))) == [HoldCode.ATTESTED_OTHERWISE]
    assert codes(evidence(attestations=(other, an_attestation()))) == []


def test_a_calendar_that_was_removed_before_it_was_seen() -> None:
    """Can tell nothing any more: a person must, after the session."""
    unseen = evidence(publications=(a_forgotten(),), claim=a_claim(confirmed_at=None))
    assert codes(unseen) == [HoldCode.NOT_OBSERVED, HoldCode.CALENDAR_GONE]
    early = an_attestation(when=END - timedelta(seconds=1))
    assert HoldCode.CALENDAR_GONE in codes(replace(unseen, attestations=(early,)))
    assert HoldCode.CALENDAR_GONE not in codes(replace(unseen, attestations=(an_attestation(),)))


def test_a_calendar_that_was_removed_after_it_was_seen() -> None:
    """Has told what it could."""
    assert codes(evidence(publications=(a_forgotten(),))) == []


@pytest.mark.parametrize(
    ("publication", "holds"),
    [
        (a_forgotten(), True),
        (a_forgotten(state=PublicationState.RETIRED), True),
        (a_forgotten(first_seen_at=None, intent=Intent(IntentKind.CREATE, None, NOW)), True),
        (a_forgotten(first_seen_at=None), False),
        (a_forgotten(state=PublicationState.WITHDRAWN), False),
        (a_forgotten(state=PublicationState.LIVE), False),
        (a_forgotten(state=PublicationState.WAITING, first_seen_at=None), False),
    ],
)
def test_a_calendar_where_nobody_looks_any_more(publication: Publication, holds: bool) -> None:
    """Holds the claim where the event may stand there; a first write whose answer was lost may have arrived."""
    unseen = evidence(publications=(publication,), claim=a_claim(confirmed_at=None))
    assert (HoldCode.CALENDAR_GONE in codes(unseen)) is holds


@pytest.mark.parametrize(("since", "holds"), [(START - timedelta(days=1), False), (END, True), (None, True)])
def test_another_calendar_that_shows_the_session(since: datetime | None, holds: bool) -> None:
    """Tells enough where the session stood in it before it began."""
    other = a_forgotten(state=PublicationState.LIVE, first_seen_at=since)
    unseen = evidence(publications=(a_forgotten(), other), claim=a_claim(confirmed_at=None))
    assert (HoldCode.CALENDAR_GONE in codes(unseen)) is holds


MINUTE = timedelta(minutes=1)
WEDNESDAY_START = at("2026-12-02T14:00").astimezone(UTC)
TO_MONDAY = replace(TO_WEDNESDAY, observed="2026-11-30T09:00:00-05:00")
MONDAY_START = at("2026-11-30T09:00").astimezone(UTC)
TO_A_WHOLE_MONDAY = replace(TO_WEDNESDAY, kind=Kind.ALL_DAY, observed="2026-11-30")
GONE = replace(TO_WEDNESDAY, kind=Kind.DELETED, severity=Severity.PRESENCE, field="VEVENT", observed=None)
ENDINGS = [DriftStatus.REVERTED, DriftStatus.ACCEPTED, DriftStatus.SUPERSEDED]


@pytest.mark.parametrize("status", ENDINGS)
@pytest.mark.parametrize(
    ("finding", "until", "holds"),
    [
        (TO_WEDNESDAY, START - MINUTE, False),
        (TO_WEDNESDAY, START, True),
        (TO_WEDNESDAY, WEDNESDAY_START, True),
        (TO_MONDAY, MONDAY_START - MINUTE, False),
        (TO_MONDAY, MONDAY_START, True),
        (TO_MONDAY, START - MINUTE, True),
        (TO_A_WHOLE_MONDAY, at("2026-11-30T00:00") - MINUTE, False),
        (TO_A_WHOLE_MONDAY, at("2026-11-30T00:00"), True),
        (GONE, START - MINUTE, False),
        (GONE, START, True),
    ],
)
def test_an_edit_by_when_it_ended(status: DriftStatus, finding: Finding, until: datetime, holds: bool) -> None:
    """Needs an attestation if it stood when the planned or the edited start came, however it ended; else none."""
    drift = a_reverted(status=status, findings=(finding,), kinds=(finding.kind,), resolved_at=until)
    assert (HoldCode.UNEXPLAINED_EDIT in codes(evidence(drifts=(drift,)), LATER + timedelta(days=9))) is holds
    word = an_attestation(when=LATER + timedelta(days=2))
    assert codes(evidence(drifts=(drift,), attestations=(word,), claim=a_claim(confirmed_at=word.at))) == []


@pytest.mark.parametrize("status", [DriftStatus.DISMISSED, DriftStatus.IGNORED])
def test_an_edit_that_was_dismissed(status: DriftStatus) -> None:
    """Stands on: the session that was declined, or whose event was let go of, needs an attestation."""
    drift = a_reverted(status=status, findings=(replace(GONE, kind=Kind.DECLINED),))
    assert codes(evidence(drifts=(drift,))) == [HoldCode.UNEXPLAINED_EDIT]


@pytest.mark.parametrize(
    ("finding", "detected", "holds"),
    [
        (GONE, LATER + MINUTE, False),
        (TO_MONDAY, LATER + MINUTE, True),
        (GONE, LATER - MINUTE, True),
        (replace(TO_WEDNESDAY, observed="2026-12-30T14:00:00-05:00"), LATER + MINUTE, False),
    ],
)
def test_what_is_done_to_an_event_after_it_was_seen(finding: Finding, detected: datetime, holds: bool) -> None:
    """Tells of the session that is over only where it gives it another start, which has come."""
    proven = a_claim(proven_at=LATER, confirmed_at=LATER + timedelta(days=3))
    drift = a_reverted(findings=(finding,), detected_at=detected, resolved_at=detected + MINUTE)
    assert (codes(evidence(claim=proven, drifts=(drift,)), LATER + timedelta(days=9)) != []) is holds


def test_a_series_that_is_moved_after_a_session_was_seen() -> None:
    """Says nothing of that session; one that nobody has seen since its end needs an attestation."""
    one = an_instance(a_series(), 0)
    over = one.end.astimezone(UTC)
    drift = a_reverted(detected_at=over + MINUTE, resolved_at=over + 2 * MINUTE)
    seen = a_claim(proven_at=over, confirmed_at=over + timedelta(hours=1))
    assert codes(evidence(appointment=one, claim=seen, drifts=(drift,))) == []
    unseen = replace(seen, proven_at=None)
    assert codes(evidence(appointment=one, claim=unseen, drifts=(drift,))) == [HoldCode.UNEXPLAINED_EDIT]


@pytest.mark.parametrize(("days", "holds"), [(8, False), (6, True)])
def test_another_rule(days: int, holds: bool) -> None:
    """Does not tell where it put each session: a weekly one may have come up to a week sooner."""
    one = an_instance(a_series(), 3)
    rule = replace(GONE, kind=Kind.RECURRENCE, field="RRULE")
    put_back = one.start.astimezone(UTC) - timedelta(days=days)
    drift = a_reverted(findings=(rule,), kinds=(Kind.RECURRENCE,), resolved_at=put_back)
    over = one.end.astimezone(UTC)
    given = evidence(appointment=one, claim=a_claim(confirmed_at=over), drifts=(drift,))
    assert (codes(given, over) != []) is holds


def test_a_series_that_was_accepted_at_another_time() -> None:
    """Its sessions have that time now, and are not taken for moved once more."""
    one = an_instance(a_series(), 1)
    drift = a_reverted(status=DriftStatus.ACCEPTED, findings=(TO_MONDAY,), resolved_at=one.start - timedelta(hours=2))
    over = one.end.astimezone(UTC)
    assert codes(evidence(appointment=one, claim=a_claim(confirmed_at=over), drifts=(drift,)), over) == []


def test_holds_that_a_practice_does_without() -> None:
    """Only those that keep no date wrong can be left out."""
    rules = ClaimRules(required=frozenset())
    put_back = a_reverted(resolved_at=END)
    doubtful = evidence(claim=a_claim(confirmed_at=None), drifts=(put_back,), publications=(a_forgotten(),))
    assert codes(doubtful, rules=rules) == []
    assert codes(replace(doubtful, drifts=(a_drift(),)), rules=rules) == [HoldCode.OPEN_DRIFT]


def test_a_filed_claim() -> None:
    """Stays filed; what still holds it says that it may have to be corrected."""
    filed = evidence(claim=a_claim(status=ClaimStatus.FILED, confirmed_at=None), drifts=(a_drift(),))
    assert status(filed) is ClaimStatus.FILED
    assert codes(filed) == [HoldCode.OPEN_DRIFT]


def test_the_start_that_an_edit_gave() -> None:
    """Is the latest one that was seen on the date in question, in the appointment's zone."""
    earlier = replace(TO_WEDNESDAY, observed="2026-12-02T09:00:00-05:00")
    drifts = [a_drift(), a_drift(findings=(earlier,), detected_at=LATER - timedelta(days=9))]
    assert edited_start(drifts, APPOINTMENT, date(2026, 12, 2)) == at("2026-12-02T14:00")
    assert edited_start(drifts, APPOINTMENT, date(2026, 12, 3)) is None


def test_the_start_that_an_edit_gave_seen_in_another_zone() -> None:
    """Its date is the one in the appointment's zone."""
    late = replace(TO_WEDNESDAY, observed="2026-12-03T04:30:00+00:00")
    assert edited_start([a_drift(findings=(late,))], APPOINTMENT, date(2026, 12, 2)) == at("2026-12-02T23:30")


@pytest.mark.parametrize("observed", [None, "2026-12-02", "2026-12-02T14:00:00"])
def test_an_edit_that_gives_no_moment(observed: str | None) -> None:
    """Tells no start: it is gone, a whole day, or has no zone."""
    drift = a_drift(findings=(replace(TO_WEDNESDAY, observed=observed),))
    assert edited_start([drift], APPOINTMENT, date(2026, 12, 2)) is None


def test_the_start_that_an_edit_gave_an_instance() -> None:
    """Is its own, and not another instance's."""
    series = a_series()
    first, second = an_instance(series, 0), an_instance(series, 1)
    moved = replace(
        TO_WEDNESDAY,
        kind=Kind.INSTANCE_MOVED,
        published="2026-12-08T10:00:00-05:00",
        observed="2026-12-09T11:00:00-05:00",
        recurrence_id=second.recurrence_id,
    )
    assert edited_start([a_drift(findings=(moved,))], second, date(2026, 12, 9)) == at("2026-12-09T11:00")
    assert edited_start([a_drift(findings=(moved,))], first, date(2026, 12, 9)) is None


def test_the_start_that_an_edit_of_a_whole_series_gave() -> None:
    """Is the instance's own, shifted on the wall clock as the series was."""
    second = an_instance(a_series(), 1)
    assert edited_start([a_drift()], second, date(2026, 12, 9)) == at("2026-12-09T14:00")
    assert edited_start([a_drift()], second, date(2026, 12, 2)) is None
    unknown = replace(TO_WEDNESDAY, published=None)
    assert edited_start([a_drift(findings=(unknown,))], second, date(2026, 12, 9)) is None
