"""Looking appointments up."""

from datetime import timedelta

import pytest

from syncd.core.errors import NotFoundError
from syncd.ports.store.transaction import Store
from syncd.services.scheduling.appointments import document, listing, shown
from tests.builders import NOW, START
from tests.services.booking_practice import BookingPractice


@pytest.fixture
def office(sqlite_store: Store) -> BookingPractice:
    return BookingPractice(sqlite_store)


def test_an_appointment_as_plain_data(office: BookingPractice) -> None:
    """Has the interface contract's keys, its times with the offset of its own zone."""
    booked = office.book()

    assert document(booked) == {
        "id": booked.id,
        "uid": booked.uid,
        "provider": office.provider.id,
        "client": office.client.id,
        "start": "2026-12-01T10:00:00-05:00",
        "end": "2026-12-01T10:50:00-05:00",
        "minutes": 50,
        "timezone": "America/New_York",
        "date_of_service": "2026-12-01",
        "status": "booked",
        "location": "Room 1",
        "sequence": 0,
        "series": None,
        "recurrence_id": None,
        "version": 1,
    }


def test_an_instance_as_plain_data(office: BookingPractice) -> None:
    """Has its series, the start that the rule gave it, and the SEQUENCE of its UID."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=3")
    office.reschedule(instances[0], start=START + timedelta(days=1))

    first, second, _ = (document(one) for one in listing(office.store))

    assert (first["start"], first["recurrence_id"]) == ("2026-12-02T10:00:00-05:00", "2026-12-01T10:00:00-05:00")
    assert first["series"] == second["series"] == instances[0].series_id
    assert (first["sequence"], second["sequence"]) == (1, 1)


def test_a_list(office: BookingPractice) -> None:
    """Is by start, cancelled ones too, of the people, the time and the words that were asked for."""
    later = office.book(START + timedelta(days=1))
    first = office.cancel(office.book())
    other = BookingPractice(office.store)
    others = other.book(location="Garden house")

    assert listing(office.store, provider=office.provider.email) == [first, later]
    assert listing(office.store, client=other.client.id) == [others]
    assert listing(office.store, provider=office.provider.id, starts_from=START + timedelta(hours=1)) == [later]
    assert listing(office.store, provider=office.provider.id, starts_before=START + timedelta(hours=1)) == [first]
    assert listing(office.store, text="garden") == [others]


def test_a_list_of_people_unknown(office: BookingPractice) -> None:
    """Is refused rather than empty."""
    with pytest.raises(NotFoundError):
        listing(office.store, provider="nobody@example.com")


def test_an_appointment_with_its_history(office: BookingPractice) -> None:
    """Shows what became of it, in order."""
    booked = office.book()
    office.reschedule(booked, minutes=80)
    office.cancel(booked, "other", note="moved away", message="All the best.")

    found = shown(office.store, booked.id)

    assert [line["kind"] for line in found["history"]] == ["booked", "rescheduled", "cancelled"]
    assert found["history"][1]["before"] == {"minutes": 50}
    assert found["history"][1]["after"] == {"minutes": 80}
    assert found["history"][2]["note"] == "moved away"
    assert found["cancellation"] == {
        "reason": "other",
        "note": "moved away",
        "message": "All the best.",
        "by": "admin",
        "at": NOW.isoformat(),
        "fee": None,
    }
    assert found["sequence"] == 2
