"""Working hours of a week as people write them, and time off.

Hours are text of one line: ``Mon-Fri 09:00-12:00, 13:00-17:00; Sat 10:00-14:00``. Days are joined by ``-`` or ``,``,
the times of a day by ``,``, and days with other times by ``;``. ``none`` means no hours at all.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from syncd.core.errors import InvalidValueError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NO_HOURS = "none"

_TIMES = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_PART = re.compile(r"([a-z][a-z ,–-]*?)\s+(\d.*)", re.IGNORECASE)
_MINUTES_OF_A_DAY = 24 * 60
_MOST = 50


class Opening(NamedTuple):
    """A time of one day of the week (0 is Monday), in minutes of the wall clock from midnight, ``end`` not included."""

    weekday: int
    start: int
    end: int


Week = tuple[Opening, ...]
"""The working hours of a week, by day and time; none of them overlap."""


class TimeOff(NamedTuple):
    """Moments between which a provider takes no sessions, whatever their hours say; ``end`` is not included."""

    id: str
    provider_id: str
    start: datetime
    end: datetime


def parse_hours(text: str) -> Week:
    """Return the hours that a text gives. Raises `InvalidValueError`, which shows how they are written."""
    if text.strip().casefold() == NO_HOURS:
        return ()
    openings = sorted(opening for part in text.split(";") if part.strip() for opening in _part(part.strip(), text))
    for earlier, later in pairwise(openings):
        if earlier.weekday == later.weekday and later.start < earlier.end:
            raise _unreadable(text, f"On {DAYS[later.weekday]} two times overlap.")
    if not openings or len(openings) > _MOST:
        raise _unreadable(text)
    return tuple(openings)


def written_hours(week: Week) -> str:
    """Return hours as `parse_hours` reads them, days that are alike said once."""
    if not week:
        return NO_HOURS
    times = {
        day: ", ".join(f"{_clock(one.start)}-{_clock(one.end)}" for one in week if one.weekday == day)
        for day in range(len(DAYS))
    }
    return "; ".join(f"{days} {said}" for days, said in _alike(times))


def _alike(times: dict[int, str]) -> Iterator[tuple[str, str]]:
    """Yield the days in a row that have the same times, with these."""
    first = 0
    for day in range(1, len(DAYS) + 1):
        if day == len(DAYS) or times[day] != times[first]:
            if times[first]:
                yield (DAYS[first] if day - first == 1 else f"{DAYS[first]}-{DAYS[day - 1]}"), times[first]
            first = day


def _part(part: str, text: str) -> Iterator[Opening]:
    found = _PART.fullmatch(part)
    if found is None:
        raise _unreadable(text)
    days = sorted({day for name in found[1].split(",") for day in _days(name, text)})
    for times in found[2].split(","):
        start, end = _times(times, text)
        yield from (Opening(day, start, end) for day in days)


def _days(name: str, text: str) -> range:
    ends = [_day(one, text) for one in re.split("[-–]", name)]
    if len(ends) > 2 or ends[0] > ends[-1]:
        raise _unreadable(text, f"{name.strip()!r} is no row of days.")
    return range(ends[0], ends[-1] + 1)


def _day(name: str, text: str) -> int:
    given = name.strip().casefold()
    known = [day for day, said in enumerate(DAYS) if len(given) >= len(said) and given.startswith(said.casefold())]
    if not known:
        raise _unreadable(text, f"{name.strip()!r} is no day.")
    return known[0]


def _times(given: str, text: str) -> tuple[int, int]:
    found = _TIMES.fullmatch(given.strip())
    if found is None:
        raise _unreadable(text, f"{given.strip()!r} is no time from one to another.")
    numbers = [int(number) for number in found.groups()]
    start, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if max(numbers[1], numbers[3]) > 59 or not 0 <= start < end <= _MINUTES_OF_A_DAY:
        raise _unreadable(text, f"{given.strip()!r} is no time within a day.")
    return start, end


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _unreadable(text: str, why: str = "") -> InvalidValueError:
    such_as = "Mon-Fri 09:00-12:00, 13:00-17:00; Sat 10:00-14:00"
    sentence = f"{text.strip()[:80]!r} gives no working hours. {why + ' ' if why else ''}Write them so: {such_as}"
    return InvalidValueError(sentence, hours=text[:80])
