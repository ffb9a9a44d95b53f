"""Looking appointments up."""

from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.errors import InvalidValueError, NotFoundError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.reasons import DEFAULT_REASONS
from syncd.ports.store.transaction import Store
from syncd.presentation.documents.appointments import appointment_document, booked_document, story_document
from syncd.services.scheduling.appointments import extent_of, listing, story
from syncd.services.scheduling.outcomes import Outcome, record_outcome
from tests.builders import NOW, START
from tests.services.booking_practice import CLIENT, BookingPractice


def sentences(office: BookingPractice, one: Appointment) -> list[str]:
    """Return what happened to an appointment, in words."""
    document = story_document(story(office.store, one.id), DEFAULT_REASONS)
    return [line["sentence"] for line in document["history"]]


@pytest.fixture
def office(sqlite_store: Store) -> BookingPractice:
    return BookingPractice(sqlite_store)


def test_an_appointment_as_plain_data(office: BookingPractice) -> None:
    """Has the interface contract's keys, its times with the offset of its own zone."""
    booked = office.book()

    assert appointment_document(booked) == {
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

    first, second, _ = (appointment_document(one) for one in listing(office.store))

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


@pytest.mark.parametrize("bound", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-05:00"])
def test_a_list_from_beyond_all_calendars(office: BookingPractice, bound: str) -> None:
    """Is refused in words."""
    for name in ("starts_from", "starts_before"):
        with pytest.raises(InvalidValueError, match="Check its year"):
            listing(office.store, **{name: datetime.fromisoformat(bound)})  # type: ignore[arg-type]  # by its name


def test_an_appointment_with_its_history(office: BookingPractice) -> None:
    """Shows what became of it, in order."""
    booked = office.book()
    office.reschedule(booked, minutes=80)
    office.cancel(booked, "other", note="moved away", message="All the best.")

    found = story_document(story(office.store, booked.id), DEFAULT_REASONS)

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


def test_a_history_in_sentences(office: BookingPractice) -> None:
    """Says who did what, when, from what to what, in the appointment's own zone."""
    booked = office.book()
    office.reschedule(booked, start=START + timedelta(days=1), minutes=80, location="", by=CLIENT)
    office.cancel(booked, "other", note="moved away")

    assert [
        line["sentence"] for line in story_document(story(office.store, booked.id), DEFAULT_REASONS)["history"]
    ] == [
        "Mon 23 Nov 2026, 07:00: The practice (usr-admin) booked it for Tue 1 Dec 2026, 10:00, 50 minutes, Room 1.",
        (
            "Mon 23 Nov 2026, 07:00: The client (usr-client) moved it from Tue 1 Dec 2026, 10:00 to "
            "Wed 2 Dec 2026, 10:00; made it 80 minutes long instead of 50; changed its place from Room 1 to none."
        ),
        "Mon 23 Nov 2026, 07:00: The practice (usr-admin) cancelled it: Other. Note: moved away",
    ]


def test_the_history_of_an_instance_in_sentences(office: BookingPractice) -> None:
    """Tells of what syncd did, and of what happened to its series alone."""
    office.rules = BookingRules(horizon=timedelta(weeks=1))
    first = office.book_series("FREQ=WEEKLY")[0]
    office.extend(START + timedelta(weeks=4))
    last = office.series_of(first)[3]
    own = office.reschedule(last, start=last.start + timedelta(hours=2), location="Room 9")
    office.reschedule(
        office.series_of(first)[1], start=START + timedelta(days=8), location="Room 2", scope=Scope.FUTURE
    )
    office.now = own.end.astimezone(UTC)
    with office.store.transaction() as tx:
        missed = Outcome(appointment_id=own.id, status=AppointmentStatus.NO_SHOW)
        record_outcome(tx, missed, office.terms())

    told = [
        line["sentence"].split(": ", 1)[1]
        for line in story_document(story(office.store, last.id), DEFAULT_REASONS)["history"]
    ]

    assert told == [
        "syncd added it as the series went on, for Tue 22 Dec 2026, 10:00, 50 minutes, Room 1.",
        (
            "The practice (usr-admin) moved it from Tue 22 Dec 2026, 10:00 to Tue 22 Dec 2026, 12:00; "
            "changed its place from Room 1 to Room 9."
        ),
        "The practice (usr-admin) changed its series, and it kept its time and place.",
        "The practice (usr-admin) noted that the client did not come.",
    ]


@pytest.mark.parametrize(
    ("repeat", "sessions", "last", "booked"),
    [
        ("FREQ=WEEKLY;COUNT=10", 10, "2027-02-02T10:00:00-05:00", 4),
        ("FREQ=WEEKLY;UNTIL=20261215", 3, "2026-12-15T10:00:00-05:00", 3),
        ("FREQ=WEEKLY", None, None, 4),
    ],
)
def test_a_series_that_was_just_booked(
    office: BookingPractice, repeat: str, sessions: int | None, last: str | None, booked: int
) -> None:
    """Says how many sessions it has and until when, whatever of it stands in the store yet."""
    office.rules = BookingRules(horizon=timedelta(weeks=4))

    first = office.book(repeat=repeat)
    repeats = booked_document(first, extent_of(office.store, first))["repeats"]

    assert (repeats["sessions"], repeats["last"], repeats["booked"]) == (sessions, last, booked)
    assert repeats["booked_until"] == (START + timedelta(weeks=booked - 1)).isoformat()
