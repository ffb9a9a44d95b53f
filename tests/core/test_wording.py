"""Durations and days as people say them."""

from datetime import timedelta

import pytest

from syncd.core.wording import counted, day_and_time, duration, notice
from tests.builders import START


@pytest.mark.parametrize(
    ("time", "words", "given"),
    [
        (timedelta(), "less than a minute", "no notice"),
        (timedelta(hours=-3), "less than a minute", "no notice"),
        (timedelta(seconds=119), "1 minute", "1 minute's notice"),
        (timedelta(minutes=50), "50 minutes", "50 minutes' notice"),
        (timedelta(hours=1), "1 hour", "1 hour's notice"),
        (timedelta(minutes=100), "100 minutes", "100 minutes' notice"),
        (timedelta(hours=26, minutes=59), "26 hours", "26 hours' notice"),
        (timedelta(hours=47, minutes=59), "47 hours", "47 hours' notice"),
        (timedelta(days=2), "2 days", "2 days' notice"),
        (timedelta(hours=398), "16 days", "16 days' notice"),
    ],
)
def test_a_duration(time: timedelta, words: str, given: str) -> None:
    """Is told in the largest unit that still tells it well, rounded down; notice is never promised where none is."""
    assert (duration(time), notice(time)) == (words, given)


def test_a_day() -> None:
    """Is told with its weekday, in no other language than the sentence around it."""
    assert day_and_time(START) == "Tue 1 Dec 2026, 10:00"


def test_a_number_of_things() -> None:
    """One is one thing."""
    assert (counted(1, "session"), counted(0, "session"), counted(2, "session")) == (
        "1 session",
        "0 sessions",
        "2 sessions",
    )
