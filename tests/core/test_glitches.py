"""When a calendar counts as gone or half answered: the table of `after_failure`, row by row."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.sync.calendars import CalendarState, Suspicion
from syncd.core.sync.glitches import TIMES, after_failure, not_healed
from tests.builders import NOW, a_calendar

_STATES = CalendarState
LASTING = timedelta(minutes=10)


def suspected(state: CalendarState, times: int, minutes: int) -> Suspicion:
    return Suspicion(state, NOW - timedelta(minutes=minutes), times)


@pytest.mark.parametrize(
    ("before", "suspicion", "found", "proven", "state"),
    [
        (_STATES.OK, None, _STATES.LOGIN_REFUSED, False, _STATES.LOGIN_REFUSED),
        (_STATES.VANISHED, None, _STATES.LOGIN_REFUSED, False, _STATES.LOGIN_REFUSED),
        (_STATES.OK, None, _STATES.READ_ONLY, False, _STATES.READ_ONLY),
        (_STATES.OK, None, _STATES.UNREACHABLE, False, _STATES.UNREACHABLE),
        (_STATES.VANISHED, None, _STATES.UNREACHABLE, False, _STATES.VANISHED),
        (_STATES.PARTIAL_ANSWER, None, _STATES.VANISHED, True, _STATES.PARTIAL_ANSWER),
        (_STATES.OK, None, _STATES.VANISHED, True, _STATES.VANISHED),
        (_STATES.OK, None, _STATES.VANISHED, False, _STATES.UNREACHABLE),
        (_STATES.UNREACHABLE, suspected(_STATES.VANISHED, 2, 11), _STATES.VANISHED, False, _STATES.VANISHED),
        (_STATES.UNREACHABLE, suspected(_STATES.VANISHED, 2, 9), _STATES.VANISHED, False, _STATES.UNREACHABLE),
        (_STATES.UNREACHABLE, suspected(_STATES.VANISHED, 1, 99), _STATES.VANISHED, False, _STATES.UNREACHABLE),
        (_STATES.UNREACHABLE, suspected(_STATES.VANISHED, 9, 99), _STATES.PARTIAL_ANSWER, False, _STATES.UNREACHABLE),
        (
            _STATES.UNREACHABLE,
            suspected(_STATES.PARTIAL_ANSWER, 2, 10),
            _STATES.PARTIAL_ANSWER,
            False,
            _STATES.PARTIAL_ANSWER,
        ),
    ],
)
def test_table(
    before: CalendarState,
    suspicion: Suspicion | None,
    found: CalendarState,
    proven: bool,
    state: CalendarState,
) -> None:
    """Each row of the table, and the edges of how often and how long."""
    calendar = replace(a_calendar(), state=before, suspicion=suspicion)
    assert after_failure(calendar, found, NOW, lasting=LASTING, proven=proven).state is state


@pytest.mark.parametrize("found", CalendarState)
def test_one_failure_never_holds_for_a_glitch(found: CalendarState) -> None:
    """A single unproven failure leaves no state that only a full look or a person ends."""
    verdict = after_failure(a_calendar(), found, NOW, lasting=LASTING)
    assert not verdict.state.heals
    assert (verdict.suspicion is not None) is found.heals


def test_counting_up() -> None:
    """The same finding again and again reaches the bound, with the moment of the first kept."""
    calendar = a_calendar()
    for minute in range(0, 5 * TIMES, 5):
        verdict = after_failure(calendar, CalendarState.VANISHED, NOW + timedelta(minutes=minute), lasting=LASTING)
        calendar = replace(calendar, state=verdict.state, suspicion=verdict.suspicion)
    assert calendar.state is CalendarState.VANISHED
    assert calendar.suspicion == Suspicion(CalendarState.VANISHED, NOW, TIMES)


@pytest.mark.parametrize(
    ("missing", "unread", "told"),
    [(0, [], None), (2, [], "2 of 5 events are missing"), (0, ["/a.ics"], "1 could not be read")],
)
def test_healing(missing: int, unread: list[str], told: str | None) -> None:
    """Only a look that showed all of it heals."""
    why = not_healed(missing, 5, unread)
    assert why is None if told is None else told in (why or "")
