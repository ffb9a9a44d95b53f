"""When a time can be taken, and by whom a time may still be changed: the rules on their own."""

from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.errors import InvalidValueError, OverlapError
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.scheduling.booking import BookingRules, check_free, first_met, has_begun, is_late, local_start
from tests.builders import NEW_YORK, START, a_provider, an_appointment

HOUR = timedelta(hours=1)


def test_a_time_inside_a_long_appointment() -> None:
    """Is taken, also when a shorter one came between."""
    day = an_appointment(minutes=600)
    early = an_appointment(start=START - HOUR, minutes=30)
    inside = an_appointment(start=START + 5 * HOUR)

    with pytest.raises(OverlapError) as refusal:
        check_free([inside], [early, day])

    assert refusal.value.details["other"] == day.id


def test_a_long_appointment_around_one_that_stands() -> None:
    """Is refused for it, whichever begins first."""
    stands = an_appointment(start=START + 5 * HOUR)
    day = an_appointment(minutes=600)

    with pytest.raises(OverlapError) as refusal:
        check_free([day], [stands])

    assert refusal.value.details["other"] == stands.id
    assert refusal.value.details["start"] == "2026-12-01T10:00-05:00"


def test_two_that_are_asked_for_together() -> None:
    """May not overlap either; the message speaks of both, since neither has an id that anybody knows."""
    first, second = an_appointment(minutes=90), an_appointment(start=START + HOUR)

    with pytest.raises(OverlapError, match="would overlap") as refusal:
        check_free([first, second], [])

    assert first.id not in refusal.value.message
    assert second.id not in refusal.value.message


def test_appointments_that_stand_overlap_already() -> None:
    """Is no reason to refuse another time."""
    check_free([an_appointment(start=START + 9 * HOUR)], [an_appointment(), an_appointment()])


def test_overlaps_are_of_moments_not_of_readings() -> None:
    """The repeated hour of autumn has room for two appointments at the same reading of the clock."""
    twice = datetime(2026, 11, 1, 1, 0, tzinfo=NEW_YORK)

    assert first_met(an_appointment(start=twice), [an_appointment(start=twice.replace(fold=1))]) is None
    check_free([an_appointment(start=twice)], [an_appointment(start=twice.replace(fold=1))])


def test_the_first_appointment_that_is_met() -> None:
    """Ends and starts that touch do not meet."""
    touching, meeting = an_appointment(start=START - HOUR, minutes=60), an_appointment(start=START + HOUR / 2)

    assert first_met(an_appointment(), [touching, meeting]) == meeting


@pytest.mark.parametrize("status", [AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW])
def test_an_outcome_on_record(status: AppointmentStatus) -> None:
    """Makes an appointment past, whatever the clock says."""
    assert has_begun(an_appointment(status=status), START.astimezone(UTC) - HOUR)
    assert not has_begun(an_appointment(), START.astimezone(UTC) - HOUR)


def test_late_notice_counts_elapsed_hours() -> None:
    """Over a change of clocks a window of 24 hours is 24 hours, not a day on the wall."""
    monday = an_appointment(start=datetime(2027, 3, 15, 1, 0, tzinfo=NEW_YORK))
    same_reading_before = datetime(2027, 3, 14, 1, 0, tzinfo=NEW_YORK)

    assert is_late(monday, a_provider(), BookingRules(), same_reading_before)
    assert not is_late(monday, a_provider(), BookingRules(), same_reading_before.astimezone(UTC) - HOUR)


@pytest.mark.parametrize("start", [datetime(2026, 12, 1, 10, 0, 1), datetime(2026, 12, 1, 10, 0, 0, 1)])  # noqa: DTZ001 - a wall clock's reading
def test_a_start_within_a_minute(start: datetime) -> None:
    """Is refused: appointments are agreed on full minutes."""
    with pytest.raises(InvalidValueError):
        local_start(start, NEW_YORK)
