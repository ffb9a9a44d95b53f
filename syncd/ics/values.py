"""RFC 5545 property values that are times: dates, date-times, durations, periods; and SEQUENCE.

Where a value misses the grammar and is plain all the same, it is read; an end or a length beyond any session's is
brought within bounds, so that it hides nothing else that changed.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from syncd.core.errors import InvalidRuleError
from syncd.core.events.recurrence import RecurrenceRule
from syncd.core.events.snapshot import MOST_SEQUENCE, Extra, Form, Moment, Span
from syncd.ics.errors import UnreadableError
from syncd.ics.lines import Line

Zones = Callable[[str], tzinfo | None]
"""Finds the zone that a TZID means in one body; None where nothing tells."""

_TIME = re.compile(
    r"(\d{4})(-?)(\d{2})\2(\d{2})(?:T(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,12})W)?(?:(\d{1,12})D)?(?:T(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12})S)?)?", re.ASCII
)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+\-\u2212])?(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?", re.ASCII | re.IGNORECASE)

_LONGEST = timedelta(days=400)
"""Longer than any session; what is longer, or ends earlier than it begins by more, is read as that long."""
_FIRST_YEAR, _LAST_YEAR = 2, 8999
"""So that no arithmetic with a time leaves the calendar."""


def moment(line: Line, zones: Zones, local: tzinfo) -> Moment:
    """Return the time that a property names. ``local`` is the zone of floating times and dates."""
    return _moment(line.value.strip(), line.param("TZID"), zones, local, line.name)


def end(line: Line, zones: Zones, local: tzinfo) -> Moment:
    """Return the time of a DTEND: like `moment`, a year that cannot be meant brought within bounds."""
    text = line.value.strip()
    if text[:4].isascii() and text[:4].isdigit():
        text = f"{min(max(int(text[:4]), _FIRST_YEAR), _LAST_YEAR):04}{text[4:]}"
    return _moment(text, line.param("TZID"), zones, local, line.name)


def moments(line: Line, zones: Zones, local: tzinfo) -> Iterator[Moment]:
    """Yield the times of a property with a list of them."""
    for item in _items(line):
        yield _moment(item, line.param("TZID"), zones, local, line.name)


def extras(line: Line, zones: Zones, local: tzinfo) -> Iterator[Extra]:
    """Yield the instances that an RDATE adds."""
    for item in _items(line):
        begin, slash, last = (part.strip() for part in item.partition("/"))
        start = _moment(begin, line.param("TZID"), zones, local, line.name)
        if not slash:
            yield Extra(start)
        elif "P" in last.upper():
            yield Extra(start, duration(last, line.name))
        else:
            yield Extra(start, between(start, _moment(last, line.param("TZID"), zones, local, line.name)))


def _items(line: Line) -> Iterator[str]:
    return filter(None, (item.strip() for item in line.value.split(",")))


def _moment(text: str, tzid: str | None, zones: Zones, local: tzinfo, name: str) -> Moment:
    try:
        wall, suffix = wall_clock(text)
    except ValueError as error:
        raise UnreadableError(f"{name} is no date or time, or one that does not exist.", property=name) from error
    if not _FIRST_YEAR <= wall.year <= _LAST_YEAR:
        raise UnreadableError(f"{name} is in a year that cannot be meant.", property=name)
    return _pinned(wall, suffix, (tzid or "").strip(), zones, local)


def wall_clock(text: str) -> tuple[datetime, str | None]:
    """Return a DATE or DATE-TIME as the wall clock's reading, and what follows it: None for a date, ``Z``, an offset.

    Seconds may be missing, and date and time be written with separators. Raises `ValueError`.
    """
    match = _TIME.fullmatch(text.upper())
    if match is None:
        raise ValueError(text)
    year, _, month, day, hour, minute, second, suffix = match.groups()
    seconds = min(int(second or 0), 59)  # a leap second is no time that Python knows
    wall = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), seconds)  # noqa: DTZ001 - a wall clock's
    return wall, None if hour is None else suffix or ""


def _pinned(wall: datetime, suffix: str | None, tzid: str, zones: Zones, local: tzinfo) -> Moment:
    if suffix is None:
        return Moment(wall, local, Form.DATE)
    if suffix == "Z":
        return Moment(wall, UTC, Form.UTC)
    if suffix:
        return Moment(wall - offset(suffix), UTC, Form.UTC)
    if not tzid:
        return Moment(wall, local, Form.FLOATING)
    zone = zones(tzid)
    return Moment(wall, zone, Form.ZONED, tzid) if zone is not None else Moment(wall, local, Form.FLOATING, tzid)


def duration(text: str, name: str = "DURATION") -> Span:
    """Return a DURATION: weeks and days by the wall clock, hours and less as elapsed time (RFC 5545 section 3.3.6).

    One that is longer than any session is cut to a bound.
    """
    match = _DURATION.fullmatch(text.strip().upper())
    if match is None or not any(match.groups()[1:]):
        raise UnreadableError(f"{name} is no duration.", property=name)
    weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups()[1:])
    most = _LONGEST.days
    nominal = timedelta(days=min(weeks * 7 + days, most))
    exact = min(timedelta(seconds=min(hours * 3600 + minutes * 60 + seconds, most * 86_400)), _LONGEST - nominal)
    return Span(-nominal, -exact) if match[1] == "-" else Span(nominal, exact)


def between(start: Moment, end: Moment) -> Span:
    """Return the length from ``start`` to ``end``: on the wall clock in one zone, else as elapsed time.

    So every instance of a series ends at the same time of the day, whatever the clocks do meanwhile. A length beyond
    any session's is cut to a bound.
    """
    is_local = start.zone == end.zone
    length = end.wall - start.wall if is_local else end.instant - start.instant
    length = min(max(length, -_LONGEST), _LONGEST)
    return Span(length, timedelta()) if is_local else Span(timedelta(), length)


def rule(line: Line) -> RecurrenceRule:
    """Return the RRULE or EXRULE."""
    try:
        return RecurrenceRule.read(line.value)
    except InvalidRuleError as error:
        raise UnreadableError(f"{line.name} cannot be followed: {error.message}", property=line.name) from error


def offset(text: str) -> timedelta:
    """Return a UTC-OFFSET, seconds included (RFC 5545 section 3.3.14), however its parts are separated."""
    if text.strip().upper() == "Z":
        return timedelta()
    match = _OFFSET.fullmatch("".join(text.split()))
    if match is None:
        raise UnreadableError("A time zone's offset cannot be read.", property="TZOFFSETTO")
    size = timedelta(hours=int(match[2]), minutes=int(match[3] or 0), seconds=int(match[4] or 0))
    if size >= timedelta(days=1):
        raise UnreadableError("A time zone's offset is a day or more.", property="TZOFFSETTO")
    return size if match[1] in {None, "+"} else -size


def sequence(line: Line | None) -> int:
    """Return a SEQUENCE within its bounds; 0 where it is absent, negative or no number at all."""
    text = line.value.strip().removeprefix("+") if line is not None else ""
    if not (text.isascii() and text.isdigit()):
        return 0
    digits = text.lstrip("0")
    return min(int(digits or 0), MOST_SEQUENCE) if len(digits) <= len(str(MOST_SEQUENCE)) else MOST_SEQUENCE
