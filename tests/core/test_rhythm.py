"""When a calendar is due again."""

from datetime import timedelta

import pytest

from syncd.core.sync.rhythm import Rhythm
from tests.builders import NOW, a_calendar

RHYTHM = Rhythm(
    interval=timedelta(minutes=10), soon_interval=timedelta(minutes=1), jitter=0.2, longest=timedelta(hours=1)
)


def test_a_quiet_calendar() -> None:
    """A calendar is due after the interval, stretched by its share of the jitter."""
    assert RHYTHM.next_due(NOW, is_soon=False, chance=0.0) == NOW + timedelta(minutes=10)
    assert RHYTHM.next_due(NOW, is_soon=False, chance=0.5) == NOW + timedelta(minutes=11)


def test_a_calendar_with_a_session_ahead() -> None:
    """Near a session the calendar is looked at more often."""
    assert RHYTHM.next_due(NOW, is_soon=True, chance=0.0) == NOW + timedelta(minutes=1)


@pytest.mark.parametrize(("failures", "minutes"), [(1, 10), (2, 20), (3, 40), (4, 60), (1000, 60)])
def test_failures_in_a_row(failures: int, minutes: int) -> None:
    """Each failure doubles the wait, up to the longest."""
    assert RHYTHM.retry_at(NOW, failures, None, chance=0.0) == NOW + timedelta(minutes=minutes)


def test_a_server_that_asks_for_a_pause() -> None:
    """The server's own word is kept where it asks for longer, up to an hour, and does not shorten the wait."""
    assert RHYTHM.retry_at(NOW, 1, timedelta(minutes=40), chance=0.0) == NOW + timedelta(minutes=40)
    assert RHYTHM.retry_at(NOW, 1, timedelta(days=60), chance=0.0) == NOW + timedelta(hours=1)
    assert RHYTHM.retry_at(NOW, 1, timedelta(seconds=5), chance=0.0) == NOW + timedelta(minutes=10)


def test_the_daily_verification() -> None:
    """Every publication is looked at once a day, and at first."""
    assert RHYTHM.verification_is_due(a_calendar(), NOW)
    assert RHYTHM.verification_is_due(a_calendar(last_verified_at=NOW - timedelta(days=1)), NOW)
    assert not RHYTHM.verification_is_due(a_calendar(last_verified_at=NOW - timedelta(hours=23)), NOW)


@pytest.mark.parametrize(("objective", "minutes"), [(4, 2), (20, 10), (60, 10)])
def test_a_calendar_with_an_objective_of_its_own(objective: int, minutes: int) -> None:
    """It is looked at, and compared, so often that the objective can be met: twice in that time, or as usual."""
    wanted = timedelta(minutes=objective)
    assert RHYTHM.next_due(NOW, is_soon=False, chance=0.0, objective=wanted) == NOW + timedelta(minutes=minutes)
    just, later = (a_calendar(objective=wanted, last_verified_at=NOW - wanted * share) for share in (0.49, 0.5))
    assert [RHYTHM.verification_is_due(one, NOW) for one in (just, later)] == [False, True]


def test_an_objective_that_is_longer_than_usual() -> None:
    """Makes nothing more seldom."""
    calendar = a_calendar(objective=timedelta(days=90), last_verified_at=NOW - timedelta(days=1))
    assert RHYTHM.verification_is_due(calendar, NOW)
