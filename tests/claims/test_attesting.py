"""Attesting many sessions at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import ClaimRules, HoldCode
from syncd.core.errors import InvalidValueError, NotFoundError
from syncd.core.events.findings import Kind, Severity
from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.publication import PublicationState
from syncd.ports.store.transaction import Store
from syncd.presentation.documents.claims import attested_document
from syncd.services.claims.attesting import Attested, Word, attest_drift, attest_range
from syncd.services.claims.claims import settle, view
from tests.builders import an_admin
from tests.claims.builders import TO_WEDNESDAY, a_drift
from tests.services.booking_practice import BookingPractice

RULES = ClaimRules()
AS_PLANNED = Word(by="provider", note="by phone")
AFTER_TWO = datetime(2026, 12, 9, 12, 0, tzinfo=UTC)
"""Two of the three weekly sessions are over, the third is not."""

GONE = replace(TO_WEDNESDAY, kind=Kind.DELETED, severity=Severity.PRESENCE, field="VEVENT", observed=None)


@pytest.fixture
def office(sqlite_store: Store) -> BookingPractice:
    return BookingPractice(sqlite_store)


@pytest.fixture
def series(office: BookingPractice) -> list[Appointment]:
    found = office.book_series("FREQ=WEEKLY;COUNT=3")
    office.now = AFTER_TWO
    return found


def put_drift(office: BookingPractice, sessions: list[Appointment], **changes: Any) -> Drift:
    """Record that the event of these sessions was deleted, and put back only after two of them."""
    (publication,) = office.publications(sessions[0].source)
    drift = a_drift(
        publication_id=publication.id,
        appointment_id=sessions[0].id,
        also_concerned=tuple(one.id for one in sessions[1:]),
        provider_id=office.provider.id,
        calendar_id=office.calendar.id,
        kinds=(Kind.DELETED,),
        severity=Severity.PRESENCE,
        findings=(GONE,),
        **changes,
    )
    with office.store.transaction() as tx:
        tx.drifts.add(drift)
    return drift


def reverted(office: BookingPractice, sessions: list[Appointment]) -> Drift:
    return put_drift(office, sessions, status=DriftStatus.REVERTED, resolved_at=AFTER_TWO)


def say(office: BookingPractice, drift: Drift, word: Word = AS_PLANNED) -> Attested:
    return attest_drift(office.store, drift.id, word, office.terms(), RULES)


def codes(office: BookingPractice, one: Appointment) -> set[HoldCode]:
    with office.store.transaction() as tx:
        shown = settle(tx, one.id, RULES, an_admin("test"), office.now, seen=tx.appointments.get(one.id).version)
    return set(shown.codes)


def stored(office: BookingPractice, drift: Drift) -> Drift:
    with office.store.reading() as tx:
        return tx.drifts.get(drift.id)


def test_a_deletion_of_a_series_that_was_put_back(office: BookingPractice, series: list[Appointment]) -> None:
    """One word lifts the hold of each session that is over; the one to come needs none."""
    drift = reverted(office, series)
    assert [codes(office, one) for one in series[:2]] == [{HoldCode.UNEXPLAINED_EDIT}] * 2
    attested = say(office, drift)
    assert [shown.claim.appointment_id for shown in attested.claims] == [series[0].id, series[1].id]
    assert (attested.waiting, attested.refused) == ((series[2].id,), ())
    assert [codes(office, one) for one in series[:2]] == [set(), set()]
    office.now += timedelta(weeks=1)
    assert codes(office, series[2]) == set()
    document = attested_document(attested)
    assert (document["drift"], len(document["claims"])) == (drift.id, 2)
    assert all(claim["attestations"][0]["note"] == "by phone" for claim in document["claims"])


def test_one_session(office: BookingPractice) -> None:
    """The document has that claim's own keys too; a date that is another moves the appointment."""
    one = office.book()
    office.now = AFTER_TWO
    drift = reverted(office, [one])
    attested = say(office, drift, Word(by="provider", date_of_service=date(2026, 12, 2)))
    document = attested_document(attested)
    assert (document["appointment"], document["date_of_service"]) == (one.id, "2026-12-02")
    assert office.get(one).date_of_service == date(2026, 12, 2)


