"""Moments, messages and edits as the console's pages write them."""

from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.events.findings import Finding, Kind, Severity
from syncd.presentation import drawn_day, edits, moments
from syncd.presentation.wording import for_pages
from tests.adapters_db.test_drifts import a_drift
from tests.builders import START, an_appointment, at


def test_a_moment_names_its_zone() -> None:
    """Weekday, day, month as a word, year, wall clock and letters; a zone without letters gives its offset."""
    assert moments.when(START) == "Tue 1 Dec 2026, 10:00 EST"
    assert moments.when(at("2026-12-01T10:00", "America/Sao_Paulo")) == "Tue 1 Dec 2026, 10:00 UTC−3"
    assert moments.when(at("2026-12-01T10:00", "Asia/Kathmandu")) == "Tue 1 Dec 2026, 10:00 UTC+5:45"


def test_a_range_repeats_its_day_only_if_it_changes() -> None:
    assert moments.span(START, START + timedelta(minutes=50)) == "Tue 1 Dec 2026, 10:00–10:50 EST"
    late = START.replace(hour=23, minute=30)
    assert moments.span(late, late + timedelta(minutes=50)) == "Tue 1 Dec 2026, 23:30–Wed 2 Dec 2026, 00:20 EST"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (3, "just now"),
        (59, "59 seconds ago"),
        (3599, "59 minutes ago"),
        (57_600, "16 hours ago"),
        (-240, "in 4 minutes"),
    ],
)
def test_how_long_ago(seconds: int, told: str) -> None:
    """One unit, rounded down."""
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert moments.ago(now - timedelta(seconds=seconds), now) == told


def test_lengths_and_numbers() -> None:
    assert moments.length(187_200) == "2 days 4 hours"
    assert moments.length(0) == "0 seconds"
    assert [moments.number(9999), moments.number(12345)] == ["9999", "12\u2009345"]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("No drift 'x'. See: syncd drift list", "No drift 'x'."),
        ("It is held (syncd claim release clm-1).", "It is held."),
        ("Held since 2026-12-01T10:00-05:00.", "Held since Tue 1 Dec 2026, 10:00 UTC−5."),
        ("Attested for 2026-12-01.", "Attested for Tue 1 Dec 2026."),
        ("Revert it or accept it.", "Revert it or accept it."),
    ],
)
def test_messages_without_commands(message: str, shown: str) -> None:
    """What is typed on a command line means nothing on a page, and times are read by people."""
    assert for_pages(message) == shown


def a_finding(kind: Kind, before: str | None, after: str | None, field: str = "DTSTART") -> Finding:
    return Finding(kind=kind, severity=Severity.TIME, field=field, published=before, observed=after)


@pytest.mark.parametrize(
    ("finding", "told"),
    [
        (
            a_finding(Kind.MOVED, "2026-12-01T10:00:00-05:00", "2026-12-02T10:00:00-05:00"),
            "moved a session to another day",
        ),
        (
            a_finding(Kind.MOVED, "2026-12-01T10:00:00-05:00", "2026-12-01T11:00:00-05:00"),
            "moved a session to another time",
        ),
        (a_finding(Kind.DELETED, "2026-12-01T10:00:00-05:00", None, "resource"), "deleted a session"),
        (a_finding(Kind.TITLE, "a", "b", "SUMMARY"), "changed the title"),
        (
            a_finding(Kind.RESIZED, "2026-12-01T10:50:00-05:00", "2026-12-01T11:50:00-05:00", "DTEND"),
            "made a session longer",
        ),
    ],
)
def test_an_edit_in_words(finding: Finding, told: str) -> None:
    drift = a_drift(findings=(finding,), kinds=(finding.kind,))
    assert edits.headline("Dana Doe", drift) == f"Dana Doe {told}"


def test_the_end_moves_along() -> None:
    """Where the start alone was changed, both lines differ; the rest is the same."""
    one = an_appointment()
    moved = a_finding(Kind.MOVED, one.start.isoformat(), (one.start + timedelta(days=1)).isoformat())
    drift = a_drift(findings=(moved,), kinds=(Kind.MOVED,), claim_date_changes=True)
    assert [line.name for line in edits.differing(drift, one)] == ["Starts", "Ends"]
    assert [line.name for line in edits.equal_lines(one, drift)] == ["Length", "Place"]
    before, after = edits.claim_dates(drift, one.start) or (None, None)
    assert (before, after) == (one.start.date(), one.start.date() + timedelta(days=1))


def test_a_drawn_day_says_all_in_words() -> None:
    """Both days under one scale; what lies beyond midnight ends with the day."""
    late = START.replace(hour=23, minute=30)
    drawn = drawn_day.draw(
        [
            drawn_day.Stretch(START, START + timedelta(minutes=50), "record", "on record"),
            drawn_day.Stretch(late + timedelta(days=1), late + timedelta(days=1, minutes=50), "edit", "edited"),
        ],
        960,
    )
    assert [row.name for row in drawn.rows] == ["Tue 1 Dec 2026", "Wed 2 Dec 2026"]
    assert "On record: Tue 1 Dec 2026, 10:00–10:50 EST" in drawn.told
    assert all(block.x + block.width <= drawn.width for row in drawn.rows for block in row.blocks)
