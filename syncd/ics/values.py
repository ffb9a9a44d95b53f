"""RFC 5545 property values that are times: dates, date-times, durations, periods and their zones."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from syncd.core.errors import InvalidRuleError
from syncd.core.events.recurrence import RecurrenceRule
from syncd.core.events.snapshot import Extra, Form, Moment, Span
from syncd.ics.errors import UnreadableError
from syncd.ics.lines import Line

Zones = Callable[[str], tzinfo | None]
"""Finds the zone that a TZID means in one body; None where nothing tells."""

_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z)?)?", re.ASCII)
_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?", re.ASCII
)

_LONGEST = timedelta(days=400)


def moment(line: Line, zones: Zones, local: ZoneInfo) -> Moment:
    """Return the time that a property names. ``local`` is the zone of floating times and dates."""
    return _moment(line.value.strip(), line.param("TZID"), zones, local, line.name)


def moments(line: Line, zones: Zones, local: ZoneInfo) -> Iterator[Moment]:
    """Yield the times of a property with a list of them."""
    for item in filter(None, line.value.split(",")):
        yield _moment(item.strip(), line.param("TZID"), zones, local, line.name)


def extras(line: Line, zones: Zones, local: ZoneInfo) -> Iterator[Extra]:
    """Yield the instances that an RDATE adds."""
    for item in filter(None, line.value.split(",")):
        begin, slash, end = (part.strip() for part in item.partition("/"))
        start = _moment(begin, line.param("TZID"), zones, local, line.name)
        if not slash:
            yield Extra(start)
        elif "P" in end.upper():
            yield Extra(start, duration(end, line.name))
        else:
            yield Extra(start, between(start, _moment(end, line.param("TZID"), zones, local, line.name)))


def _moment(text: str, tzid: str | None, zones: Zones, local: ZoneInfo, name: str) -> Moment:
    match = _TIME.fullmatch(text.upper())
    if match is None:
        raise UnreadableError(f"{name} is no date or time.", property=name)
    numbers = [int(group or 0) for group in match.groups()[:6]]
    numbers[5] = min(numbers[5], 59)  # a leap second is no time that Python knows
    try:
        wall = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - six numbers: a wall clock's reading
        return _pinned(wall, match, (tzid or "").strip(), zones, local)
    except (ValueError, OverflowError) as error:
        raise UnreadableError(f"{name} is a date or time that does not exist.", property=name) from error


def _pinned(wall: datetime, match: re.Match[str], tzid: str, zones: Zones, local: ZoneInfo) -> Moment:
    if not 1 < wall.year < 9000:  # so that no arithmetic with it leaves the calendar
        raise ValueError(wall)
    if match[4] is None:
        return Moment(wall, local, Form.DATE)
    if match[7]:
        return Moment(wall, UTC, Form.UTC)
    if not tzid:
        return Moment(wall, local, Form.FLOATING)
    zone = zones(tzid)
    return Moment(wall, zone, Form.ZONED, tzid) if zone is not None else Moment(wall, local, Form.FLOATING, tzid)


def duration(text: str, name: str = "DURATION") -> Span:
    """Return a DURATION: weeks and days by the wall clock, hours and less as elapsed time (RFC 5545 section 3.3.6)."""
    match = _DURATION.fullmatch(text.strip().upper())
    if match is None or not any(match.groups()[1:]):
        raise UnreadableError(f"{name} is no duration.", property=name)
    weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups()[1:])
    nominal = timedelta(weeks=weeks, days=days)
    exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if nominal + exact > _LONGEST:
        raise UnreadableError(f"{name} is longer than a year.", property=name)
    return Span(-nominal, -exact) if match[1] == "-" else Span(nominal, exact)


def between(start: Moment, end: Moment) -> Span:
    """Return the length from ``start`` to ``end``: on the wall clock in one zone, else as elapsed time.

    So every instance of a series ends at the same time of the day, whatever the clocks do meanwhile.
    """
    is_local = start.zone == end.zone
    length = end.wall - start.wall if is_local else end.instant - start.instant
    if abs(length) > _LONGEST:
        raise UnreadableError("DTEND is more than a year away from DTSTART.", property="DTEND")
    return Span(length, timedelta()) if is_local else Span(timedelta(), length)


def rule(line: Line) -> RecurrenceRule:
    """Return the RRULE or EXRULE."""
    try:
        return RecurrenceRule.parse(line.value)
    except InvalidRuleError as error:
        raise UnreadableError(f"{line.name} cannot be followed: {error.message}", property=line.name) from error


def offset(text: str) -> timedelta:
    """Return a UTC-OFFSET, seconds included (RFC 5545 section 3.3.14)."""
    match = re.fullmatch(r"([+-])(\d{2})(\d{2})(\d{2})?", text.strip(), re.ASCII)
    if match is None:
        raise UnreadableError("A time zone's offset cannot be read.", property="TZOFFSETTO")
    size = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    if size >= timedelta(days=1):
        raise UnreadableError("A time zone's offset is a day or more.", property="TZOFFSETTO")
    return -size if match[1] == "-" else size
