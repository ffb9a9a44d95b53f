"""Attesting, filing and showing claims."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import ClaimHeldError, ClaimRules, HoldCode
from syncd.core.errors import (
    AlreadyBilledError,
    AlreadyExistsError,
    AppointmentStateError,
    InvalidValueError,
    NotFoundError,
    OverlapError,
)
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import CalendarState
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.transaction import Store
from syncd.presentation.documents.claims import full_claim_document
from syncd.services.claims.claims import Attest, ClaimView, attest, file, settle, view, views
from tests.builders import START, a_client, a_provider, an_admin, at
from tests.claims.builders import TO_WEDNESDAY, a_drift, a_reverted
from tests.services.booking_practice import BookingPractice

RULES = ClaimRules()
TUESDAY, WEDNESDAY = date(2026, 12, 1), date(2026, 12, 2)
FRIDAY = datetime(2026, 12, 4, 12, 0, tzinfo=UTC)
"""The builders' session is over, and so is the day to which the builders' drift dragged it."""


@pytest.fixture
def office(sqlite_store: Store) -> BookingPractice:
    return BookingPractice(sqlite_store)


@pytest.fixture
def past(office: BookingPractice) -> Appointment:
    """Tuesday's session, on the Friday after it."""
    one = office.book()
    office.now = FRIDAY
    return one


def shown(office: BookingPractice, one: Appointment) -> ClaimView:
    with office.store.reading() as tx:
        return view(tx, one.id, RULES, office.now)


def see(office: BookingPractice, one: Appointment) -> ClaimView:
    """Settle the claim as after a look at its calendars."""
    with office.store.transaction() as tx:
        return settle(tx, one.id, RULES, an_admin("test"), office.now, seen=tx.appointments.get(one.id).version)


def say(
    office: BookingPractice, one: Appointment, on: date = TUESDAY, by: str = "provider", note: str = ""
) -> ClaimView:
    with office.store.transaction() as tx:
        return attest(tx, Attest(ref=one.id, date_of_service=on, by=by, note=note), office.terms(), RULES)


def bill(office: BookingPractice, one: Appointment, number: str = "A-1") -> ClaimView:
    with office.store.transaction() as tx:
        return file(tx, one.id, number, RULES, an_admin("test"), office.now)


def put_drift(office: BookingPractice, one: Appointment, reverted: bool = True, **changes: Any) -> None:
    made = a_reverted if reverted else a_drift
    if reverted:
        changes = {"resolved_at": one.end.astimezone(UTC), **changes}
    drift = made(appointment_id=one.id, provider_id=office.provider.id, calendar_id=office.calendar.id, **changes)
    with office.store.transaction() as tx:
        tx.drifts.add(drift)


def test_a_session_before_and_after_a_look(office: BookingPractice, past: Appointment) -> None:
    """Its claim is held until its calendar was seen, and the change of status is on record."""
    assert shown(office, past).status is ClaimStatus.HELD
    assert shown(office, past).codes == {HoldCode.NOT_OBSERVED}
    assert see(office, past).status is ClaimStatus.CLEAR
    assert office.claim(past).status is ClaimStatus.CLEAR
    assert office.claim(past).confirmed_at == FRIDAY
    with office.store.reading() as tx:
        (link,) = tx.audit.latest(AuditQuery(subject=office.claim(past).id), 9)
    assert (link.record.action, link.record.details["status"]) == ("claim.settled", "clear")


def test_a_look_at_an_appointment_that_has_changed_since(office: BookingPractice, past: Appointment) -> None:
    """Confirms nothing: what was seen was compared with another version."""
    with office.store.transaction() as tx:
        stale = settle(tx, past.id, RULES, an_admin("test"), office.now, seen=past.version + 1)
    assert stale.codes == {HoldCode.NOT_OBSERVED}


def test_a_calendar_that_stands_still(office: BookingPractice, past: Appointment) -> None:
    """Its state is in the hold's words."""
    with office.store.transaction() as tx:
        tx.calendars.save(replace(tx.calendars.get(office.calendar.id), state=CalendarState.LOGIN_REFUSED))
    assert "login_refused" in shown(office, past).holds[0].message


def test_a_calendar_that_was_removed(office: BookingPractice, past: Appointment) -> None:
    """What had been published there and was not seen since needs a person's word."""
    with office.store.transaction() as tx:
        (publication,) = tx.publications.of_source(past.source)
        tx.publications.save(publication.standing(START))
        tx.calendars.remove(office.calendar.id)
    assert see(office, past).codes == {HoldCode.CALENDAR_GONE, HoldCode.NOT_OBSERVED}
    say(office, past)
    assert see(office, past).status is ClaimStatus.CLEAR


