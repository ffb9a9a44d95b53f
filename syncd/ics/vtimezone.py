"""VTIMEZONE components for IANA zones (RFC 5545 section 3.6.5), from the zone data that Python itself uses.

icalendar lists every onset up to 2038 as an RDATE and stops there; programs do better with the rule, which never ends.
"""

import calendar
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.times import zone
from syncd.ics.lines import Component, Line, escape, line

_FIRST_YEAR = 2010
"""No appointment is older."""
_START = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
_LAST_YEAR = 2060
"""Onsets are looked at as far as this."""
_YEARS_OF_A_RULE = 28
"""What held this long to the last holds for ever: every date has fallen on every weekday meanwhile."""
_STEP = timedelta(days=7)
"""No zone changes its offset twice within a week."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LAST = 0
"""The pattern "last weekday of the month"; other patterns are the first day of a week in which the weekday falls."""


class _Regime(NamedTuple):
    """What clocks show between two onsets."""

    offset: timedelta
    dst: bool
    name: str


class _Kind(NamedTuple):
    """What one STANDARD or DAYLIGHT component says of all its onsets."""

    part: str
    before: timedelta
    after: timedelta
    name: str


class _Onset(NamedTuple):
    """A moment at which the clocks' regime changes; ``wall`` is what they showed just before."""

    kind: _Kind
    at: datetime
    wall: datetime


@cache
def vtimezone(name: str) -> Component:
    """Return the VTIMEZONE of the IANA zone called ``name``: right from 2010 on, with rules that do not end.

    The text depends on the zone data alone. Raises `UnknownTimezoneError`.
    """
    tz = zone(name)
    onsets = list(_onsets(tz))
    parts = list(_observances(onsets))
    if not onsets or onsets[0].wall.year > _FIRST_YEAR:  # RFC 5545 leaves open what holds before the first onset
        parts.insert(0, _ever_since(_regime(tz, _START)))
    return Component("VTIMEZONE", (line("TZID", escape(name)),), tuple(parts))


def _regime(tz: ZoneInfo, moment: datetime) -> _Regime:
    local = moment.astimezone(tz)
    return _Regime(local.utcoffset() or timedelta(), bool(local.dst()), local.tzname() or "")


def _onsets(tz: ZoneInfo) -> Iterator[_Onset]:
    """Yield the zone's onsets from the first year to the last, in order."""
    early, end = _START, datetime(_LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    before = _regime(tz, early)
    while early < end:
        late = early + _STEP
        after = _regime(tz, late)
        if after != before:
            at = _first_moment_of(tz, after, early, late)
            yield _Onset(_kind(before, after), at, (at + before.offset).replace(tzinfo=None))
        early, before = late, after


def _first_moment_of(tz: ZoneInfo, regime: _Regime, early: datetime, late: datetime) -> datetime:
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if _regime(tz, middle) == regime:
            late = middle
        else:
            early = middle
    return late


def _kind(before: _Regime, after: _Regime) -> _Kind:
    """Call it DAYLIGHT when the clocks go ahead for the season, as programs expect.

    The zone data itself says that Dublin's winter and Morocco's Ramadan are the exception.
    """
    ahead = after.offset > before.offset and before.dst != after.dst
    return _Kind("DAYLIGHT" if ahead else "STANDARD", before.offset, after.offset, after.name)


def _observances(onsets: Sequence[_Onset]) -> Iterator[Component]:
    """Yield for each kind of onset a component with the rule that it follows to the last, and one that lists the rest.

    Kinds come in the order of their first onsets.
    """
    for kind in dict.fromkeys(onset.kind for onset in onsets):
        listed = [onset for onset in onsets if onset.kind == kind]
        ruled, pattern = _lasting(listed)
        if len(ruled) >= _YEARS_OF_A_RULE:
            del listed[-len(ruled) :]
            yield _observance(ruled[0], [_rule(ruled[0], pattern)])
        if listed:
            # One date a line: Thunderbird reads only the first of a list.
            dates = [line("RDATE", f"{onset.wall:%Y%m%dT%H%M%S}") for onset in listed[1:]]
            yield _observance(listed[0], dates)


def _lasting(onsets: Sequence[_Onset]) -> tuple[list[_Onset], int]:
    """Return the onsets of the last years that have a pattern in common, in order, and that pattern."""
    found = [onsets[-1]] if onsets[-1].wall.year == _LAST_YEAR else []
    common = _patterns(onsets[-1].wall.date())
    for onset, following in zip(reversed(onsets[:-1]), reversed(onsets), strict=False):
        patterns = common & _patterns(onset.wall.date())
        if not found or not patterns or not _follows(following, onset):
            break
        found.append(onset)
        common = patterns
    return found[::-1], min(common, key=_preference)


def _follows(onset: _Onset, previous: _Onset) -> bool:
    """Tell whether an onset could be next year's by the same rule, as to month, weekday and time of day."""
    now, then = onset.wall, previous.wall
    same = (now.month, now.weekday(), now.time()) == (then.month, then.weekday(), then.time())
    return same and now.year == then.year + 1


def _patterns(day: date) -> frozenset[int]:
    """Return all patterns that ``day`` fits within its month."""
    length = calendar.monthrange(day.year, day.month)[1]
    firsts = {first for first in range(day.day - 6, day.day + 1) if 1 <= first <= length - 6}
    return frozenset(firsts | {_LAST} if day.day + 7 > length else firsts)


def _preference(pattern: int) -> tuple[bool, int]:
    """Prefer "last", then "second", then "between the 23rd and the 29th"."""
    return (pattern != _LAST and pattern % 7 != 1, pattern)


def _rule(first: _Onset, pattern: int) -> Line:
    weekday = _WEEKDAYS[first.wall.weekday()]
    if pattern == _LAST:
        days = f"BYDAY=-1{weekday}"
    elif pattern % 7 == 1:
        days = f"BYDAY={pattern // 7 + 1}{weekday}"
    else:
        days = f"BYMONTHDAY={','.join(str(day) for day in range(pattern, pattern + 7))};BYDAY={weekday}"
    return line("RRULE", f"FREQ=YEARLY;BYMONTH={first.wall.month};{days}")


def _observance(first: _Onset, recurrence: Sequence[Line]) -> Component:
    kind = first.kind
    lines = [
        line("DTSTART", f"{first.wall:%Y%m%dT%H%M%S}"),
        line("TZOFFSETFROM", _offset(kind.before)),
        line("TZOFFSETTO", _offset(kind.after)),
        line("TZNAME", escape(kind.name)),
    ]
    return Component(kind.part, (*lines, *recurrence))


def _ever_since(regime: _Regime) -> Component:
    """Return the observance of what held at the start and may hold still."""
    kind = _Kind("STANDARD", regime.offset, regime.offset, regime.name)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return _observance(_Onset(kind, epoch, epoch.replace(tzinfo=None)), ())


def _offset(offset: timedelta) -> str:
    """Return a UTC offset as RFC 5545 section 3.3.14 writes it."""
    minutes, seconds = divmod(abs(int(offset.total_seconds())), 60)
    sign = "-" if offset < timedelta() else "+"
    return f"{sign}{minutes // 60:02}{minutes % 60:02}{f'{seconds:02}' if seconds else ''}"
