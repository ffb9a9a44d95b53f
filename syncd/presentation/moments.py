"""Moments as the console's pages write them: weekday, day, month as a word, year, wall clock, the zone's letters."""

from datetime import date, datetime, timedelta, tzinfo

from syncd.core.wording import day

__all__ = ["ago", "clock", "day", "length", "letters", "number", "short_day", "span", "when"]

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
_JUST_NOW = 10


def short_day(on: date) -> str:
    """Return a date without weekday and year, for an axis: 2 Dec."""
    return f"{on.day} {_MONTHS[on.month - 1]}"


def when(moment: datetime, timezone: tzinfo | None = None, *, in_12_hours: bool = False) -> str:
    """Return a moment: Wed 2 Dec 2026, 14:00 EST; in ``timezone``, else in its own zone."""
    local = moment.astimezone(timezone) if timezone else moment
    return f"{day(local)}, {clock(local, in_12_hours=in_12_hours)} {letters(local)}"


def span(start: datetime, end: datetime, *, in_12_hours: bool = False) -> str:
    """Return when a session takes place; the day is repeated only where it ends on another one."""
    begins, ends = (clock(one, in_12_hours=in_12_hours) for one in (start, end))
    ending = ends if start.date() == end.date() else f"{day(end)}, {ends}"
    return f"{day(start)}, {begins}–{ending} {letters(end)}"


def clock(moment: datetime, *, in_12_hours: bool = False) -> str:
    """Return what a clock shows: 14:00, or 2:00 pm."""
    if not in_12_hours:
        return f"{moment:%H:%M}"
    return f"{moment:%I:%M}".lstrip("0") + (" am" if moment.hour < 12 else " pm")


def letters(moment: datetime) -> str:
    """Return the zone's letters; a zone that has none is given by its offset: UTC−3."""
    name = moment.tzname() or ""
    if name and name.isalpha():
        return name
    offset = moment.utcoffset() or timedelta()
    minutes = int(abs(offset).total_seconds() // 60)
    sign = "−" if offset < timedelta() else "+"
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")


def length(seconds: float) -> str:
    """Return how long something takes, rounded down, in two units at most: 16 hours, 2 days 4 hours."""
    left, told = int(seconds), list[str]()
    for name, size in _UNITS:
        number, rest = divmod(left, size)
        if number and len(told) < 2:
            told.append(f"{number} {name}{'' if number == 1 else 's'}")
            left = rest
        elif told:
            break
    return " ".join(told) or "0 seconds"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was, or how far ahead, in one unit, rounded down: 16 hours ago, in 4 minutes."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < _JUST_NOW:
        return "just now"
    greatest = " ".join(length(abs(seconds)).split(" ")[:2])
    return f"{greatest} ago" if seconds > 0 else f"in {greatest}"


def number(count: int) -> str:
    """Return a number; from 10 000 on with thin spaces between the thousands."""
    return str(count) if count < 10_000 else f"{count:,}".replace(",", "\N{THIN SPACE}")