def test_a_provider_without_a_calendar(office: BookingPractice, past: Appointment) -> None:
    """Has nothing that could have been edited."""
    with office.store.transaction() as tx:
        tx.calendars.remove(office.calendar.id)
    assert see(office, past).status is ClaimStatus.CLEAR


def test_a_session_that_its_series_lost(office: BookingPractice) -> None:
    """Holds the claim."""
    first, second = office.book_series("FREQ=WEEKLY;COUNT=2")
    with office.store.transaction() as tx:
        tx.series.save(replace(tx.series.get(str(first.series_id)), rule="FREQ=WEEKLY;UNTIL=20261202T000000Z"))
    office.now = FRIDAY + timedelta(weeks=1)
    assert see(office, first).status is ClaimStatus.CLEAR
    assert see(office, second).codes == {HoldCode.INSTANCE_GONE}


def test_an_open_edit_of_a_series_to_which_sessions_were_added_since(office: BookingPractice) -> None:
    """Concerns those too, and those that the edit names no more than another."""
    first, second = office.book_series("FREQ=WEEKLY;COUNT=2")
    (publication,) = office.publications(first.source)
    put_drift(office, first, reverted=False, publication_id=publication.id)
    office.now = FRIDAY + timedelta(weeks=1)
    assert shown(office, second).codes == {HoldCode.OPEN_DRIFT, HoldCode.NOT_OBSERVED}


def test_an_open_edit_of_another_session_of_the_series(office: BookingPractice) -> None:
    """Holds that one's claim alone."""
    first, second = office.book_series("FREQ=WEEKLY;COUNT=2")
    (publication,) = office.publications(first.source)
    finding = replace(TO_WEDNESDAY, recurrence_id=first.recurrence_id)
    put_drift(office, first, reverted=False, publication_id=publication.id, findings=(finding,))
    office.now = FRIDAY + timedelta(weeks=1)
    assert see(office, second).status is ClaimStatus.CLEAR
    assert see(office, first).codes == {HoldCode.OPEN_DRIFT}


def test_an_attestation_of_the_appointment_s_own_date(office: BookingPractice, past: Appointment) -> None:
    """Explains the edit; nothing moves."""
    put_drift(office, past)
    assert see(office, past).codes == {HoldCode.UNEXPLAINED_EDIT}
    after = say(office, past, note="by phone")
    assert (after.status, office.get(past)) == (ClaimStatus.CLEAR, past)
    (word,) = full_claim_document(after)["attestations"]
    assert (word["date_of_service"], word["party"], word["note"]) == ("2026-12-01", "provider", "by phone")


def test_an_attestation_of_another_date(office: BookingPractice, past: Appointment) -> None:
    """Reschedules the record to the time that the edit gave on that date; the claim follows and needs another look."""
    put_drift(office, past)
    after = say(office, past, WEDNESDAY)
    moved = office.get(past)
    assert moved.start == at("2026-12-02T14:00")
    assert moved.sequence > past.sequence
    assert (after.claim.date_of_service, after.status) == (WEDNESDAY, ClaimStatus.HELD)
    assert after.codes == {HoldCode.NOT_OBSERVED}
    assert office.effects[-1].kind == "rescheduled"
    assert office.effects[-1].steps[0].after == moved
    with office.store.reading() as tx:
        assert tx.appointments.history(past.id)[-1].after["start"] == "2026-12-02T14:00:00-05:00"
    assert see(office, past).status is ClaimStatus.CLEAR


def test_an_attestation_of_a_date_that_no_edit_gave(office: BookingPractice, past: Appointment) -> None:
    """Keeps the time of day."""
    say(office, past, date(2026, 11, 30))
    assert office.get(past).start == at("2026-11-30T10:00")


def test_an_attestation_for_one_session_of_a_series(office: BookingPractice) -> None:
    """Moves that one alone."""
    first, second = office.book_series("FREQ=WEEKLY;COUNT=2")
    office.now = FRIDAY + timedelta(weeks=1)
    say(office, first, WEDNESDAY)
    assert [one.date_of_service for one in office.series_of(first)] == [WEDNESDAY, second.date_of_service]


def test_an_attestation_on_the_day_when_clocks_go_back(office: BookingPractice) -> None:
    """Reads a time that occurs twice as the first."""
    one = office.book(at("2026-11-30T01:30"))
    office.now = FRIDAY
    say(office, one, date(2026, 11, 1))
    assert office.get(one).start.isoformat() == "2026-11-01T01:30:00-04:00"


def test_an_attestation_before_the_session_is_over(office: BookingPractice, past: Appointment) -> None:
    """Is refused, and so is one for a day to come."""
    with pytest.raises(AppointmentStateError, match="Attest it after that"):
        say(office, past, date(2026, 12, 5))
    office.now = START
    with pytest.raises(AppointmentStateError, match="Attest it after that"):
        say(office, past)
    assert office.get(past) == past
    assert shown(office, past).evidence.attestations == ()


