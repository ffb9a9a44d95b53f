"""Sessions at a change of clocks, as programs read them that do arithmetic on the wall clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.times import instant, lenient_local
from syncd.ics.itip import cancel, request
from tests.ics.bodies import NEW_YORK, a_desired, a_session, events, unfolded

STAMP = datetime(2026, 10, 1, 12, tzinfo=UTC)
BERLIN, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
CHANGES = [
    datetime(2026, 11, 1, 2, tzinfo=NEW_YORK),  # back: the hour from 1 on is repeated
    datetime(2027, 3, 14, 2, tzinfo=NEW_YORK),  # ahead: the hour from 2 on is skipped
    datetime(2026, 10, 25, 3, tzinfo=BERLIN),
    datetime(2027, 3, 28, 2, tzinfo=BERLIN),
    datetime(2026, 10, 4, 2, tzinfo=LORD_HOWE),  # by half an hour
    datetime(2027, 4, 4, 2, tzinfo=LORD_HOWE),
]


class Shown(NamedTuple):
    """A session as a program shows it, in UTC."""

    start: datetime
    end: datetime


class WallClockReader:
    """A program that adds durations, and the span from DTSTART to DTEND, on the wall clock.

    ``fold``: which of two equal local times it takes a time for.
    """

    def __init__(self, fold: int) -> None:
        self._fold = fold

    def shown(self, body: bytes) -> list[Shown]:
        master, *overrides = events(body)
        named = {self._instant(one["RECURRENCE-ID"].dt): one for one in overrides}
        return sorted(self._one(named.get(self._instant(wall), master), wall) for wall in self._walls(master))

    def _walls(self, master: Any) -> Iterator[datetime]:
        first = master["DTSTART"].dt
        if "RRULE" not in master:
            yield first
            return
        rule = rrulestr(master["RRULE"].to_ical().decode(), dtstart=first.replace(tzinfo=None))
        for wall in rule:
            yield wall.replace(tzinfo=first.tzinfo)

    def _one(self, event: Any, wall: datetime) -> Shown:
        start = event["DTSTART"].dt if "RECURRENCE-ID" in event or "RRULE" not in event else wall
        if "DTEND" in event:
            span = event["DTEND"].dt.replace(tzinfo=None) - event["DTSTART"].dt.replace(tzinfo=None)
        else:
            span = event["DURATION"].dt
        end = (start.replace(tzinfo=None) + span).replace(tzinfo=start.tzinfo)
        return Shown(self._instant(start), self._instant(end))

    def _instant(self, local: datetime) -> datetime:
        if local.tzinfo is UTC or str(local.tzinfo) == "UTC":
            return local.astimezone(UTC)
        return local.replace(tzinfo=ZoneInfo(str(local.tzinfo)), fold=self._fold).astimezone(UTC)


def wanted(start: datetime, minutes: int, count: int, step: timedelta) -> list[Shown]:
    walls = (start.replace(tzinfo=None, fold=0) + step * n for n in range(count))
    starts = [instant(start) if count == 1 else instant(lenient_local(wall, start.tzinfo or UTC)) for wall in walls]
    return [Shown(at, at + timedelta(minutes=minutes)) for at in starts]


near = st.tuples(st.sampled_from(CHANGES), st.integers(-40, 12)).map(
    lambda drawn: (instant(drawn[0]) + timedelta(minutes=10 * drawn[1])).astimezone(drawn[0].tzinfo)
)


@given(start=near, minutes=st.sampled_from([10, 50, 90, 180, 300]), fold=st.sampled_from([0, 1]))
def test_a_single_session_at_a_change_of_clocks(start: datetime, minutes: int, fold: int) -> None:
    """Whichever way a program counts, it shows the session when it is: where that would be in doubt, UTC is given."""
    body = request(a_desired(a_session(start, minutes=minutes)), STAMP)

    assert WallClockReader(fold).shown(body) == wanted(start, minutes, 1, timedelta())
    assert "DURATION" not in unfolded(body)


def exists(start: datetime, step: timedelta, count: int) -> bool:
    """Tell whether a series names no local time that is skipped: programs differ on what that is, whatever is sent."""
    walls = ((start.replace(tzinfo=None, fold=0) + step * n).replace(tzinfo=start.tzinfo) for n in range(count))
    return all(
        wall.astimezone(UTC).astimezone(wall.tzinfo).replace(tzinfo=None) == wall.replace(tzinfo=None) for wall in walls
    )


@given(
    start=near,
    minutes=st.sampled_from([10, 50, 90, 180, 300]),
    weeks_before=st.integers(0, 3),
    daily=st.booleans(),
    fold=st.sampled_from([0, 1]),
)
def test_a_series_across_a_change_of_clocks(
    start: datetime, minutes: int, weeks_before: int, daily: bool, fold: int
) -> None:
    """An instance that spans a change, or falls into the hour that is repeated, is an override of its own."""
    step = timedelta(days=1 if daily else 7)
    first = lenient_local(start.replace(tzinfo=None, fold=0) - step * weeks_before, start.tzinfo or UTC)
    if not exists(first, step, 6):
        return
    freq = "DAILY" if daily else "WEEKLY"
    body = request(a_desired(a_session(first, minutes=minutes), rule=f"FREQ={freq};COUNT=6"), STAMP)

    assert WallClockReader(fold).shown(body) == sorted(wanted(first, minutes, 6, step))


def test_an_instance_in_the_hour_that_is_skipped() -> None:
    """It is named, in UTC: the moment that RFC 5545 section 3.3.5 reads there."""
    start = datetime(2027, 3, 7, 2, 30, tzinfo=NEW_YORK)
    master, override = events(request(a_desired(a_session(start), rule="FREQ=WEEKLY;COUNT=3"), STAMP))

    assert override["DTSTART"].dt == datetime(2027, 3, 14, 7, 30, tzinfo=UTC)
    assert override["DTEND"].dt == datetime(2027, 3, 14, 8, 20, tzinfo=UTC)
    assert str(override["SUMMARY"]) == str(master["SUMMARY"])


def test_a_series_far_from_any_change() -> None:
    """By day nothing needs to be named."""
    assert len(events(request(a_desired(rule="FREQ=WEEKLY"), STAMP))) == 1


def test_an_endless_series_by_night() -> None:
    """The changes of many years to come are named: no message is sent as time goes by."""
    start = datetime(2026, 10, 4, 1, 30, tzinfo=NEW_YORK)
    named = [
        event["RECURRENCE-ID"].dt
        for event in events(request(a_desired(a_session(start), rule="FREQ=WEEKLY"), STAMP))[1:]
    ]

    assert [one.date().isoformat() for one in named[:3]] == ["2026-11-01", "2027-03-14", "2027-11-07"]
    assert named[-1].year == 2036


def test_what_is_excluded_is_not_named() -> None:
    """An instance at a change of clocks that was cancelled stays cancelled."""
    start, change = (datetime(2026, month, day, 1, 30, tzinfo=NEW_YORK) for month, day in ((10, 4), (11, 1)))
    desired = a_desired(a_session(start), rule="FREQ=WEEKLY;COUNT=8", exdates=(change,))

    assert len(events(request(desired, STAMP))) == 1


def test_a_moved_instance_over_a_change_of_clocks() -> None:
    """An override has both its ends, and none of them in doubt."""
    start = datetime(2026, 10, 24, 20, tzinfo=NEW_YORK)
    moved = a_session(datetime(2026, 10, 31, 23, 30, tzinfo=NEW_YORK), minutes=240, recurrence_id=start + timedelta(7))
    desired = a_desired(a_session(start), rule="FREQ=WEEKLY;COUNT=3", overrides=(moved,))
    [_, override] = events(request(desired, STAMP))

    assert (override["DTEND"].dt - override["DTSTART"].dt.astimezone(UTC)) == timedelta(minutes=240)
    assert "DURATION" not in override


def test_a_cancellation_names_what_a_request_named() -> None:
    """The instances that a program holds by themselves go with the series."""
    start = datetime(2026, 10, 4, 1, 30, tzinfo=NEW_YORK)
    desired = a_desired(a_session(start), rule="FREQ=WEEKLY;COUNT=8")
    asked, cancelled = (
        [str(event.get("RECURRENCE-ID") and event["RECURRENCE-ID"].dt) for event in events(write(desired, STAMP))]
        for write in (request, cancel)
    )

    assert asked == cancelled
    assert len(cancelled) == 2


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "America/New_York", "Asia/Gaza"])
def test_a_message_as_icalendar_reads_it(zone: str) -> None:
    """Another reader finds the same instants, over every change of a year."""
    start = datetime(2026, 12, 1, 1, 30, tzinfo=ZoneInfo(zone))
    body = request(replace(a_desired(a_session(start), rule="FREQ=DAILY;COUNT=366"), uid=f"{zone}@x"), STAMP)

    assert icalendar.Calendar.from_ical(body)
    assert WallClockReader(0).shown(body) == sorted(wanted(start, 50, 366, timedelta(days=1)))
