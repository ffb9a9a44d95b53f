"""Working hours as people write them, and the free times that they leave."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.errors import InvalidValueError
from syncd.core.scheduling.hours import Opening, parse_hours, written_hours
from syncd.core.scheduling.slots import Taken, Wish, free_slots
from syncd.core.times import instant
from tests.builders import NEW_YORK, at

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Mon-Fri 09:00-17:00", "Mon-Fri 09:00-17:00"),
        ("mon - fri 9:00 – 17:00", "Mon-Fri 09:00-17:00"),
        ("Monday,Wednesday 09:00-12:00, 13:00-17:00", "Mon 09:00-12:00, 13:00-17:00; Wed 09:00-12:00, 13:00-17:00"),
        ("Sat 10:00-24:00; Mon 08:00-09:00", "Mon 08:00-09:00; Sat 10:00-24:00"),
        ("Mon-Tue 09:00-12:00; Tue 13:00-14:00", "Mon 09:00-12:00; Tue 09:00-12:00, 13:00-14:00"),
        ("none", "none"),
    ],
)
def test_hours(text: str, written: str) -> None:
    """What people write is read, and written in one manner that reads the same."""
    assert written_hours(parse_hours(text)) == written
    assert parse_hours(written) == parse_hours(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "9-17",
        "Mon",
        "Mon 9-17",
        "Mon 17:00-09:00",
        "Mon 09:00-09:00",
        "Mon 09:60-10:00",
        "Mon 09:00-25:00",
        "Fri-Mon 09:00-17:00",
        "Mo 09:00-17:00",
        "Mon 09:00-12:00, 11:00-13:00",
        "Mon 09:00-12:00; Mon-Tue 11:00-13:00",
        "Mon-Tue-Wed 09:00-10:00",
    ],
)
def test_no_hours(text: str) -> None:
    """What cannot be read is refused with an example, never guessed."""
    with pytest.raises(InvalidValueError, match="Mon-Fri 09:00-12:00"):
        parse_hours(text)


def test_a_working_day() -> None:
    """Sessions begin every half hour and end within the hours; one may begin as another ends."""
    taken = [Taken(at("2026-12-01T10:00"), at("2026-12-01T10:50"))]
    wish = Wish(50, instant(at("2026-12-01T00:00")), instant(at("2026-12-02T00:00")))
    found = free_slots(parse_hours("Tue 09:00-12:00"), NEW_YORK, HALF_AN_HOUR, taken, wish)
    assert [f"{start:%H:%M}" for start in found] == ["09:00", "11:00"]


def test_touching() -> None:
    """A session of a full hour fits between two that it touches."""
    taken = [
        Taken(at("2026-12-01T09:00"), at("2026-12-01T10:00")),
        Taken(at("2026-12-01T11:00"), at("2026-12-01T12:00")),
    ]
    wish = Wish(60, instant(at("2026-12-01T00:00")), instant(at("2026-12-02T00:00")))
    found = free_slots(parse_hours("Tue 09:00-12:00"), NEW_YORK, HALF_AN_HOUR, taken, wish)
    assert [f"{start:%H:%M}" for start in found] == ["10:00"]


def test_clocks() -> None:
    """A start that the clocks skip, or show twice, is not offered; hours are those of the wall clock."""
    week = parse_hours("Sun 01:00-04:00")

    def on(day: str) -> list[str]:
        begins = instant(at(f"{day}T00:00"))
        wish = Wish(30, begins, begins + timedelta(hours=26))
        return [f"{start:%H:%M}" for start in free_slots(week, NEW_YORK, HALF_AN_HOUR, [], wish)]

    assert on("2027-03-14") == ["01:00", "01:30", "03:00", "03:30"]
    assert on("2027-11-07") == ["02:00", "02:30", "03:00", "03:30"]


_MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2026, 11, 20)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001


@given(
    st.lists(st.tuples(_MOMENTS, st.integers(1, 600)), max_size=20),
    st.integers(5, 180),
    st.sampled_from(["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_what_is_offered_is_free(taken: list[tuple[datetime, int]], minutes: int, name: str) -> None:
    """No offered session meets anything taken, lies outside of its hours, or in two places of the list."""
    tz, week = ZoneInfo(name), (Opening(0, 540, 1020), Opening(2, 0, 1440), Opening(6, 60, 240))
    busy = [Taken(start, start + timedelta(minutes=length)) for start, length in taken]
    wish = Wish(minutes, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
    found = free_slots(week, tz, HALF_AN_HOUR, busy, wish)
    assert found == sorted(set(found), key=instant)
    for start in found:
        end = instant(start) + timedelta(minutes=minutes)
        assert not any(one.start < end and instant(start) < one.end for one in busy)
        assert start.weekday() in {0, 2, 6}
        assert wish.since <= instant(start) < wish.until
