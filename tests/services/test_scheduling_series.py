"""Changing one instance of a series, the future ones, or all."""

from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import AppointmentStateError, LateNoticeError, OverlapError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.scheduling.booking import BookingRules
from syncd.ports.store.transaction import Store
from tests.builders import START
from tests.services.booking_practice import CLIENT, BookingPractice

WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)


@pytest.fixture
def office(store: Store) -> BookingPractice:
    return BookingPractice(store)


def starts(instances: list[Appointment]) -> list[datetime]:
    return [one.start for one in instances]


def booked(instances: list[Appointment]) -> list[Appointment]:
    return [one for one in instances if one.status is AppointmentStatus.BOOKED]


def in_the_middle_of(office: BookingPractice, instances: list[Appointment], count: int) -> None:
    """Let so many of the sessions pass."""
    office.now = instances[count - 1].end.astimezone(UTC)


# --- this -------------------------------------------------------------------------------------------------------------


def test_one_session_moved(office: BookingPractice) -> None:
    """Is an override in the same resource; the others stay, and SEQUENCE of the whole rises."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")

    moved = office.reschedule(instances[1], start=START + WEEK + DAY)

    assert starts(office.series_of(moved)) == [START, START + WEEK + DAY, START + 2 * WEEK, START + 3 * WEEK]
    desired = office.desired(moved.source)
    assert desired is not None
    assert [(one.recurrence_id, one.start) for one in desired.overrides] == [(START + WEEK, START + WEEK + DAY)]
    assert (desired.sequence, moved.sequence) == (1, 1)
    assert office.claim(moved).date_of_service == (START + WEEK + DAY).date()


def test_one_session_moved_and_moved_back(office: BookingPractice) -> None:
    """Leaves no override behind."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")

    office.reschedule(office.reschedule(instances[1], start=START + WEEK + DAY), start=START + WEEK)

    desired = office.desired(instances[0].source)
    assert desired is not None
    assert (desired.overrides, desired.sequence) == ((), 2)


def test_one_session_cancelled(office: BookingPractice) -> None:
    """Is an EXDATE; the others stay."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")

    gone = office.cancel(instances[1])

    desired = office.desired(gone.source)
    assert desired is not None
    assert desired.exdates == (START + WEEK,)
    assert len(booked(office.series_of(gone))) == 3
    assert [office.claim(one).status for one in instances].count(ClaimStatus.VOID) == 1


def test_one_session_moved_onto_another_of_its_series(office: BookingPractice) -> None:
    """Is refused."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")

    with pytest.raises(OverlapError):
        office.reschedule(instances[1], start=START + 2 * WEEK + timedelta(minutes=20))


# --- this and all future ones -----------------------------------------------------------------------------------------


def test_the_future_ones_moved(office: BookingPractice) -> None:
    """Splits the series: the old one ends before, the new one has its own UID and names the old one."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")
    claims = [office.claim(one).id for one in instances]

    moved = office.reschedule(instances[2], start=START + 2 * WEEK + DAY, scope=Scope.FUTURE)

    old, new = office.series(instances[0].series_id), office.series(moved.series_id)
    assert (old.rule, old.sequence) == ("FREQ=WEEKLY;UNTIL=20261208T150000Z", 1)
    assert (new.rule, new.start, new.sequence) == ("FREQ=WEEKLY;COUNT=2", START + 2 * WEEK + DAY, 0)
    assert new.uid != old.uid
    assert new.split_from == old.uid
    assert starts(office.series_of(instances[0])) == [START, START + WEEK]
    assert starts(office.series_of(moved)) == [START + 2 * WEEK + DAY, START + 3 * WEEK + DAY]
    assert [one.id for one in office.all()] == [one.id for one in instances]
    assert [office.claim(one).id for one in instances] == claims
    assert len(office.publications(new.source)) == 1
    assert all(publication.dirty for publication in office.publications(old.source))


def test_the_future_ones_from_the_first(office: BookingPractice) -> None:
    """Move the series in place: there is nothing to split off."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")

    moved = office.reschedule(instances[0], start=START + DAY, scope=Scope.FUTURE)

    assert (moved.series_id, moved.uid) == (instances[0].series_id, instances[0].uid)
    assert starts(office.series_of(moved)) == [START + week * WEEK + DAY for week in range(4)]
    series = office.series(moved.series_id)
    assert (series.start, series.split_from, series.sequence) == (START + DAY, None, 1)
    desired = office.desired(moved.source)
    assert desired is not None
    assert (desired.overrides, desired.exdates) == ((), ())


