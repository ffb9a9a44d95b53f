"""The sums of the drift report."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syncd.core.events.findings import Kind
from syncd.core.reporting.sums import (
    Count,
    DateChange,
    Found,
    counts,
    date_changes,
    detection,
    how_found,
    over_time,
    repeats,
    resolution,
    spans,
)
from syncd.core.sync.calendars import CalendarKind
from tests.builders import NEW_YORK, NOW
from tests.claims.builders import TO_WEDNESDAY, a_drift, a_reverted

MINUTE = timedelta(minutes=1)


def test_counts() -> None:
    """The most frequent first, then by name."""
    assert counts(["b", "a", "c", "c"]) == (Count("c", 2), Count("a", 1), Count("b", 1))


@pytest.mark.parametrize(
    ("lengths", "median", "p95"),
    [([3], 3, 3), ([2, 1], 1, 2), ([5, 1, 3], 3, 5), (range(1, 101), 50, 95), (range(1, 21), 10, 19)],
)
def test_spans(lengths: list[int], median: int, p95: int) -> None:
    """Median and 95th percentile are lengths that did occur: the nearest rank."""
    found = spans(length * MINUTE for length in lengths)
    assert (found.cases, found.median, found.p95) == (len(lengths), median * MINUTE, p95 * MINUTE)


def test_spans_of_nothing() -> None:
    """Are none."""
    assert spans([]) == (0, None, None)


def test_time_to_detect() -> None:
    """Counts only from what the calendar says, and never backwards."""
    known = a_drift(edited_at=NOW - 5 * MINUTE)
    assert detection([known, a_drift(), a_drift(edited_at=NOW + MINUTE)]) == (1, 5 * MINUTE, 5 * MINUTE)


def test_time_to_resolve() -> None:
    """Leaves out what is open."""
    assert resolution([a_reverted(resolved_at=NOW + MINUTE), a_drift()]) == (1, MINUTE, MINUTE)


@pytest.mark.parametrize(
    ("kinds", "calendar", "found"),
    [
        ((Kind.MOVED,), CalendarKind.CALDAV, Found.CALENDAR),
        ((Kind.MOVED,), CalendarKind.FEED, Found.FEED),
        ((Kind.MOVED,), None, Found.REMOVED_CALENDAR),
        ((Kind.DECLINED,), CalendarKind.CALDAV, Found.REPLY),
        ((Kind.COUNTERED,), None, Found.REPLY),
    ],
)
def test_how_a_drift_was_found(kinds: tuple[Kind, ...], calendar: CalendarKind | None, found: Found) -> None:
    """By its calendar, or by an answer of the provider."""
    assert how_found(a_drift(kinds=kinds), calendar) is found


def test_days() -> None:
    """Every day of the period has a column, until the last moment before its end."""
    since, until = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 4, tzinfo=UTC)
    moments = [since, datetime(2026, 12, 1, 20, 0, tzinfo=NEW_YORK)]
    assert over_time(moments, since, until) == (Count("2026-12-01", 1), Count("2026-12-02", 1), Count("2026-12-03", 0))


def test_a_long_period() -> None:
    """Is counted by weeks from its first day."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    columns = over_time([since + timedelta(days=8)], since, since + timedelta(days=70))
    assert len(columns) == 10
    assert columns[1] == Count("2026-01-08", 1)


def test_repeats() -> None:
    """The same kinds of edit on the same appointment more than once, with the last time."""
    later = NOW + MINUTE
    drifts = [a_drift(detected_at=later), a_drift(), a_drift(kinds=(Kind.DELETED,)), a_drift(appointment_id="apt-2")]
    (repeat,) = repeats(drifts)
    assert (repeat.appointment_id, repeat.kinds, repeat.times, repeat.last_at) == ("apt-1", (Kind.MOVED,), 2, later)


def test_dates_that_an_edit_would_have_changed() -> None:
    """Are local dates in the provider's zone."""
    (change,) = date_changes(a_drift(), NEW_YORK)
    assert change == DateChange(None, date(2026, 12, 1), date(2026, 12, 2))
    (abroad,) = date_changes(a_drift(), ZoneInfo("Asia/Tokyo"))
    assert (abroad.old, abroad.edited) == (date(2026, 12, 2), date(2026, 12, 3))


def test_an_all_day_event() -> None:
    """Says its date as it is."""
    all_day = replace(TO_WEDNESDAY, observed="2026-12-03")
    (change,) = date_changes(a_drift(findings=(all_day,)), NEW_YORK)
    assert change.edited == date(2026, 12, 3)


@pytest.mark.parametrize("observed", [None, "soon", "2026-12-01T23:00:00-05:00"])
def test_an_edit_that_gives_no_other_date(observed: str | None) -> None:
    """Is none of them."""
    finding = replace(TO_WEDNESDAY, observed=observed)
    assert list(date_changes(a_drift(findings=(finding,)), NEW_YORK)) == []
    assert list(date_changes(a_drift(claim_date_changes=False), NEW_YORK)) == []
