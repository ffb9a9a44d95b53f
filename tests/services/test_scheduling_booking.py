"""Booking single appointments and series."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import (
    AmbiguousTimeError,
    ConflictError,
    InvalidRuleError,
    InvalidValueError,
    NonexistentTimeError,
    NotFoundError,
    OverlapError,
    PastStartError,
    RefusalError,
    UnknownTimezoneError,
)
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.people import Party
from syncd.core.work import WorkKind
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.scheduling.changes import Effect
from syncd.services.scheduling.extending import Extension
from tests.builders import NOW, START, at
from tests.services.booking_practice import ADMIN, BookingPractice
from tests.working import a_task, work_off, work_on


@pytest.fixture
def office(sqlite_store: Store) -> BookingPractice:
    return BookingPractice(sqlite_store)


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_appointment(office: BookingPractice) -> None:
    """Stands in the store, in the provider's zone, with its pending claim, and is to be published."""
    booked = office.book(naive("2026-12-01T10:00"))

    assert office.get(booked) == booked
    assert (booked.start, booked.timezone, booked.status) == (START, "America/New_York", AppointmentStatus.BOOKED)
    claim = office.claim(booked)
    assert (claim.status, claim.date_of_service) == (ClaimStatus.PENDING, START.date())
    (publication,) = office.publications(booked.source)
    assert publication.href == f"/{office.calendar.id}/{booked.uid}.ics"
    assert publication.dirty


def test_history_tells_of_the_booking(office: BookingPractice) -> None:
    """Who booked what, when, stands in the first line."""
    booked = office.book()

    with office.store.transaction() as tx:
        (line,) = tx.appointments.history(booked.id)
        trail = tx.audit.list(subject=booked.id)
    assert (line.kind, line.by, line.actor, line.at, line.before) == ("booked", ADMIN.party, ADMIN.actor, NOW, {})
    assert line.after["start"] == "2026-12-01T10:00:00-05:00"
    assert [record.action for record in trail] == ["appointment.booked"]


def test_people_by_their_addresses(office: BookingPractice) -> None:
    """A reference is an id or an e-mail address."""
    booked = office.book(provider=office.provider.email, client=office.client.email.upper())

    assert (booked.provider_id, booked.client_id) == (office.provider.id, office.client.id)


def test_a_zone_of_its_own(office: BookingPractice) -> None:
    """The appointment keeps the zone that it was agreed in."""
    booked = office.book(naive("2026-12-01T10:00"), timezone="Europe/Berlin")

    assert booked.start == at("2026-12-01T10:00", "Europe/Berlin")
    assert booked.timezone == "Europe/Berlin"


def test_a_start_with_an_offset(office: BookingPractice) -> None:
    """Is that moment, in the provider's zone."""
    booked = office.book(datetime.fromisoformat("2026-12-01T16:00:00+01:00"))

    assert booked.start.isoformat() == "2026-12-01T10:00:00-05:00"
    assert booked.timezone == "America/New_York"


def test_the_second_of_two_equal_readings_of_the_clock(office: BookingPractice) -> None:
    """An offset tells which one is meant."""
    office.now = at("2026-10-01T09:00")

    booked = office.book(datetime.fromisoformat("2026-11-01T01:30:00-05:00"))

    assert booked.start.isoformat() == "2026-11-01T01:30:00-05:00"
    assert office.get(booked).start.utcoffset() == timedelta(hours=-5)


@pytest.mark.parametrize(
    ("error", "start", "more"),
    [
        (UnknownTimezoneError, "2026-12-01T10:00", {"timezone": "Mars/Olympus"}),
        (NonexistentTimeError, "2027-03-14T02:30", {}),
        (AmbiguousTimeError, "2027-11-07T01:30", {}),
        (PastStartError, "2026-11-01T10:00", {}),
        (InvalidValueError, "2036-12-01T10:00", {}),
        (InvalidValueError, "2026-12-01T10:00:30", {}),
        (InvalidValueError, "2026-12-01T10:00", {"minutes": 0}),
        (InvalidValueError, "2026-12-01T10:00", {"minutes": 1441}),
        (NotFoundError, "2026-12-01T10:00", {"provider": "nobody@example.com"}),
        (NotFoundError, "2026-12-01T10:00", {"client": "nobody@example.com"}),
        (InvalidRuleError, "2026-12-01T10:00", {"repeat": "EVERY=WEEK"}),
        (InvalidRuleError, "2026-12-01T10:00", {"repeat": "FREQ=HOURLY"}),
        (InvalidRuleError, "2026-12-01T10:00", {"repeat": "FREQ=DAILY;BYHOUR=9,15"}),
        (InvalidRuleError, "2026-12-01T10:00", {"repeat": "FREQ=WEEKLY;COUNT=5000"}),
        (InvalidRuleError, "2026-12-01T10:00", {"repeat": "FREQ=WEEKLY;UNTIL=20261101"}),
        (InvalidRuleError, "2026-12-01T10:00", {"repeat": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}),
        (InvalidRuleError, "2026-12-01T10:00", {"repeat": "FREQ=WEEKLY;BYDAY=WE"}),
        (OverlapError, "2026-12-01T10:00", {"repeat": "FREQ=DAILY", "minutes": 1440, "timezone": "Europe/Berlin"}),
    ],
)
def test_what_cannot_be_booked(
    office: BookingPractice, error: type[RefusalError], start: str, more: dict[str, Any]
) -> None:
    """Is refused for its reason, and changes nothing."""
    with pytest.raises(error):
        office.book(naive(start), **more)

    assert office.all() == []
    assert office.effects == []


