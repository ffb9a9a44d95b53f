"""Series: the rule's instances, the tail that a change is about, and rules that move."""

from datetime import UTC, datetime, time, timedelta
from itertools import accumulate, count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syncd.core.errors import InvalidRuleError
from syncd.core.events.recurrence import RecurrenceRule, occurrences
from syncd.core.events.rule import WEEKDAYS
from syncd.core.scheduling.appointments import Appointment, Scope, Series
from syncd.core.scheduling.booking import Wanted
from syncd.core.scheduling.repetition import Move, booked_rule, last_moment, moved
from syncd.core.scheduling.series import NewSeries, extended, identity, replan, tail_of
from syncd.core.times import exists, instant, lenient_local
from tests.builders import NEW_YORK, START, a_series, an_appointment

WEEK = timedelta(weeks=1)


def whole_minutes(by: timedelta) -> timedelta:
    return timedelta(minutes=by // timedelta(minutes=1))


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


def by_days(text: str, first: str, days: int) -> str:
    """Return a rule whose first session is at ``first``, moved by so many days."""
    return moved(
        RecurrenceRule.parse(text), Move(datetime.fromisoformat(first), timedelta(days=days), NEW_YORK)
    ).format()


@pytest.mark.parametrize(
    ("text", "first", "days", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,TU", "2026-12-07T10:00", 1, "FREQ=WEEKLY;BYDAY=TU,WE"),
        ("FREQ=WEEKLY;BYDAY=MO,SU", "2026-12-06T10:00", -1, "FREQ=WEEKLY;BYDAY=SA,SU"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "2026-12-07T10:00", 1, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU;WKST=TU"),
        ("FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=-1", "2026-12-09T10:00", 1, "FREQ=WEEKLY;BYDAY=TU,TH;BYSETPOS=-1;WKST=TU"),
        ("FREQ=DAILY;INTERVAL=2", "2026-12-07T10:00", 1, "FREQ=DAILY;INTERVAL=2"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "2026-12-07T10:00", 1, "FREQ=DAILY;BYDAY=TU,WE,TH,FR,SA"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-11-30T10:00", -1, "FREQ=MONTHLY;BYMONTHDAY=-2"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-11-30T10:00", 2, "FREQ=MONTHLY;BYMONTHDAY=2"),
        ("FREQ=MONTHLY;BYMONTHDAY=27", "2026-11-27T10:00", 1, "FREQ=MONTHLY;BYMONTHDAY=28"),
        ("FREQ=MONTHLY;BYMONTHDAY=28;COUNT=3", "2026-11-28T10:00", 1, "FREQ=MONTHLY;COUNT=3;BYMONTHDAY=29"),
        ("FREQ=MONTHLY;BYDAY=2MO", "2026-12-14T10:00", 7, "FREQ=MONTHLY;BYDAY=3MO"),
        ("FREQ=MONTHLY;BYDAY=-1MO", "2026-12-28T10:00", -14, "FREQ=MONTHLY;BYDAY=-3MO"),
        ("FREQ=MONTHLY;BYDAY=MO", "2026-12-07T10:00", 1, "FREQ=MONTHLY;BYDAY=TU"),
        ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=30", "2026-11-30T10:00", 8, "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=8"),
        ("FREQ=YEARLY;BYDAY=20MO", "2026-05-18T10:00", -7, "FREQ=YEARLY;BYDAY=19MO"),
        ("FREQ=YEARLY", "2026-11-30T10:00", 8, "FREQ=YEARLY"),
        ("FREQ=YEARLY;BYWEEKNO=20", "2026-05-18T10:00", 0, "FREQ=YEARLY;BYWEEKNO=20"),
    ],
)
def test_a_rule_moved_to_other_days(text: str, first: str, days: int, expected: str) -> None:
    """Names the new days the way in which it named the old ones, or from the month's other end."""
    assert by_days(text, first, days) == expected


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("FREQ=YEARLY;BYWEEKNO=20", "2026-05-11T10:00"),
        ("FREQ=YEARLY;BYYEARDAY=100", "2026-04-10T10:00"),
        ("FREQ=DAILY;BYMONTH=1", "2027-01-01T10:00"),
        ("FREQ=WEEKLY;BYMONTH=1;BYDAY=MO", "2027-01-04T10:00"),
        ("FREQ=MONTHLY;BYDAY=1MO", "2026-12-07T10:00"),
        ("FREQ=MONTHLY;BYDAY=-1MO", "2026-12-28T10:00"),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO", "2026-12-07T10:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "2026-12-15T10:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=30", "2026-12-30T10:00"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-11-13T10:00"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1", "2026-12-07T10:00"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=MO", "2027-03-01T10:00"),
        ("FREQ=YEARLY;BYDAY=20MO", "2026-05-18T10:00"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28", "2027-02-28T10:00"),
    ],
)
def test_a_rule_that_says_more_about_its_days(text: str, first: str) -> None:
    """Is not moved by guesswork."""
    with pytest.raises(InvalidRuleError, match="cannot be moved so that every session is 1 day later"):
        by_days(text, first, 1)


# --- whatever the rule and the move: each session moves alike, or the move is refused ---------------------------------

WALL = datetime.fromisoformat("2026-03-01T10:00")
ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Tokyo", "America/Sao_Paulo", "UTC"]
"""Zones with changes of clocks by an hour and by half an hour, in either half of the year, and without."""

weekdays = st.sampled_from(WEEKDAYS)
repeats = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 9)),
    st.builds("FREQ=WEEKLY;INTERVAL={}".format, st.integers(1, 3)),
    st.builds(
        lambda interval, days: f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={','.join(sorted(days))}",
        st.integers(1, 3),
        st.sets(weekdays, min_size=1, max_size=3),
    ),
    st.builds("FREQ=MONTHLY;INTERVAL={}".format, st.integers(1, 3)),
    st.builds("FREQ=MONTHLY;BYMONTHDAY={}".format, st.sampled_from([1, 2, 15, 27, 28, 29, 30, 31, -1, -2, -28, -31])),
    st.builds("FREQ=MONTHLY;BYDAY={}{}".format, st.sampled_from(["", 1, 2, 3, 4, 5, -1, -2, -4]), weekdays),
    st.builds("FREQ=MONTHLY;BYDAY={};BYSETPOS={}".format, weekdays, st.sampled_from([1, -1])),
    st.builds("FREQ=YEARLY;BYMONTH={};BYMONTHDAY={}".format, st.integers(1, 12), st.sampled_from([1, 28, -1])),
    st.builds("FREQ=YEARLY;BYDAY={}{}".format, st.sampled_from([1, 20, -1]), weekdays),
    st.just("FREQ=YEARLY"),
)