def test_one_date_for_several_sessions(office: BookingPractice, series: list[Appointment]) -> None:
    """Is refused, and nothing is put on record."""
    drift = reverted(office, series)
    with pytest.raises(InvalidValueError, match="2 sessions, and cannot all"):
        say(office, drift, Word(by="provider", date_of_service=date(2026, 12, 2)))
    assert codes(office, series[0]) == {HoldCode.UNEXPLAINED_EDIT}


def test_nothing_is_over(office: BookingPractice, series: list[Appointment]) -> None:
    """Is refused."""
    drift = reverted(office, series)
    office.now = AFTER_TWO - timedelta(weeks=3)
    with pytest.raises(InvalidValueError, match="nothing to attest"):
        say(office, drift)
    with pytest.raises(NotFoundError):
        attest_drift(office.store, "drift-none", AS_PLANNED, office.terms(), RULES)


def test_a_session_of_which_it_is_refused(office: BookingPractice, series: list[Appointment]) -> None:
    """Keeps no other from it; what was cancelled is no session."""
    drift = reverted(office, series)
    office.now -= timedelta(weeks=2)
    office.cancel(series[1])
    office.now = AFTER_TWO + timedelta(weeks=2)
    attested = say(office, drift, Word(by="provider"))
    assert [shown.claim.appointment_id for shown in attested.claims] == [series[0].id, series[2].id]
    nobody = say(office, drift, Word(by=office.client.id))
    assert [one for one, _ in nobody.refused] == [series[0].id, series[2].id]
    assert attested_document(nobody)["refused"][0]["code"] == "invalid_value"


def end(office: BookingPractice, one: Appointment, state: PublicationState) -> None:
    (publication,) = office.publications(one.source)
    with office.store.transaction() as tx:
        tx.publications.save(publication.standing(office.now))
        tx.publications.end(publication.id, state)


def remove(office: BookingPractice, one: Appointment, _state: PublicationState) -> None:
    with office.store.transaction() as tx:
        tx.calendars.remove(office.calendar.id)


@pytest.mark.parametrize("state", [state for state in PublicationState if not state.is_watched])
@pytest.mark.parametrize("lose", [end, remove])
def test_an_open_drift_on_what_is_watched_no_longer(
    office: BookingPractice,
    lose: Callable[[BookingPractice, Appointment, PublicationState], None],
    state: PublicationState,
) -> None:
    """Is settled by the word, since nobody can decide it in the calendar any more."""
    one = office.book()
    drift = put_drift(office, [one])
    lose(office, one, state)
    office.now = AFTER_TWO
    with office.store.reading() as tx:
        held = next(h for h in view(tx, one.id, RULES, office.now).holds if h.code is HoldCode.OPEN_DRIFT)
    assert f"attest --drift {drift.id}" in held.lifted_by
    assert attested_document(say(office, drift))["drift_status"] == "dismissed"
    assert stored(office, drift).status is DriftStatus.DISMISSED
    assert codes(office, one) == set()


def test_an_open_drift_on_what_is_watched(office: BookingPractice) -> None:
    """Stays open: the calendar still differs."""
    one = office.book()
    drift = put_drift(office, [one])
    office.now = AFTER_TWO
    assert attested_document(say(office, drift))["drift_status"] == "open"
    assert codes(office, one) == {HoldCode.OPEN_DRIFT}


def test_a_range_of_days(office: BookingPractice, series: list[Appointment]) -> None:
    """Those of the provider's sessions that wait for a word; all others are left alone."""
    reverted(office, series)
    other = office.book(series[0].start + timedelta(hours=3 - 24 * 7 + 24 * 7 + 24 * 14))
    days = (series[0].date_of_service, series[1].date_of_service)

    def ranged(first: date, last: date) -> Attested:
        return attest_range(office.store, office.provider.email, (first, last), AS_PLANNED, office.terms(), RULES)

    one_day = ranged(days[0], days[0])
    assert [shown.claim.appointment_id for shown in one_day.claims] == [series[0].id]
    rest = ranged(days[0], other.date_of_service)
    assert [shown.claim.appointment_id for shown in rest.claims] == [series[1].id]
    assert office.claim(series[1]).status in {ClaimStatus.HELD, ClaimStatus.CLEAR}
    with pytest.raises(InvalidValueError, match="nothing to attest"):
        ranged(*days)
