"""Series: the rule's instances, the tail that a change is about, and rules that move."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from syncd.core.errors import InvalidRuleError
from syncd.core.events.recurrence import RecurrenceRule
from syncd.core.scheduling.appointments import Series
from syncd.core.scheduling.repetition import booked_rule, last_moment, shifted
from syncd.core.scheduling.series import extended, identity
from tests.builders import NEW_YORK, START, a_series, an_appointment

WEEK = timedelta(weeks=1)
A_TUESDAY = date(2026, 12, 8)


def grown(series: Series, until: datetime) -> tuple[Series, list[datetime]]:
    numbers = count(1)
    longer, instances = extended(series, until, lambda: f"apt-{next(numbers)}")
    return longer, [one.start for one in instances]


def test_extending_in_steps() -> None:
    """Gives the same instances as extending at once, none twice and none left out."""
    endless = a_series(rule="FREQ=WEEKLY", extended_until=START.astimezone(UTC))
    at_once = grown(endless, START + 10 * WEEK)

    first, early = grown(endless, START + 3 * WEEK)
    second, late = grown(first, START + 10 * WEEK)

    assert early == [START + week * WEEK for week in range(3)]
    assert (second, early + late) == at_once


def test_extending_to_where_it_is_already() -> None:
    """Adds nothing, and never takes the series back."""
    series = a_series(rule="FREQ=WEEKLY", extended_until=(START + 3 * WEEK).astimezone(UTC))

    assert grown(series, START + 2 * WEEK) == (series, [])


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;UNTIL=20261215T150000Z"])
def test_a_rule_whose_last_instance_is_in_the_store(rule: str) -> None:
    """Makes the series complete; as long as one is missing it is not."""
    series = a_series(rule=rule, extended_until=START.astimezone(UTC))

    assert grown(series, START + 2 * WEEK)[0].extended_until == (START + 2 * WEEK).astimezone(UTC)
    complete, starts = grown(series, START + 2 * WEEK + timedelta(minutes=1))
    assert (complete.extended_until, len(starts)) == (None, 3)
    assert grown(complete, START + 9 * WEEK) == (complete, [])


def test_the_identity_of_a_single_appointment() -> None:
    """There is none: asking for it is a mistake in the program."""
    with pytest.raises(ValueError, match="no instance"):
        identity(an_appointment())


@pytest.mark.parametrize(
    ("until", "moment"),
    [
        ("20261215T150000Z", datetime(2026, 12, 15, 15, 0, tzinfo=UTC)),
        ("20261215T100000", datetime(2026, 12, 15, 15, 0, tzinfo=UTC)),
        ("20261215", datetime(2026, 12, 16, 4, 59, 59, tzinfo=UTC)),
    ],
)
def test_the_last_moment_of_a_rule(until: str, moment: datetime) -> None:
    """A date includes its whole day in the series' zone, a local time is read there."""
    assert last_moment(RecurrenceRule.parse(f"FREQ=DAILY;UNTIL={until}"), NEW_YORK) == moment
    assert booked_rule(f"FREQ=DAILY;UNTIL={until}", START).until == moment


def test_a_rule_without_until() -> None:
    """Has no last moment, counted or not."""
    assert last_moment(RecurrenceRule.parse("FREQ=DAILY;COUNT=3"), NEW_YORK) is None


@pytest.mark.parametrize(
    ("text", "days", "first", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,TU", 1, A_TUESDAY, "FREQ=WEEKLY;BYDAY=TU,WE"),
        ("FREQ=WEEKLY;BYDAY=MO,SU", -1, A_TUESDAY, "FREQ=WEEKLY;BYDAY=SA,SU"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", 1, A_TUESDAY, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU;WKST=TU"),
        ("FREQ=DAILY;INTERVAL=2", 1, A_TUESDAY, "FREQ=DAILY;INTERVAL=2"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", -1, date(2026, 12, 30), "FREQ=MONTHLY;BYMONTHDAY=-2"),
        ("FREQ=MONTHLY;BYDAY=1MO", 1, A_TUESDAY, "FREQ=MONTHLY;BYDAY=2TU"),
        ("FREQ=MONTHLY;BYDAY=-1MO", 1, date(2026, 12, 29), "FREQ=MONTHLY;BYDAY=-1TU"),
        ("FREQ=MONTHLY;BYDAY=MO", 1, A_TUESDAY, "FREQ=MONTHLY;BYDAY=TU"),
        ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=30", 8, A_TUESDAY, "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=8"),
        ("FREQ=YEARLY", 8, A_TUESDAY, "FREQ=YEARLY"),
        ("FREQ=YEARLY;BYWEEKNO=20", 0, A_TUESDAY, "FREQ=YEARLY;BYWEEKNO=20"),
    ],
)
def test_a_rule_moved_to_other_days(text: str, days: int, first: date, expected: str) -> None:
    """Names the new days the way in which it named the old ones."""
    assert shifted(RecurrenceRule.parse(text), days, first).format() == expected


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY;BYYEARDAY=100",
        "FREQ=DAILY;BYMONTH=1",
        "FREQ=WEEKLY;BYMONTH=1;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=1MO,3MO",
        "FREQ=MONTHLY;BYMONTHDAY=1,15",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1",
    ],
)
def test_a_rule_that_says_more_about_its_days(text: str) -> None:
    """Is not moved by guesswork."""
    with pytest.raises(InvalidRuleError, match="cannot be moved to other days"):
        shifted(RecurrenceRule.parse(text), 1, A_TUESDAY)
