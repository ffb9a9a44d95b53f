"""Guards: what is a fault of the calendar and never a provider's edits."""

import pytest

from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.guards import Sight, check_sight


@pytest.mark.parametrize(
    ("sight", "state"),
    [
        (Sight(standing=5, missing=5, empty=True, cursor_lost=False), CalendarState.EMPTIED),
        (Sight(standing=5, missing=5, empty=True, cursor_lost=True), CalendarState.RECREATED),
        (Sight(standing=5, missing=5, empty=False, cursor_lost=True), CalendarState.RECREATED),
    ],
)
def test_all_gone_at_once(sight: Sight, state: CalendarState) -> None:
    """A state of the calendar, with a word on what to do."""
    alarm = check_sight(sight)
    assert alarm is not None
    assert alarm.state is state
    assert "syncd calendar resume" in alarm.message


@pytest.mark.parametrize(
    "sight",
    [
        Sight(standing=5, missing=4, empty=False, cursor_lost=False),
        Sight(standing=1, missing=1, empty=True, cursor_lost=False),
        Sight(standing=5, missing=0, empty=False, cursor_lost=True),
        Sight(standing=0, missing=0, empty=True, cursor_lost=False),
    ],
)
def test_what_is_no_alarm(sight: Sight) -> None:
    """Single deletions, an expired token and a calendar to which nothing was published yet."""
    assert check_sight(sight) is None