def test_a_rule_that_does_not_give_the_start(office: BookingPractice) -> None:
    """The refusal names the first session that the rule does give."""
    with pytest.raises(InvalidRuleError, match="2026-12-02T10:00"):
        office.book(repeat="FREQ=WEEKLY;BYDAY=WE")


@pytest.mark.parametrize("start", ["2026-12-01T09:30", "2026-12-01T10:00", "2026-12-01T10:49"])
def test_a_time_that_is_taken(office: BookingPractice, start: str) -> None:
    """Is refused; the message names the other appointment and its time, and no person."""
    taken = office.book()

    with pytest.raises(OverlapError) as refusal:
        office.book(naive(start))

    assert taken.id in refusal.value.message
    assert "2026-12-01T10:00-05:00" in refusal.value.message
    assert office.client.name not in refusal.value.message
    assert office.all() == [taken]


def test_one_right_after_the_other(office: BookingPractice) -> None:
    """An appointment may begin as another ends."""
    office.book()
    office.book(naive("2026-12-01T10:50"))
    office.book(naive("2026-12-01T09:10"))

    assert len(office.all()) == 3


def test_a_cancelled_appointment_takes_no_room(office: BookingPractice) -> None:
    """Its time can be booked again."""
    office.cancel(office.book())

    assert office.book().start == START


def test_a_series(office: BookingPractice) -> None:
    """Every instance is an appointment with a claim of its own; the series is published as one."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=4")

    assert [one.start for one in instances] == [START + timedelta(weeks=week) for week in range(4)]
    assert [one.recurrence_id for one in instances] == [one.start for one in instances]
    assert len({office.claim(one).id for one in instances}) == 4
    series = office.series(instances[0].series_id)
    assert {one.uid for one in instances} == {series.uid}
    assert series.extended_until is None
    assert len(office.publications(series.source)) == 1


def test_a_series_is_booked_as_its_first_appointment(office: BookingPractice) -> None:
    """What is returned is the first one."""
    assert office.book(repeat="FREQ=WEEKLY;COUNT=4").start == START


def test_an_endless_series(office: BookingPractice) -> None:
    """Stands in the store up to the horizon after its start, and in the calendar without an end."""
    office.rules = BookingRules(horizon=timedelta(days=28))

    instances = office.book_series("FREQ=WEEKLY")

    assert [one.start for one in instances] == [START + timedelta(weeks=week) for week in range(4)]
    desired = office.desired(instances[0].source)
    assert desired is not None
    assert desired.rule == "FREQ=WEEKLY"


def test_a_series_across_a_change_of_clocks(office: BookingPractice) -> None:
    """Keeps its time on the wall."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=20")

    assert {one.start.time() for one in instances} == {START.time()}
    assert {one.start.utcoffset() for one in instances} == {timedelta(hours=-5), timedelta(hours=-4)}


