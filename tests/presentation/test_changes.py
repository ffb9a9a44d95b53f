"""An edit in one line."""

import pytest

from syncd.core.events.findings import Finding, Kind, Severity
from syncd.presentation.changes import before_after, from_to
from syncd.presentation.dates import minute, session
from tests.builders import START, at

TEN = "2026-12-01T10:00:00-05:00"


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (TEN, "2026-12-01T11:30:00-05:00", "Tue 2026-12-01 10:00 → 11:30"),
        (TEN, "2026-12-02T10:00:00-05:00", "Tue 2026-12-01 10:00 → Wed 2026-12-02 10:00"),
        (TEN, None, "Tue 2026-12-01 10:00 → nothing"),
        (None, "CANCEL", "nothing → CANCEL"),
        ("Room 1", "Room\n2", "Room 1 → Room 2"),
        ("Today", "Tomorrow T", "Today → Tomorrow T"),
        ("2026-12-01", "2026-12-02", "2026-12-01 → 2026-12-02"),
        ("x" * 90, "y", f"{'x' * 39}… → y"),
    ],
)
def test_from_what_to_what(before: str | None, after: str | None, shown: str) -> None:
    """Times are local and to the minute, texts are in one line and short."""
    assert from_to(before, after) == shown


def test_several_findings() -> None:
    """The first three are told, and how many more there are; an instance by its day."""
    one = Finding(
        kind=Kind.INSTANCE_MOVED, severity=Severity.TIME, field="DTSTART", published=TEN, observed=None,
        recurrence_id=START,
    )  # fmt: skip
    told = before_after([one] * 5)
    assert told.startswith("instance moved of Tue 2026-12-01: Tue 2026-12-01 10:00 → nothing; ")
    assert told.endswith(" and 2 more")


def test_when_a_session_is() -> None:
    """By the clock on the wall; the day of its end only where it is another."""
    assert session(START, at("2026-12-01T10:50")) == "Tue 2026-12-01 10:00–10:50"
    assert session(at("2026-12-01T23:30"), at("2026-12-02T00:20")) == "Tue 2026-12-01 23:30–Wed 2026-12-02 00:20"
    assert minute(START, "Europe/Berlin") == "Tue 2026-12-01 16:00"
