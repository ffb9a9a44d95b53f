"""A client with two providers: nobody is in two places at once without a word."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncd.core.errors import ClientOverlapError, OverlapError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.people import Party
from syncd.ports.store.transaction import Store
from tests.builders import START, a_provider, an_appointment
from tests.services.booking_practice import BookingPractice

WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)


class TwoProviders(BookingPractice):
    """An office in which the client also sees another provider."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.other = a_provider(name="Olive Other")
        with self.store.transaction() as tx:
            tx.providers.add(self.other)

    def book_other(self, start: datetime = START, **more: Any) -> Appointment:
        return self.book(start, provider=self.other.id, **more)

    def of_other(self) -> list[Appointment]:
        mine, self.provider = self.provider, self.other
        found = self.all()
        self.provider = mine
        return found


@pytest.fixture
def office(store: Store) -> TwoProviders:
    return TwoProviders(store)


def test_a_client_booked_with_two_providers_at_once(office: TwoProviders) -> None:
    """Is refused in words that name the other appointment and the way to say that it is meant."""
    first = office.book()

    with pytest.raises(ClientOverlapError, match=f"{first.id} with another provider.*--allow-overlap") as refusal:
        office.book_other(START + timedelta(minutes=30))

    assert refusal.value.code == "client_overlap"
    assert office.of_other() == []
    meant = office.book_other(START + timedelta(minutes=30), allow_overlap=True)
    assert office.of_other() == [meant]


def test_one_session_after_the_other(office: TwoProviders) -> None:
    """Is no overlap: one may begin as the other ends."""
    office.book(minutes=50)

    office.book_other(START + timedelta(minutes=50))
    office.book_other(START - timedelta(minutes=50))

    assert len(office.of_other()) == 2


def test_a_cancelled_session_of_the_client(office: TwoProviders) -> None:
    """Takes none of their time."""
    office.cancel(office.book())

    assert office.book_other().start == START


def test_what_is_meant_for_the_client(office: TwoProviders) -> None:
    """Is nothing that the provider agreed to: two sessions of one provider never overlap."""
    office.book()

    with pytest.raises(OverlapError) as refusal:
        office.book(START + timedelta(minutes=30), allow_overlap=True)

    assert refusal.value.code == "overlap"


def test_a_series_of_which_one_session_would_overlap(office: TwoProviders) -> None:
    """Is refused as a whole, unless it is meant."""
    office.book(START + 3 * WEEK)

    with pytest.raises(ClientOverlapError):
        office.book_other(repeat="FREQ=WEEKLY;COUNT=5")

    assert office.of_other() == []
    office.book_other(repeat="FREQ=WEEKLY;COUNT=5", allow_overlap=True)
    assert len(office.of_other()) == 5


def test_a_session_beyond_what_the_clients_other_series_has_in_the_store(office: TwoProviders) -> None:
    """Meets what that series will put there."""
    office.rules = BookingRules(horizon=2 * WEEK)
    office.book_series("FREQ=WEEKLY")

    with pytest.raises(ClientOverlapError):
        office.book_other(START + 30 * WEEK)


def test_a_session_moved_onto_one_with_another_provider(office: TwoProviders) -> None:
    """Is refused, unless it is meant; it may then change its place without being asked about again."""
    office.book()
    second = office.book_other(START + DAY)

    with pytest.raises(ClientOverlapError):
        office.reschedule(second, start=START)

    moved = office.reschedule(second, start=START, allow_overlap=True)
    assert moved.start == START
    assert office.reschedule(moved, location="Room 2").location == "Room 2"
    assert office.reschedule(moved, minutes=40).minutes == 40


def test_a_series_moved_onto_one_with_another_provider(office: TwoProviders) -> None:
    """Is refused as a whole, unless it is meant: then it is meant for the sessions to come as well."""
    office.rules = BookingRules(horizon=4 * WEEK)
    office.book_series("FREQ=WEEKLY")
    second = office.book_other(START + DAY, repeat="FREQ=WEEKLY")
    before = office.of_other()

    with pytest.raises(ClientOverlapError):
        office.reschedule(second, start=START, scope=Scope.ALL)

    assert office.of_other() == before
    office.reschedule(second, start=START, scope=Scope.ALL, allow_overlap=True)
    office.extend(START.astimezone(UTC) + 10 * WEEK)
    assert {one.status for one in office.of_other()} == {AppointmentStatus.BOOKED}


def test_an_extension_that_meets_the_clients_session_with_another_provider(office: TwoProviders) -> None:
    """Cancels that one session at once, on record with its reason; the series goes on."""
    office.rules = BookingRules(horizon=2 * WEEK)
    office.book_other(repeat="FREQ=WEEKLY")
    with office.store.transaction() as tx:  # what a check cannot see: another version of syncd booked it
        tx.appointments.add(
            [an_appointment(start=START + 5 * WEEK, provider_id=office.provider.id, client_id=office.client.id)]
        )

    office.extend(START.astimezone(UTC) + 8 * WEEK)

    cancelled = [one for one in office.of_other() if one.status is AppointmentStatus.CANCELLED]
    assert [one.start for one in cancelled] == [START + 5 * WEEK]
    assert cancelled[0].cancellation is not None
    assert (cancelled[0].cancellation.reason, cancelled[0].cancellation.by) == ("client_busy", Party.SYSTEM)
    assert office.effects[-1].kind == "cancelled"
    assert len(office.of_other()) == 8


def test_an_extension_of_a_series_that_was_meant_to_overlap(office: TwoProviders) -> None:
    """Keeps every session."""
    office.rules = BookingRules(horizon=2 * WEEK)
    office.book_series("FREQ=WEEKLY")
    office.book_other(repeat="FREQ=WEEKLY", allow_overlap=True)

    office.extend(START.astimezone(UTC) + 8 * WEEK)

    assert {one.status for one in office.of_other()} == {AppointmentStatus.BOOKED}
    assert len(office.of_other()) == 8