def test_what_was_agreed_for_one_session(office: BookingPractice) -> None:
    """Stays as agreed when the future ones move: a time, a place, a length or a cancellation of its own."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=8")
    earlier = office.reschedule(instances[1], start=START + WEEK + 2 * DAY)
    other_day = office.reschedule(instances[4], start=START + 4 * WEEK + 2 * DAY)
    other_room = office.reschedule(instances[5], location="Room 9")
    longer = office.reschedule(instances[6], minutes=80)
    gone = office.cancel(instances[7])

    office.reschedule(instances[3], start=START + 3 * WEEK + DAY, location="Room 2", scope=Scope.FUTURE)

    after = {one.id: one for one in office.all()}
    assert after[earlier.id].start == START + WEEK + 2 * DAY
    assert (after[other_day.id].start, after[other_day.id].location) == (START + 4 * WEEK + 2 * DAY, "Room 2")
    assert (after[other_room.id].start, after[other_room.id].location) == (START + 5 * WEEK + DAY, "Room 9")
    assert (after[longer.id].start, after[longer.id].minutes) == (START + 6 * WEEK + DAY, 80)
    assert after[gone.id].status is AppointmentStatus.CANCELLED
    with office.store.reading() as tx:
        assert [line.kind for line in tx.appointments.history(gone.id)] == ["booked", "cancelled", "carried_over"]
    new = office.desired(after[gone.id].source)
    assert new is not None
    assert new.exdates == (START + 7 * WEEK + DAY,)
    assert len(new.overrides) == 3


def test_the_future_ones_moved_onto_something_else(office: BookingPractice) -> None:
    """Is refused as a whole, and changes nothing."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")
    office.book(START + 3 * WEEK + DAY)
    before = office.all()

    with pytest.raises(OverlapError):
        office.reschedule(instances[1], start=START + WEEK + DAY, scope=Scope.FUTURE)

    assert office.all() == before


def test_the_future_ones_moved_onto_one_that_was_moved_ahead(office: BookingPractice) -> None:
    """Is refused too: a session with a time of its own keeps it."""
    instances = office.book_series("FREQ=DAILY;COUNT=6")
    office.reschedule(instances[4], start=START + 3 * DAY + timedelta(hours=5))

    with pytest.raises(OverlapError):
        office.reschedule(instances[2], start=START + 2 * DAY + timedelta(hours=5), scope=Scope.FUTURE)


def test_another_place_for_the_future_ones(office: BookingPractice) -> None:
    """Splits the series at the same times."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")

    moved = office.reschedule(instances[2], location="Room 2", scope=Scope.FUTURE)

    assert starts(office.all()) == starts(instances)
    assert [one.location for one in office.all()] == ["Room 1", "Room 1", "Room 2", "Room 2"]
    assert moved.series_id != instances[0].series_id


def test_the_future_ones_as_they_are(office: BookingPractice) -> None:
    """Changes nothing."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")

    office.reschedule(instances[2], start=instances[2].start, location="Room 1", scope=Scope.FUTURE)

    assert office.all() == instances


def test_the_future_ones_as_the_one_asked_about_is_already(office: BookingPractice) -> None:
    """Follow it, though it does not change itself."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=3")
    office.reschedule(instances[0], location="Room 2")

    office.reschedule(instances[0], location="Room 2", scope=Scope.FUTURE)

    assert [one.location for one in office.all()] == ["Room 2"] * 3
    desired = office.desired(instances[0].source)
    assert desired is not None
    assert desired.overrides == ()


def test_an_endless_series_whose_stored_sessions_are_all_as_asked(office: BookingPractice) -> None:
    """Changes for those that are still to be stored."""
    office.rules = BookingRules(horizon=2 * WEEK)
    for one in office.book_series("FREQ=WEEKLY"):
        office.reschedule(one, location="Room 2")

    office.reschedule(office.all()[0], location="Room 2", scope=Scope.ALL)
    office.extend(START + 4 * WEEK)

    assert [one.location for one in office.all()] == ["Room 2"] * 4


def test_an_endless_series_split(office: BookingPractice) -> None:
    """The second half has no end either, and is extended further."""
    office.rules = BookingRules(horizon=4 * WEEK)
    instances = office.book_series("FREQ=WEEKLY")

    moved = office.reschedule(instances[2], start=START + 2 * WEEK + DAY, scope=Scope.FUTURE)
    office.extend(START + 8 * WEEK)

    assert office.series(moved.series_id).rule == "FREQ=WEEKLY"
    assert office.series(instances[0].series_id).extended_until is None
    assert starts(office.series_of(moved)) == [START + week * WEEK + DAY for week in range(2, 8)]


def test_a_series_split_before_it_is_all_in_the_store(office: BookingPractice) -> None:
    """Ends when it would have, by COUNT or by UNTIL."""
    office.rules = BookingRules(horizon=4 * WEEK)
    counted = office.book_series("FREQ=WEEKLY;COUNT=8")
    dated = office.book_series("FREQ=WEEKLY;UNTIL=20270119", START + timedelta(hours=3))

    office.reschedule(counted[2], start=START + 2 * WEEK + DAY, scope=Scope.FUTURE)
    office.reschedule(dated[2], start=START + 2 * WEEK + DAY + timedelta(hours=3), scope=Scope.FUTURE)
    office.extend(START + 30 * WEEK)

    for hours in (0, 3):
        mine = [one.start for one in office.all() if one.start.hour == START.hour + hours]
        assert mine == [
            START + timedelta(hours=hours) + week * WEEK + (DAY if week >= 2 else 0 * DAY) for week in range(8)
        ]


def test_the_future_ones_cancelled(office: BookingPractice) -> None:
    """The series ends before them; they stay on record, and the calendar shows the rest without a trace of them."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=6")
    office.cancel(instances[1])

    office.cancel(instances[3], scope=Scope.FUTURE)

    assert [one.status is AppointmentStatus.BOOKED for one in office.all()] == [True, False, True, False, False, False]
    desired = office.desired(instances[0].source)
    assert desired is not None
    assert desired.rule == "FREQ=WEEKLY;UNTIL=20261215T150000Z"
    assert desired.exdates == (START + WEEK,)


