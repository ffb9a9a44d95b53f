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


def test_a_move_that_would_put_the_session_asked_about_elsewhere(office: BookingPractice) -> None:
    """Is refused: the day after a second Tuesday is not the second Wednesday of every month."""
    instances = office.book_series("FREQ=MONTHLY;BYDAY=2TU;COUNT=3", at("2027-08-10T10:00"))
    on_the_14th = instances[1]

    with pytest.raises(InvalidRuleError, match="alone"):
        office.reschedule(on_the_14th, start=on_the_14th.start + DAY, scope=Scope.ALL)

    assert office.all() == instances


def test_the_whole_series_moved_to_a_time_that_the_clocks_skip_once(office: BookingPractice) -> None:
    """That one session is read with the offset before the gap; the rule stays what was asked for."""
    instances = office.book_series("FREQ=WEEKLY;COUNT=3", at("2027-03-07T01:30"))

    office.reschedule(instances[0], start=at("2027-03-07T02:30"), scope=Scope.ALL)

    assert [one.start.hour for one in office.all()] == [2, 3, 2]
    desired = office.desired(instances[0].source)
    assert desired is not None
    assert desired.overrides == ()
