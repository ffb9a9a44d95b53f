"""Days and durations as people say them, in plain English."""

from datetime import date, datetime, timedelta

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def duration(time: timedelta) -> str:
    """Return a duration in the largest unit that fits, rounded down: ``16 days``, ``26 hours``, ``50 minutes``."""
    if time < _MINUTE:
        return "less than a minute"
    if time < 2 * _HOUR:
        return counted(time // _MINUTE, "minute") if time != _HOUR else "1 hour"
    return counted(time // _HOUR, "hour") if time < 2 * _DAY else counted(time // _DAY, "day")


def notice(time: timedelta) -> str:
    """Return how much notice somebody gets: ``16 days' notice``; what has begun gives none."""
    if time < _MINUTE:
        return "no notice"
    words = duration(time)
    return f"{words}' notice" if words.endswith("s") else f"{words}'s notice"


def day_and_time(moment: datetime) -> str:
    """Return a local time with its day: ``Tue 1 Dec 2026, 10:00``."""
    return f"{day(moment)}, {moment:%H:%M}"


def day(moment: date) -> str:
    """Return a date, or the day of a local time: ``Tue 1 Dec 2026``."""
    return f"{_DAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def counted(number: int, thing: str) -> str:
    """Return so many of a thing: ``1 session``, ``10 sessions``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