def test_a_series_changed_after_its_future_ones_were_cancelled(office: BookingPractice) -> None:
    """Those that were cancelled with its end play no part any more."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=6")
    office.cancel(instances[3], scope=Scope.FUTURE)

    moved = office.reschedule(instances[1], start=START + WEEK + DAY, scope=Scope.ALL)

    assert starts(booked(office.series_of(moved))) == [START + week * WEEK + DAY for week in range(3)]
    desired = office.desired(moved.source)
    assert desired is not None
    assert desired.exdates == ()


def test_a_series_moved_to_where_its_cancelled_end_was(office: BookingPractice) -> None:
    """What was cancelled with the end excludes none of the sessions that take its place."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")
    office.cancel(instances[2], scope=Scope.FUTURE)

    office.reschedule(instances[0], start=START + WEEK, scope=Scope.ALL)

    desired = office.desired(instances[0].source)
    assert desired is not None
    assert (desired.rule, desired.exdates) == ("FREQ=WEEKLY;UNTIL=20261215T150000Z", ())
    assert starts(booked(office.series_of(instances[0]))) == [START + WEEK, START + 2 * WEEK]
    assert office.get(instances[2]).start == START + 2 * WEEK


def test_an_endless_series_whose_future_ones_are_cancelled(office: BookingPractice) -> None:
    """Is not extended any more."""
    instances = office.book_series("FREQ=WEEKLY")
    office.cancel(instances[2], scope=Scope.FUTURE)

    assert office.extend(START + 60 * WEEK) == 0
    assert len(booked(office.all())) == 2


# --- all --------------------------------------------------------------------------------------------------------------


def test_all_moved_before_the_first(office: BookingPractice) -> None:
    """The series moves in place, whichever session was asked about."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")

    moved = office.reschedule(instances[2], start=START + 2 * WEEK + timedelta(hours=2), scope=Scope.ALL)

    assert starts(office.all()) == [START + week * WEEK + timedelta(hours=2) for week in range(4)]
    assert moved.uid == instances[0].uid


def test_all_moved_when_some_are_past(office: BookingPractice) -> None:
    """The past ones stay as they were; the others move."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=5")
    in_the_middle_of(office, instances, 2)

    moved = office.reschedule(instances[3], start=START + 3 * WEEK + DAY, scope=Scope.ALL)

    assert office.all()[:2] == instances[:2]
    assert starts(office.series_of(moved)) == [START + week * WEEK + DAY for week in (2, 3, 4)]


def test_all_cancelled_when_some_are_past(office: BookingPractice) -> None:
    """The past ones stay as they were, also in the calendar."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=5")
    in_the_middle_of(office, instances, 2)

    office.cancel(instances[3], scope=Scope.ALL)

    assert office.all()[:2] == instances[:2]
    assert booked(office.all()) == instances[:2]
    assert office.desired(instances[0].source) is not None


def test_all_cancelled_before_the_first(office: BookingPractice) -> None:
    """The series leaves the calendars and is extended no more."""
    instances = office.book_series("FREQ=WEEKLY")

    gone = office.cancel(instances[3], scope=Scope.ALL)

    assert booked(office.all()) == []
    assert office.series(gone.series_id).cancelled
    assert office.desired(gone.source) is None
    assert office.extend(START + 60 * WEEK) == 0


def test_a_session_ahead_of_a_past_one(office: BookingPractice) -> None:
    """Can be changed alone only, where one that follows it in the series took place before it."""
    instances = office.book_series("FREQ=DAILY;COUNT=4")
    office.reschedule(instances[2], start=START + timedelta(hours=3))
    office.now = START.astimezone(UTC) + timedelta(hours=5)

    with pytest.raises(AppointmentStateError, match="alone"):
        office.reschedule(instances[1], start=START + DAY + timedelta(hours=1), scope=Scope.ALL)

    assert office.reschedule(instances[1], start=START + DAY + timedelta(hours=1)).sequence == 2


def test_a_client_who_is_late_for_one_of_many(office: BookingPractice) -> None:
    """May not change them together: the first of them is too near."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")
    office.now = START.astimezone(UTC) - timedelta(hours=1)

    with pytest.raises(LateNoticeError, match=instances[0].id):
        office.cancel(instances[2], scope=Scope.ALL, by=CLIENT)

    office.cancel(instances[2], scope=Scope.FUTURE, by=CLIENT)