@given(
    repeat=repeats,
    clock=st.times(max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0)),
    day=st.integers(0, 800),
    by=st.timedeltas(min_value=timedelta(days=-40), max_value=timedelta(days=40)).map(whole_minutes),
    tz=st.sampled_from(ZONES).map(ZoneInfo),
    end=st.sampled_from(["", "COUNT", "UTC", "local", "date"]),
    length=st.integers(1, 20),
    slack=st.integers(0, 20 * 60),
)
@settings(max_examples=200, deadline=None)
def test_any_rule_moved(
    repeat: str, clock: time, day: int, by: timedelta, tz: ZoneInfo, end: str, length: int, slack: int
) -> None:
    """Gives each of the old times moved by the same difference on the wall clock, and ends with the same session."""
    rule = RecurrenceRule.parse(repeat)
    first = next(occurrences(rule, datetime.combine(WALL.date() + timedelta(days=day), clock), None, 1), None)
    assume(first is not None)
    assert first is not None
    old = list(occurrences(rule, first, None, length))
    rule = RecurrenceRule.parse(f"{repeat}{ending(end, len(old), old[-1], timedelta(minutes=slack), tz)}")
    old = list(occurrences(rule, first, None, 60, zone=tz))

    try:
        new = moved(rule, Move(first, by, tz))
    except InvalidRuleError:
        assert by >= timedelta(days=1) or by < timedelta() or (first + by).date() != first.date()
        return

    assert list(occurrences(new, first + by, None, 60, zone=tz)) == [one + by for one in old]


def ending(kind: str, count: int, last: datetime, slack: timedelta, tz: ZoneInfo) -> str:
    """Return the part of a rule that ends it with ``last``, or some time after it, in each form that it has."""
    match kind:
        case "COUNT":
            return f";COUNT={count}"
        case "UTC":
            return f";UNTIL={(instant(lenient_local(last, tz)) + slack):%Y%m%dT%H%M%SZ}"
        case "local":
            return f";UNTIL={(last + slack):%Y%m%dT%H%M%S}"
        case "date":
            return f";UNTIL={last:%Y%m%d}"
        case _:
            return ""


@given(
    repeat=repeats,
    clock=st.times(max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0)),
    day=st.integers(0, 400),
    by=st.timedeltas(min_value=timedelta(days=-9), max_value=timedelta(days=9)).map(whole_minutes),
    tz=st.sampled_from(ZONES).map(ZoneInfo),
    ends=st.sampled_from(["", "COUNT", "UTC"]),
    which=st.integers(0, 30),
    scope=st.sampled_from([Scope.FUTURE, Scope.ALL]),
    past=st.integers(0, 5),
)
@settings(max_examples=150, deadline=None)
def test_any_tail_moved(
    repeat: str,
    clock: time,
    day: int,
    by: timedelta,
    tz: ZoneInfo,
    ends: str,
    which: int,
    scope: Scope,
    past: int,
) -> None:
    """Each session moves by what was asked on the wall clock, and the rules of both halves give just these sessions."""
    series, instances = booked(repeat, datetime.combine(WALL.date() + timedelta(days=day), clock), tz, ends)
    now = instances[min(past, len(instances) - 1)].start - timedelta(minutes=1)
    anchor = instances[min(past + which, len(instances) - 1)]
    tail = tail_of(instances, anchor, scope, now)
    walls = [wall_of(one, series) for one in tail]
    wanted = (wall_of(anchor, series) + by).replace(tzinfo=tz)

    try:
        plan = replan(series, instances, tail, anchor, Wanted(start=wanted), NewSeries("ser-new", "uid-new"))
    except InvalidRuleError:
        return

    starts = [lenient_local(wall + by, tz) for wall in walls]
    assert [one.start for one in plan.instances] == [identity(one) for one in plan.instances] == starts
    assert given_by(plan.carried, len(starts)) == starts
    if plan.carried.extended_until is None:
        assert len(given_by(plan.carried, len(starts) + 1)) == len(starts)
    if plan.head is not None:
        assert given_by(plan.head, len(instances)) == [one.start for one in instances if one not in tail]


