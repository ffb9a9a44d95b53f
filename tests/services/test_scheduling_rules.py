"""Moving a whole series: what becomes of its rule."""

from datetime import datetime, timedelta

import pytest

from syncd.core.errors import InvalidRuleError
from syncd.core.scheduling.appointments import Scope
from syncd.ports.store.transaction import Store
from tests.builders import START, at
from tests.services.booking_practice import BookingPractice

WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)


@pytest.fixture
def office(sqlite_store: Store) -> BookingPractice:
    return BookingPractice(sqlite_store)


@pytest.mark.parametrize(
    ("rule", "first", "to", "moved"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=6", START, START + DAY, "FREQ=WEEKLY;COUNT=6;BYDAY=WE,FR"),
        ("FREQ=MONTHLY;COUNT=3", START, START + DAY, "FREQ=MONTHLY;COUNT=3"),
        ("FREQ=MONTHLY;BYDAY=1TU;COUNT=3", START, START + DAY, "FREQ=MONTHLY;COUNT=3;BYDAY=1WE"),
        (
            "FREQ=MONTHLY;BYDAY=-1TU;COUNT=3",
            START + 4 * WEEK,
            START + 4 * WEEK + DAY,
            "FREQ=MONTHLY;COUNT=3;BYDAY=-1WE",
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=1;COUNT=3", START, START + 2 * DAY, "FREQ=MONTHLY;COUNT=3;BYMONTHDAY=3"),
        ("FREQ=DAILY;COUNT=3", START, START + DAY, "FREQ=DAILY;COUNT=3"),
        ("FREQ=WEEKLY;COUNT=3", START, START + timedelta(hours=2), "FREQ=WEEKLY;COUNT=3"),
    ],
)
def test_a_rule_moves_with_its_series(
    office: BookingPractice, rule: str, first: datetime, to: datetime, moved: str
) -> None:
    """Weekdays, the nth weekday and the day of the month become those of the new start."""
    instances = office.book_series(rule, first)

    after = office.reschedule(instances[0], start=to, scope=Scope.ALL)

    series = office.series(after.series_id)
    assert (series.rule, series.start) == (moved, to)
    assert len(office.series_of(after)) == len(instances)


def test_every_other_week_moved_over_the_weekend(office: BookingPractice) -> None:
    """Keeps its weeks: the sessions stay as far apart as they were."""
    instances = office.book_series("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=6", at("2026-11-30T10:00"))

    office.reschedule(instances[0], start=instances[0].start + DAY, scope=Scope.ALL)

    assert [one.start for one in office.all()] == [one.start + DAY for one in instances]


@pytest.mark.parametrize("rule", ["FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1;COUNT=3", "FREQ=MONTHLY;BYDAY=1TU,3TU;COUNT=4"])
def test_a_rule_that_cannot_be_moved_to_other_days(office: BookingPractice, rule: str) -> None:
    """Is refused with what to do instead; to another hour it can be moved."""
    instances = office.book_series(rule)

    with pytest.raises(InvalidRuleError, match="book a new one"):
        office.reschedule(instances[0], start=START + DAY, scope=Scope.ALL)

    office.reschedule(instances[0], start=START + timedelta(hours=2), scope=Scope.ALL)
    assert {one.start.hour for one in office.all()} == {START.hour + 2}


@pytest.mark.parametrize("repeat", ["FREQ=MONTHLY;BYDAY=2TU", "FREQ=MONTHLY;BYDAY=2TU;COUNT=24"])
def test_a_move_that_no_rule_gives_for_every_month(office: BookingPractice, repeat: str) -> None:
    """Is refused with the rule to book: the day after a second Tuesday need not be a second Wednesday."""
    instances = office.book_series(repeat, at("2027-08-10T10:00"))

    with pytest.raises(InvalidRuleError, match='--repeat "FREQ=MONTHLY;BYDAY=2WE"'):
        office.reschedule(instances[1], start=instances[1].start + DAY, scope=Scope.ALL)

    assert office.all() == instances


@pytest.mark.parametrize(
    ("repeat", "first", "by", "moved"),
    [
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-12-31T10:00", DAY, "FREQ=MONTHLY;BYMONTHDAY=1"),
        ("FREQ=MONTHLY;BYMONTHDAY=-2", "2026-12-30T10:00", 3 * DAY, "FREQ=MONTHLY;BYMONTHDAY=2"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-12-31T10:00", -DAY, "FREQ=MONTHLY;BYMONTHDAY=-2"),
        ("FREQ=MONTHLY;BYMONTHDAY=1", "2027-01-01T10:00", -DAY, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-12-25T10:00", WEEK, "FREQ=MONTHLY;BYDAY=1FR"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=-1", "2026-12-31T10:00", DAY, "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1"),
        ("FREQ=YEARLY;BYDAY=-1TH", "2026-12-31T10:00", WEEK, "FREQ=YEARLY;BYDAY=1TH"),
    ],
)
def test_days_that_cross_the_months_end(
    office: BookingPractice, repeat: str, first: str, by: timedelta, moved: str
) -> None:
    """Are named from the other end of the month where that is the same day in every month."""
    instances = office.book_series(repeat, at(first))

    office.reschedule(instances[0], start=instances[0].start + by, scope=Scope.ALL)

    assert office.series(instances[0].series_id).rule == moved
    assert [one.start for one in office.all()] == [one.start + by for one in instances]


@pytest.mark.parametrize(
    ("repeat", "first", "by"),
    [
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-12-25T10:00", 3 * DAY),
        ("FREQ=MONTHLY;BYDAY=1MO", "2026-12-07T10:00", -3 * DAY),
        ("FREQ=MONTHLY;BYMONTHDAY=28", "2026-12-28T10:00", DAY),
        ("FREQ=MONTHLY", "2026-12-31T10:00", DAY),
        ("FREQ=MONTHLY", "2026-12-31T10:00", -DAY),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "2027-02-28T10:00", -28 * DAY),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=MO", "2026-12-07T10:00", DAY),
    ],
)
def test_days_that_cross_the_months_end_differently_in_each(
    office: BookingPractice, repeat: str, first: str, by: timedelta
) -> None:
    """Are refused with the way out, and nothing moves."""
    instances = office.book_series(repeat, at(first))

    with pytest.raises(InvalidRuleError, match="book a new one with the rule that you want"):
        office.reschedule(instances[0], start=instances[0].start + by, scope=Scope.FUTURE)

    assert office.all() == instances


def test_a_series_that_would_begin_in_the_hour_that_the_clocks_skip(office: BookingPractice) -> None:
    """Is refused: its rule would take over the shifted time for every later session."""
    instances = office.book_series("FREQ=DAILY;COUNT=5", at("2027-03-12T01:30"))
    office.reschedule(instances[0], start=at("2027-03-12T02:30"), scope=Scope.ALL)
    on_that_day = office.all()[2]
    assert on_that_day.start == at("2027-03-14T03:30")

    with pytest.raises(InvalidRuleError, match="from another session on"):
        office.reschedule(on_that_day, location="Room 2", scope=Scope.FUTURE)


def test_the_whole_series_moved_to_a_time_that_the_clocks_skip_once(office: BookingPractice) -> None:
    """That one session is read with the offset before the gap; the rule stays what was asked for."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=3", at("2027-03-07T01:30"))

    office.reschedule(instances[0], start=at("2027-03-07T02:30"), scope=Scope.ALL)

    assert [one.start.hour for one in office.all()] == [2, 3, 2]
    desired = office.desired(instances[0].source)
    assert desired is not None
    assert desired.overrides == ()