def test_a_session_that_the_clocks_jump_over(office: BookingPractice) -> None:
    """Is read with the offset before the gap (RFC 5545 section 3.3.5), an hour later on the wall."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=3", naive("2027-03-07T02:30"))

    assert [one.start.isoformat() for one in instances] == [
        "2027-03-07T02:30:00-05:00",
        "2027-03-14T03:30:00-04:00",
        "2027-03-21T02:30:00-04:00",
    ]


def test_a_series_from_the_second_of_two_equal_readings(office: BookingPractice) -> None:
    """Is refused, since a calendar reads a local start as the first of them."""
    with pytest.raises(AmbiguousTimeError):
        office.book(datetime.fromisoformat("2027-11-07T01:30:00-05:00"), repeat="FREQ=WEEKLY")


@pytest.mark.parametrize("until", ["20261215", "20261215T100000", "20261215T150000Z"])
def test_the_last_day_of_a_series(office: BookingPractice, until: str) -> None:
    """UNTIL may be a date, a local or a UTC time; it is published in UTC, as a zoned DTSTART demands."""
    instances = office.book_series(f"FREQ=WEEKLY;UNTIL={until}")

    assert len(instances) == 3
    assert office.series(instances[0].series_id).rule.endswith("Z")


def test_a_series_one_of_whose_sessions_is_taken(office: BookingPractice) -> None:
    """Is refused as a whole; the message says which session."""
    taken = office.book(naive("2026-12-15T10:30"))

    with pytest.raises(OverlapError, match=f"2026-12-15T10:00-05:00 overlaps with {taken.id}"):
        office.book(repeat="FREQ=WEEKLY;COUNT=4")

    assert office.all() == [taken]


def test_a_booking_beyond_the_horizon(office: BookingPractice) -> None:
    """Still meets the series that will stand there."""
    office.rules = BookingRules(horizon=timedelta(days=28))
    office.book(repeat="FREQ=WEEKLY")

    with pytest.raises(OverlapError):
        office.book(START + timedelta(weeks=10))

    office.book(START + timedelta(weeks=10, hours=2))


def test_extending_an_endless_series(office: BookingPractice) -> None:
    """Adds the appointments up to the new horizon, once, and leaves the calendars alone."""
    office.rules = BookingRules(horizon=timedelta(days=28))
    first = office.book(repeat="FREQ=WEEKLY")
    office.settle()
    office.pass_time(timedelta(days=28))

    assert office.extend() == 1
    assert office.extend() == 0

    starts = [one.start for one in office.series_of(first)]
    assert starts == [START + timedelta(weeks=week) for week in range(len(starts))]
    assert starts[-1] > office.now + timedelta(days=20)
    assert not any(publication.dirty for publication in office.publications(first.source))


def test_extending_a_series_that_ends(office: BookingPractice) -> None:
    """Stops at the last one that the rule gives."""
    office.rules = BookingRules(horizon=timedelta(days=28))
    first = office.book(repeat="FREQ=WEEKLY;COUNT=6")
    office.pass_time(timedelta(days=60))

    assert office.extend() == 1

    assert len(office.series_of(first)) == 6
    assert office.series(first.series_id).extended_until is None


def test_extending_into_an_appointment_that_stands(office: BookingPractice) -> None:
    """The new one is cancelled for want of room, in the calendars and for the claim, and the parties are told."""
    office.rules = BookingRules(horizon=timedelta(days=28))
    rare = office.book(repeat="FREQ=WEEKLY;INTERVAL=8")
    often = office.book(START + timedelta(weeks=1), repeat="FREQ=WEEKLY;COUNT=20")
    office.effects.clear()

    office.extend(START + timedelta(weeks=9))

    meeting = START + timedelta(weeks=8)
    (stuck,) = [one for one in office.all() if one.status is AppointmentStatus.CANCELLED]
    assert stuck.start == meeting
    assert stuck.series_id in {rare.series_id, often.series_id}
    assert stuck.cancellation is not None
    assert (stuck.cancellation.reason, stuck.cancellation.by) == ("no_room", Party.SYSTEM)
    assert office.claim(stuck).status is ClaimStatus.VOID
    desired = office.desired(stuck.source)
    assert desired is not None
    assert (desired.exdates, desired.sequence) == ((meeting,), 1)
    assert [effect.kind for effect in office.effects] == ["extended", "extended", "cancelled"]


def test_extending_a_series_that_somebody_changes_at_that_moment(office: BookingPractice) -> None:
    """Leaves it for the next time, and goes on with the others."""
    office.rules = BookingRules(horizon=timedelta(days=28))
    contested = office.book(repeat="FREQ=WEEKLY")
    free = office.book(START + timedelta(hours=2), repeat="FREQ=WEEKLY")

    def lose(_tx: Transaction, effect: Effect) -> tuple[Message, ...]:
        if effect.appointment.series_id == contested.series_id:
            raise ConflictError
        return ()

    before = len(office.series_of(contested))
    office.pass_time(timedelta(weeks=4))
    losing = Extension(lambda _now: replace(office.terms(), messages_for=lose))
    work_off(office.store, a_task(WorkKind.SERIES, losing.extend), office.now)
    assert (len(office.series_of(free)), len(office.series_of(contested))) == (before + 3, before)
    office.pass_time(timedelta(minutes=1))
    work_off(office.store, a_task(WorkKind.SERIES, Extension(lambda _now: office.terms()).extend), office.now)
    assert len(office.series_of(contested)) == before + 3
    assert work_on(office.store, WorkKind.SERIES, str(contested.series_id)).attempts == 0


def test_two_bookings_of_one_time_at_the_same_moment(store: Store) -> None:
    """One wins, the other is refused: nobody is booked twice, on either database."""
    office = BookingPractice(store)
    together = Barrier(2)

    def attempt(minute: int) -> str:
        together.wait()
        try:
            return office.book(START + timedelta(minutes=minute)).status.value
        except (OverlapError, ConflictError) as refusal:
            return refusal.code

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(attempt, [0, 10]))

    assert outcomes[0] == "booked"
    assert outcomes[1] in {"conflict", "overlap"}
    assert len(office.all()) == 1
