"""What became of a session: said by the practice, or found by time."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import AlreadyBilledError, AppointmentStateError, ConflictError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Store
from syncd.services.scheduling.outcomes import TIMEKEEPER, Outcome, complete_if_over, record_outcome
from tests.builders import START
from tests.claims.builders import a_drift
from tests.services.booking_practice import BookingPractice

COMPLETED, NO_SHOW = AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW
WEEK = timedelta(weeks=1)


@pytest.fixture
def office(store: Store) -> BookingPractice:
    return BookingPractice(store)


def say(
    office: BookingPractice, one: Appointment, status: AppointmentStatus, note: str = "", version: int | None = None
) -> Appointment:
    asked = Outcome(appointment_id=one.id, status=status, note=note, version=version)
    with office.store.transaction() as tx:
        return record_outcome(tx, asked, office.terms())


def complete(office: BookingPractice) -> int:
    """Let time have its say about every session; return how many it completed."""
    with office.store.reading() as tx:
        sessions = [one.id for one in tx.appointments.list(AppointmentQuery())]
    return sum(complete_if_over(office.store, one, office.terms(TIMEKEEPER)) for one in sessions)


def after(office: BookingPractice, one: Appointment) -> Appointment:
    """Let the session end."""
    office.now = one.end.astimezone(UTC)
    return one


@pytest.mark.parametrize("status", [COMPLETED, NO_SHOW])
def test_what_the_practice_says(office: BookingPractice, status: AppointmentStatus) -> None:
    """Is on record with who said it; no mail leaves, and the calendar has nothing to change."""
    one = after(office, office.book())
    office.settle()
    effects = len(office.effects)

    said = say(office, one, status, " By telephone. ")

    assert office.get(one) == said
    assert (said.status, said.version, said.sequence) == (status, one.version + 1, one.sequence)
    assert len(office.effects) == effects
    assert not any(publication.dirty for publication in office.publications(one.source))
    with office.store.reading() as tx:
        line = tx.appointments.history(one.id)[-1]
        assert tx.audit.list(one.id)[-1].action == f"appointment.{status}"
    assert (line.kind, line.actor, line.before, line.after, line.note) == (
        status,
        "usr-admin",
        {"status": "booked"},
        {"status": status},
        "By telephone.",
    )


def test_the_same_word_again(office: BookingPractice) -> None:
    """Changes nothing."""
    one = say(office, after(office, office.book()), NO_SHOW)

    assert say(office, one, NO_SHOW) == one
    assert office.get(one).version == one.version


def test_a_word_that_was_wrong(office: BookingPractice) -> None:
    """Is taken back by the other one, either way."""
    one = say(office, after(office, office.book()), COMPLETED)

    missed = say(office, one, NO_SHOW)
    assert missed.status is NO_SHOW
    assert say(office, missed, COMPLETED).status is COMPLETED


def test_a_session_that_has_not_begun(office: BookingPractice) -> None:
    """Has no outcome yet."""
    one = office.book()

    with pytest.raises(AppointmentStateError, match="has not begun"):
        say(office, one, NO_SHOW)

    assert office.get(one) == one


def test_a_cancelled_session(office: BookingPractice) -> None:
    """Never took place."""
    one = after(office, office.cancel(office.book()))

    with pytest.raises(AppointmentStateError, match="nothing took place"):
        say(office, one, COMPLETED)


def test_a_session_whose_claim_is_filed(office: BookingPractice) -> None:
    """Took place: a no-show would need a corrected claim."""
    one = after(office, office.book())
    office.bill(one)

    with pytest.raises(AlreadyBilledError):
        say(office, one, NO_SHOW)

    assert say(office, one, COMPLETED).status is COMPLETED


def test_an_appointment_that_changed_since_it_was_looked_at(office: BookingPractice) -> None:
    """Is looked at again first."""
    one = after(office, office.book())

    with pytest.raises(ConflictError):
        say(office, one, COMPLETED, version=one.version + 1)


def test_a_claim_of_a_session_to_which_nobody_came(office: BookingPractice) -> None:
    """Is clear no more."""
    one = after(office, office.book())
    with office.store.transaction() as tx:
        claim = tx.claims.get(one.id)
        tx.claims.save(replace(claim, status=ClaimStatus.CLEAR, confirmed_at=office.now))

    say(office, one, NO_SHOW)

    assert office.claim(one).status is ClaimStatus.HELD


def test_time(office: BookingPractice) -> None:
    """Completes what has ended, once, whatever else the store holds; syncd is who said it."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")
    office.cancel(instances[0])
    missed = office.book(START + timedelta(hours=2))
    after(office, missed)
    say(office, missed, NO_SHOW)
    office.now = instances[2].end.astimezone(UTC) - timedelta(seconds=1)

    assert complete(office) == 1
    assert complete(office) == 0
    assert [one.status.value for one in office.series_of(instances[0])] == [
        "cancelled",
        "completed",
        "booked",
        "booked",
    ]
    assert office.get(missed).status is NO_SHOW
    office.now += timedelta(seconds=1)
    assert complete(office) == 1
    with office.store.reading() as tx:
        assert tx.appointments.history(instances[2].id)[-1].actor == "syncd"


def test_a_session_on_which_a_drift_is_open(office: BookingPractice) -> None:
    """Waits until somebody has decided: its provider may never have held it."""
    one = office.book()
    publication = office.publications(one.source)[0]
    drift = a_drift(
        publication_id=publication.id,
        appointment_id=one.id,
        calendar_id=office.calendar.id,
        provider_id=office.provider.id,
    )
    with office.store.transaction() as tx:
        tx.drifts.add(drift)
    after(office, one)

    assert complete(office) == 0
    assert office.get(one).status is AppointmentStatus.BOOKED
    with office.store.transaction() as tx:
        tx.drifts.save(replace(drift, status=DriftStatus.DISMISSED, resolved_at=office.now))
    assert complete(office) == 1