def booked(repeat: str, begin: datetime, tz: ZoneInfo, ends: str) -> tuple[Series, list[Appointment]]:
    """Return a series that ``repeat`` gives, with its sessions of the next months."""
    first = next(occurrences(RecurrenceRule.parse(repeat), begin, None, 1), None)
    assume(first is not None and exists(first.replace(tzinfo=tz)))
    assert first is not None
    last = list(occurrences(RecurrenceRule.parse(repeat), first, None, 12))[-1]
    start = first.replace(tzinfo=tz)
    series = a_series(
        start=start, rule=f"{repeat}{ending(ends, 12, last, timedelta(), tz)}", extended_until=instant(start)
    )
    numbers = count(1)
    return extended(series, start + timedelta(days=500), lambda: f"apt-{next(numbers)}")


def wall_of(one: Appointment, series: Series) -> datetime:
    """Return where the rule puts an instance; the clocks may skip that reading."""
    at = datetime.combine(identity(one).date(), series.start.time())
    earlier = at - timedelta(days=1)
    return at if instant(lenient_local(at, identity(one).tzinfo or UTC)) == instant(identity(one)) else earlier


def given_by(series: Series, most: int) -> list[datetime]:
    tz = series.start.tzinfo
    assert tz is not None
    walls = occurrences(RecurrenceRule.parse(series.rule), series.start.replace(tzinfo=None), None, most, zone=tz)
    return [lenient_local(wall, tz) for wall in walls]


def test_until_over_a_change_of_clocks() -> None:
    """Moves on the wall clock by what the sessions moved: an instant's difference would lose the last, or add some."""
    rule = RecurrenceRule.parse("FREQ=WEEKLY;UNTIL=20270316T140000Z")  # the last session, at 10:00 in summer time
    first = datetime.fromisoformat("2027-03-02T10:00")

    new = moved(rule, Move(first, timedelta(days=7), NEW_YORK))

    assert new.format() == "FREQ=WEEKLY;UNTIL=20270323T140000Z"
    back = moved(new, Move(first + timedelta(days=7), timedelta(days=-14), NEW_YORK))
    assert back.format() == "FREQ=WEEKLY;UNTIL=20270309T150000Z"


@pytest.mark.parametrize("until", ["99991231T235959Z", "99991231", "90010101T000000"])
def test_an_until_at_the_end_of_time(until: str) -> None:
    """Is refused: a series without an end is booked without one."""
    with pytest.raises(InvalidRuleError, match="without an end"):
        booked_rule(f"FREQ=WEEKLY;UNTIL={until}", START)


# --- extending over changes of clocks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("zone_of", ["America/New_York", "Australia/Lord_Howe", "Pacific/Apia"])
@given(steps=st.lists(st.integers(1, 90), min_size=1, max_size=60), minute=st.integers(0, 59), hour=st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_extending_by_small_steps_over_clock_changes(zone_of: str, steps: list[int], minute: int, hour: int) -> None:
    """No instance comes twice and none is left out, also where a step ends within the repeated hour."""
    begin, tz = CHANGES[zone_of], ZoneInfo(zone_of)
    start = lenient_local(begin.astimezone(tz).replace(tzinfo=None, hour=hour, minute=minute), tz)
    series = a_series(start=start, rule="FREQ=DAILY", extended_until=instant(start))
    at_once = grown(series, start + timedelta(days=4))[1]

    longer, found = series, list[datetime]()
    for until in (*accumulate(steps, lambda at, step: at + timedelta(minutes=step), initial=begin), start + 4 * DAY):
        longer, more = grown(longer, until)
        found += more

    assert [instant(one) for one in found] == [instant(one) for one in at_once]
    assert len({instant(one) for one in found}) == len(found)


DAY = timedelta(days=1)
CHANGES = {
    "America/New_York": datetime(2027, 11, 7, 4, 0, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2027, 4, 3, 13, 0, tzinfo=UTC),
    "Pacific/Apia": datetime(2011, 12, 29, 8, 0, tzinfo=UTC),
}
"""Shortly before clocks go back by an hour, by half an hour, and before a day that a zone left out."""
