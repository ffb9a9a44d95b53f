"""Recurrence rules: read, written, and expanded within bounds (RFC 5545 section 3.3.10)."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.errors import InvalidRuleError
from syncd.core.events.recurrence import RecurrenceRule, occurrences
from syncd.core.events.rule import WEEKDAYS

NEW_YORK = ZoneInfo("America/New_York")
wall = datetime.fromisoformat
START = wall("2026-03-03T10:00")


def expanded(text: str, start: datetime = START, limit: int = 5) -> list[datetime]:
    return list(occurrences(RecurrenceRule.parse(text), start, limit=limit))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=WEEKLY;COUNT=3", ["03-03", "03-10", "03-17"]),
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3", ["03-03", "03-05", "03-10"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;WKST=SU;COUNT=3", ["03-03", "03-15", "03-17"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;COUNT=3", ["03-03", "03-08", "03-17"]),
        ("FREQ=MONTHLY;BYDAY=1TU;COUNT=3", ["03-03", "04-07", "05-05"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", ["03-27", "04-24"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2", ["03-31", "04-30"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["03-31", "04-30"]),
        ("FREQ=YEARLY;BYWEEKNO=20;COUNT=1", ["05-12"]),
        ("FREQ=DAILY;UNTIL=20260305", ["03-03", "03-04", "03-05"]),
        ("FREQ=DAILY;UNTIL=20260305T095959", ["03-03", "03-04"]),
    ],
)
def test_days_of_rules_as_programs_write_them(text: str, expected: list[str]) -> None:
    """A rule yields the days that RFC 5545 names, at the time of its start."""
    assert [f"{each:%m-%d}" for each in expanded(text)] == expected


def test_rule_without_matching_start() -> None:
    """The start is yielded only if the rule names it."""
    assert expanded("FREQ=WEEKLY;BYDAY=WE", limit=1) == [wall("2026-03-04T10:00")]


@pytest.mark.parametrize(
    ("until", "count"),
    [("20260310T140000Z", 2), ("20260310T135959Z", 1), ("20260310T100000", 2), ("20260310", 2), ("20260309", 1)],
)
def test_until_in_every_form(until: str, count: int) -> None:
    """UNTIL includes an occurrence at that very moment; in UTC it is compared by instants."""
    rule = RecurrenceRule.parse(f"FREQ=WEEKLY;UNTIL={until}")
    assert len(list(occurrences(rule, START, zone=NEW_YORK))) == count


def test_until_in_utc_without_a_zone() -> None:
    """Where the times have no zone, the digits of a UTC UNTIL are read as local."""
    assert len(expanded("FREQ=WEEKLY;UNTIL=20260310T100000Z")) == 2


def test_window_and_limit() -> None:
    """Occurrences come from `after` on, before `before`, and no more than asked for; COUNT counts from the start."""
    rule = RecurrenceRule.parse("FREQ=DAILY;COUNT=10")
    walls = list(occurrences(rule, START, START + timedelta(days=8), 3, after=START + timedelta(days=6)))
    assert walls == [START + timedelta(days=6), START + timedelta(days=7)]
    assert len(list(occurrences(rule, START, limit=3))) == 3
    assert list(occurrences(rule, START, after=START + timedelta(days=10))) == []


def test_skipping_ahead_in_an_old_series() -> None:
    """A series that began long ago is not expanded from its beginning."""
    rule = RecurrenceRule.parse("FREQ=WEEKLY;INTERVAL=2")
    start = wall("1971-03-02T10:00")
    first = next(occurrences(rule, start, after=wall("2026-03-01")))
    assert (first - start) % timedelta(weeks=2) == timedelta()
    assert first - wall("2026-03-01") < timedelta(weeks=2)


def test_canonical_form() -> None:
    """Rules that differ in order, case and defaults only are equal, and are written alike."""
    spelled = RecurrenceRule.parse("wkst=MO;BYDAY=TH,TU,TU;INTERVAL=1;FREQ=WEEKLY;X-NOTE=1;")
    assert spelled == RecurrenceRule.parse("FREQ=WEEKLY;BYDAY=TU,TH")
    assert spelled.format() == "FREQ=WEEKLY;BYDAY=TU,TH"


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;INTERVAL=2;COUNT=4;BYMONTH=1,2;BYWEEKNO=1,-1;BYYEARDAY=1;BYMONTHDAY=-1,1;BYDAY=-1MO,TU;WKST=SU",
        "FREQ=HOURLY;UNTIL=20260310T140000Z;BYHOUR=9;BYMINUTE=0,30;BYSECOND=0;BYSETPOS=-1",
        "FREQ=DAILY;UNTIL=20260310T140000",
        "FREQ=DAILY;UNTIL=20260310",
    ],
)
def test_writing_what_was_read(text: str) -> None:
    """A rule in canonical order is written as it was read, its lists sorted."""
    assert RecurrenceRule.parse(RecurrenceRule.parse(text).format()) == RecurrenceRule.parse(text)
    assert set(RecurrenceRule.parse(text).format().split(";")[0:2]) == set(text.split(";")[0:2])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "BYDAY=MO",
        "FREQ=FORTNIGHTLY",
        "FREQ=WEEKLY;FREQ=WEEKLY",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;COUNT=three",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20261231",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=WEEKLY;INTERVAL=" + "9" * 5000,
        "FREQ=WEEKLY;UNTIL=soon",
        "FREQ=WEEKLY;UNTIL=20261331",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=MONTHLY;BYDAY=60MO",
        "FREQ=MONTHLY;BYDAY=+-1MO",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=YEARLY;BYMONTH=-1",
        "FREQ=WEEKLY;WKST=1",
        "FREQ=WEEKLY;BYMOON=1",
        "FREQ=WEEKLY;BYDAY",
        "RSCALE=HEBREW;FREQ=YEARLY",
        "FREQ=DAILY;BYMINUTE=" + ",".join(["1"] * 2000),
    ],
)
def test_what_is_no_rule(text: str) -> None:
    """A rule that cannot be followed is refused with a sentence, never with another exception."""
    with pytest.raises(InvalidRuleError):
        RecurrenceRule.parse(text)


def test_bounding_a_rule() -> None:
    """`bounded_until` ends a rule at an instant and drops its COUNT."""
    rule = RecurrenceRule.parse("FREQ=WEEKLY;COUNT=10").bounded_until(datetime(2026, 3, 10, 10, tzinfo=NEW_YORK))
    assert rule.format() == "FREQ=WEEKLY;UNTIL=20260310T140000Z"
    assert rule.until == datetime(2026, 3, 10, 14, tzinfo=UTC)
    assert not rule.is_endless
    assert len(list(occurrences(rule, START, zone=NEW_YORK))) == 2


@pytest.mark.parametrize(
    ("text", "sub_daily"),
    [("FREQ=DAILY", False), ("FREQ=HOURLY", True), ("FREQ=DAILY;BYHOUR=9,17", True), ("FREQ=DAILY;BYHOUR=9", False)],
)
def test_telling_rules_that_fire_several_times_a_day(text: str, sub_daily: bool) -> None:
    """A rule is sub-daily by its FREQ or by several times of the day."""
    assert RecurrenceRule.parse(text).is_sub_daily is sub_daily
    assert RecurrenceRule.parse(text).is_endless


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYHOUR=9;BYMINUTE=9;BYSECOND=61".replace("61", "60"),
        "FREQ=SECONDLY;INTERVAL=999999;BYSECOND=7",
        "FREQ=MINUTELY;BYYEARDAY=366;BYHOUR=3",
        "FREQ=YEARLY;INTERVAL=999999",
        "FREQ=YEARLY;BYYEARDAY=366;BYWEEKNO=1;BYMONTH=7",
        "FREQ=SECONDLY",
    ],
)
def test_rules_that_hardly_ever_or_always_fire(text: str) -> None:
    """No rule costs more than a fraction of a second, whatever it names and however seldom it fires."""
    began = process_time()
    assert len(list(islice(occurrences(RecurrenceRule.parse(text), START), 2000))) <= 1000
    assert process_time() - began < 1


def numbers(lowest: int, highest: int, *, from_end: bool = False) -> st.SearchStrategy[str]:
    one = st.integers(lowest, highest)
    if from_end:
        one = st.builds(lambda number, sign: number * sign, one, st.sampled_from([1, 1, -1]))
    return st.lists(one, min_size=1, max_size=4, unique=True).map(lambda values: ",".join(map(str, values)))


def days(prefixes: list[str]) -> st.SearchStrategy[str]:
    one = st.builds(lambda number, day: number + day, st.sampled_from(prefixes), st.sampled_from(WEEKDAYS))
    return st.lists(one, min_size=1, max_size=3, unique=True).map(",".join)


PLAIN, MONTH_DAYS = days([""]), numbers(1, 28, from_end=True)
# Week -52 or -53 can be the next year's first, of which a day stands in this year: dateutil finds it by 1 alone.
WEEKS = st.lists(st.integers(-51, -1) | st.integers(1, 52), min_size=1, max_size=4, unique=True)
NTH = PLAIN | days(["1", "2", "-1", "-2"])  # mixed, dateutil takes what is both
DAY_PARTS: dict[str, list[dict[str, st.SearchStrategy[str]]]] = {
    "YEARLY": [
        {"BYMONTH": numbers(1, 12)},
        {"BYMONTH": numbers(1, 12), "BYDAY": NTH},
        {"BYMONTHDAY": MONTH_DAYS},
        {"BYDAY": NTH},
        {"BYYEARDAY": numbers(1, 365, from_end=True)},
        {"BYWEEKNO": WEEKS.map(lambda weeks: ",".join(map(str, weeks))), "BYDAY": PLAIN},
    ],
    "MONTHLY": [{}, {"BYMONTHDAY": MONTH_DAYS}, {"BYDAY": NTH}, {"BYDAY": PLAIN, "BYMONTHDAY": numbers(1, 28)}],
    "WEEKLY": [{}, {"BYDAY": PLAIN}],
    "DAILY": [{}, {"BYDAY": PLAIN}, {"BYMONTHDAY": MONTH_DAYS}, {"BYMONTH": numbers(1, 12)}],
    "HOURLY": [{}, {"BYDAY": PLAIN}],
}
"""What may stand together in a rule that fires: dateutil searches to the year 9999 for one that does not."""


@st.composite
def rules(draw: st.DrawFn) -> str:
    freq: str = draw(st.sampled_from(sorted(DAY_PARTS)))
    parts: dict[str, str] = {key: draw(values) for key, values in draw(st.sampled_from(DAY_PARTS[freq])).items()}
    by_parts = bool(parts)
    if "BYMONTH" not in parts:
        parts["INTERVAL"] = str(draw(st.integers(1, 5)))
    if draw(st.booleans()):
        parts["BYMINUTE"] = draw(numbers(0, 59))
    if freq != "HOURLY" and draw(st.booleans()):
        parts["BYHOUR"] = draw(numbers(0, 23))
    if by_parts and freq != "WEEKLY" and draw(st.booleans()):  # dateutil's first week begins at the start
        parts["BYSETPOS"] = draw(st.sampled_from(["1", "-1", "1,-1"]))
    if draw(st.booleans()):
        parts["COUNT"] = str(draw(st.integers(1, 30)))
    parts["WKST"] = draw(st.sampled_from(["MO", "SU", "WE"]))
    return ";".join(f"{key}={value}" for key, value in {"FREQ": freq, **parts}.items())


@settings(max_examples=150, deadline=None)
@given(rules(), st.datetimes(wall("2020-01-01"), wall("2028-12-31")))
def test_expansion_agrees_with_another_implementation(text: str, start: datetime) -> None:
    """Within three years every rule yields what dateutil's yields."""
    start = start.replace(microsecond=0, day=min(start.day, 28))
    before = start + timedelta(days=1100)
    theirs = list(islice(takewhile(lambda each: each < before, rrulestr(text, dtstart=start)), 20))
    assert list(occurrences(RecurrenceRule.parse(text), start, before, 20)) == theirs


@settings(max_examples=60, deadline=None)
@given(rules(), st.integers(0, 900))
def test_skipping_ahead_changes_nothing(text: str, skipped: int) -> None:
    """Occurrences after a moment are those of the whole expansion after it."""
    rule, after = RecurrenceRule.parse(text), START + timedelta(days=skipped)
    before = after + timedelta(days=200)
    whole = [each for each in occurrences(rule, START, before, 20_000) if each >= after]
    assert list(occurrences(rule, START, before, 20_000, after=after))[: len(whole)] == whole


def test_until_is_kept_in_its_own_form() -> None:
    """UNTIL as a date stays a date: it means the whole day."""
    assert RecurrenceRule.parse("FREQ=DAILY;UNTIL=20260310").until == date(2026, 3, 10)
