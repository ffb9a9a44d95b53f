"""Free times: which starts a provider's working hours leave once everything that is taken is taken off."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.errors import RefusalError
from syncd.core.scheduling.hours import Week, parse_hours
from syncd.core.times import exists, instant, is_ambiguous, lenient_local

DEFAULT_HOURS = parse_hours("Mon-Fri 09:00-17:00")


class SlotTakenError(RefusalError):
    """That time has just been taken, or is no longer offered. Please choose another one."""

    code = "slot_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRules:
    """What a practice sets about the times that clients may choose.

    ``hours``: those of providers who have none of their own. ``step``: between two starts. ``lead``: how far ahead a
    time is at least, None: as far as a client may change things. ``horizon``: and at most.
    """

    hours: Week = DEFAULT_HOURS
    step: timedelta = timedelta(minutes=30)
    lead: timedelta | None = None
    horizon: timedelta = timedelta(days=28)


class Taken(NamedTuple):
    """Moments between which nobody else can have a session; ``end`` is not included."""

    start: datetime
    end: datetime


class Wish(NamedTuple):
    """Which starts are looked for: of sessions of so many ``minutes``, from ``since`` until before ``until``."""

    minutes: int
    since: datetime
    until: datetime


def free_slots(week: Week, tz: ZoneInfo, step: timedelta, taken: Iterable[Taken], wish: Wish) -> list[datetime]:
    """Return the free starts in ``tz``, in order.

    Each session lies within one opening of the wall clock. A start that the clocks show twice or never is not offered.
    """
    busy, length = _Busy(taken), timedelta(minutes=wish.minutes)
    found = []
    for start, closes in _starts(week, tz, step, wish):
        begins, ends = instant(start), instant(start) + length
        if ends <= closes and wish.since <= begins < wish.until and not busy.meets(begins, ends):
            found.append(start)
    return found


def _starts(week: Week, tz: ZoneInfo, step: timedelta, wish: Wish) -> Iterator[tuple[datetime, datetime]]:
    """Yield every start that the hours may give near the wished ones, with the moment at which that opening ends."""
    day, last = wish.since.astimezone(tz).date(), wish.until.astimezone(tz).date()
    while day <= last:
        for opening in week:
            if opening.weekday == day.weekday():
                closes = instant(lenient_local(_wall(day, opening.end), tz))
                yield from ((start, closes) for start in _row(day, opening.start, opening.end, tz, step))
        day += timedelta(days=1)


def _row(day: date, first: int, last: int, tz: ZoneInfo, step: timedelta) -> Iterator[datetime]:
    for minutes in range(first, last, max(1, int(step.total_seconds()) // 60)):
        start = _wall(day, minutes).replace(tzinfo=tz)
        if exists(start) and not is_ambiguous(start):
            yield start


def _wall(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


class _Busy:
    """Taken moments, joined where they touch."""

    def __init__(self, taken: Iterable[Taken]) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        for start, end in sorted((instant(one.start), instant(one.end)) for one in taken):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def meets(self, start: datetime, end: datetime) -> bool:
        """Tell whether anything taken shares a moment with [start, end)."""
        after = bisect_right(self._ends, start)
        return after < len(self._starts) and self._starts[after] < end
