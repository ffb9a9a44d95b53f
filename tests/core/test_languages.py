"""Clocks and dates by a language tag."""

from datetime import datetime

import pytest

from syncd.core.errors import InvalidValueError
from syncd.core.scheduling.languages import checked_language, clock, day, short_day

NOON, MIDNIGHT, EVENING = (datetime(2026, 12, 1, hour, 5) for hour in (12, 0, 23))  # noqa: DTZ001 - a wall clock's


@pytest.mark.parametrize("tag", ["en-US", "en", "en-AU", "en-CA", "es-CO", "ko", "hi-IN", "zh-Hant-TW"])
def test_a_clock_with_twelve_hours(tag: str) -> None:
    """Noon is 12 PM and midnight 12 AM."""
    assert [clock(one, tag) for one in (MIDNIGHT, NOON, EVENING)] == ["12:05 AM", "12:05 PM", "11:05 PM"]


@pytest.mark.parametrize(
    "tag", ["", "en-GB", "en-IE", "de", "de-AT", "fr-CA", "es-MX", "es", "pt-BR", "ja-JP", "en-150"]
)
def test_a_clock_with_24_hours(tag: str) -> None:
    """So it is where people count to 24, and where nothing is known."""
    assert [clock(one, tag) for one in (MIDNIGHT, NOON, EVENING)] == ["00:05", "12:05", "23:05"]


@pytest.mark.parametrize(("text", "tag"), [("EN_us", "en-US"), (" de ", "de"), ("zh-hant-tw", "zh-Hant-TW")])
def test_a_tag_however_it_is_spelled(text: str, tag: str) -> None:
    """It is kept in its usual spelling."""
    assert checked_language(text) == tag


@pytest.mark.parametrize("text", ["", "english please", "e", "en-", "en-USA", "12", "en\nUS"])
def test_a_tag_that_is_none(text: str) -> None:
    """It is refused, and an example given."""
    with pytest.raises(InvalidValueError, match="en-US"):
        checked_language(text)


def test_dates() -> None:
    """The month comes first where people write it so."""
    assert (day(NOON, "en-US"), day(NOON, "en-GB")) == ("Tuesday, December 1, 2026", "Tuesday, 1 December 2026")
    assert (short_day(NOON, "en-US"), short_day(NOON)) == ("Tue, Dec 1, 2026", "Tue 1 Dec 2026")
