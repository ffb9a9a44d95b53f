"""Series: which instances the rule gives, and how a change of one, of the future ones or of all changes the series."""

from datetime import datetime

from syncd.core.practice import Appointment, Series
from syncd.core.times import instant


def identity(one: Appointment) -> datetime:
    """Return the start that the series' rule gave an instance (its RECURRENCE-ID)."""
    if one.recurrence_id is None:
        raise ValueError(f"{one.id} is no instance of a series")
    return one.recurrence_id


def deviates(one: Appointment, series: Series) -> bool:
    """Tell whether an instance was agreed otherwise than its series would have it."""
    return (
        instant(one.start) != instant(identity(one)) or one.minutes != series.minutes or one.location != series.location
    )