@pytest.mark.parametrize("status", [AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW])
def test_an_attestation_of_what_did_not_take_place(
    office: BookingPractice, past: Appointment, status: AppointmentStatus
) -> None:
    """Is refused."""
    with office.store.transaction() as tx:
        tx.appointments.save(replace(past, status=status))
    with pytest.raises(AppointmentStateError, match="no session took place"):
        say(office, past)


def test_an_attestation_that_meets_another_session(office: BookingPractice) -> None:
    """Is refused: the provider cannot have held both."""
    one, other = office.book(), office.book(at("2026-12-02T14:00"))
    office.now = FRIDAY
    put_drift(office, one)
    with pytest.raises(OverlapError, match=other.id):
        say(office, one, WEDNESDAY)


def test_who_may_attest(office: BookingPractice, past: Appointment) -> None:
    """The provider of the session, or anybody who is none of its parties, as an admin."""
    for by in ("provider", office.provider.id, office.provider.email.upper()):
        assert say(office, past, by=by).evidence.attestations[-1].party is Party.PROVIDER
    for by in ("admin", "office@example.com"):
        assert say(office, past, by=by).evidence.attestations[-1].party is Party.ADMIN


def test_who_may_not_attest(office: BookingPractice, past: Appointment) -> None:
    """A client, and the provider of other sessions."""
    stranger, client = a_provider(), a_client()
    with office.store.transaction() as tx:
        tx.providers.add(stranger)
        tx.clients.add(client)
    for by in (stranger.email, client.id):
        with pytest.raises(InvalidValueError, match="Only the provider"):
            say(office, past, by=by)


def test_filing(office: BookingPractice, past: Appointment) -> None:
    """Puts the number on a clear claim; saying so again changes nothing."""
    see(office, past)
    filed = bill(office, past, " A-1 ")
    assert (filed.status, filed.claim.number, filed.claim.filed_at) == (ClaimStatus.FILED, "A-1", FRIDAY)
    assert bill(office, past, "A-1").claim == filed.claim == office.claim(past)
    with pytest.raises(AlreadyBilledError, match="corrected claim"):
        bill(office, past, "A-2")


def test_filing_what_is_held(office: BookingPractice, past: Appointment) -> None:
    """Is refused with the holds and what lifts them."""
    put_drift(office, past)
    with pytest.raises(ClaimHeldError, match="syncd claim attest") as refused:
        bill(office, past)
    assert {hold["code"] for hold in refused.value.details["holds"]} == {"unexplained_edit", "not_observed"}
    assert office.claim(past).number is None


def test_filing_under_no_number_or_one_that_is_taken(office: BookingPractice, past: Appointment) -> None:
    """Is refused."""
    other = office.book(at("2026-12-20T10:00"))
    office.now = FRIDAY + timedelta(weeks=4)
    for one in (past, other):
        see(office, one)
    with pytest.raises(InvalidValueError):
        bill(office, past, " ")
    bill(office, past, "A-1")
    with pytest.raises(AlreadyExistsError):
        bill(office, other, "A-1")


def test_an_appointment_whose_claim_is_filed(office: BookingPractice, past: Appointment) -> None:
    """Is frozen: nothing changes it any more, an attestation of another date least of all."""
    see(office, past)
    bill(office, past)
    with pytest.raises(AlreadyBilledError, match="corrected claim is needed"):
        office.reschedule(past, start=at("2026-12-20T10:00"))
    with pytest.raises(AlreadyBilledError, match="corrected claim is needed"):
        office.cancel(past)
    with pytest.raises(AlreadyBilledError, match="corrected claim is needed"):
        say(office, past, WEDNESDAY)
    assert office.get(past) == past
    assert say(office, past).status is ClaimStatus.FILED


def test_lists_of_claims(office: BookingPractice, past: Appointment) -> None:
    """By date of service, all or those with a status as it is now."""
    later = office.book(at("2026-12-20T10:00"))

    def listed(status: ClaimStatus | None = None) -> list[str]:
        with office.store.reading() as tx:
            return [one.claim.appointment_id for one in views(tx, RULES, office.now, status)]

    assert listed() == [past.id, later.id]
    assert listed(ClaimStatus.HELD) == [past.id]
    assert listed(ClaimStatus.PENDING) == [later.id]
    office.cancel(later)
    assert listed(ClaimStatus.VOID) == [later.id]


def test_a_claim_that_is_not_there(office: BookingPractice) -> None:
    """The refusal names the command that lists what there is."""
    with office.store.reading() as tx, pytest.raises(NotFoundError, match="syncd claim list"):
        view(tx, "clm-none", RULES, office.now)
