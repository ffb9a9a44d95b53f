"""A calendar of sessions drawn by the server: days as columns of a grid of five minutes, months as weeks of days.

Places in the grid are given as classes (hour, twelfth of an hour, length in twelfths): no style stands in a page.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.times import instant, lenient_local
from syncd.core.wording import day
from syncd.ports.store.lists import AppointmentRow
from syncd.presentation.moments import short_day

_EARLIEST, _LATEST = 8, 18
_TWELFTH = timedelta(minutes=5)
_MOST_TWELFTHS = 72
_MONTH_SHOWN = 3
_HOURS_OF_A_DAY = 24


class Block(NamedTuple):
    """A session in a diary. ``classes`` place it; ``look`` is edited, over or booked."""

    id: str
    start: datetime
    end: datetime
    client: str
    classes: str
    look: str


class Column(NamedTuple):
    """One day of one person. ``note`` says that the clocks change that day."""

    name: str
    on: date
    blocks: tuple[Block, ...]
    is_today: bool
    note: str = ""


class Grid(NamedTuple):
    """Days side by side, from the hour ``first`` until ``last``."""

    columns: tuple[Column, ...]
    first: int
    last: int

    @property
    def hours(self) -> range:
        """The hours that it shows."""
        return range(self.first, self.last)

    @property
    def is_empty(self) -> bool:
        """Tell whether no session stands in it."""
        return not any(column.blocks for column in self.columns)


class MonthDay(NamedTuple):
    """One day of a month's page. ``more``: how many sessions are not shown."""

    on: date
    is_inside: bool
    is_today: bool
    blocks: tuple[Block, ...]
    more: int


def monday_of(on: date) -> date:
    """Return the Monday of a day's week."""
    return on - timedelta(days=on.weekday())


def between(first: date, days: int, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the moments between which these days lie in a zone."""
    ends = (datetime(on.year, on.month, on.day) for on in (first, first + timedelta(days=days)))  # noqa: DTZ001 - readings of the wall clock
    start, end = (lenient_local(wall, tz) for wall in ends)
    return start, end


def week_grid(rows: Iterable[AppointmentRow], first: date, days: int, tz: ZoneInfo, today: date) -> Grid:
    """Return the sessions of one person on some days."""
    found = list(rows)
    columns = [
        Column(day(on), on, _blocks(found, on, tz), on == today, _note(on, tz))
        for on in (first + timedelta(days=number) for number in range(days))
    ]
    return _grid(columns)


def people_grid(rows: Iterable[AppointmentRow], on: date, tz: ZoneInfo, today: date, most: int) -> Grid:
    """Return the sessions of one day, a column for each provider, ``most`` of them."""
    found = list(rows)
    names = dict.fromkeys(row.provider for row in found)
    columns = [
        Column(name, on, _blocks([row for row in found if row.provider == name], on, tz), on == today, _note(on, tz))
        for name in sorted(names)[:most]
    ]
    return _grid(columns or [Column(day(on), on, (), on == today, _note(on, tz))])


def month_weeks(rows: Iterable[AppointmentRow], month: date, tz: ZoneInfo, today: date) -> list[list[MonthDay]]:
    """Return the weeks of a month, from Monday on, each day with its first sessions."""
    found, weeks = list(rows), []
    start, end = month_bounds(month)
    on = start
    while on < end:
        week = [on + timedelta(days=number) for number in range(7)]
        weeks.append([_month_day(found, each, month, tz, today) for each in week])
        on += timedelta(days=7)
    return weeks


def month_bounds(month: date) -> tuple[date, date]:
    """Return the first day of a month's page, a Monday, and the day after its last one."""
    first = month.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    last = following - timedelta(days=1)
    return monday_of(first), monday_of(last) + timedelta(days=7)


def week_said(first: date, days: int) -> str:
    """Return which days a page shows: 30 Nov – 6 Dec 2026."""
    last = first + timedelta(days=days - 1)
    return day(first) if days == 1 else f"{short_day(first)} – {short_day(last)} {last.year}"


def _month_day(rows: Sequence[AppointmentRow], on: date, month: date, tz: ZoneInfo, today: date) -> MonthDay:
    blocks = _blocks(rows, on, tz)
    shown = blocks[:_MONTH_SHOWN]
    return MonthDay(on, on.month == month.month, on == today, shown, len(blocks) - len(shown))


def _blocks(rows: Iterable[AppointmentRow], on: date, tz: ZoneInfo) -> tuple[Block, ...]:
    shown = [row for row in rows if row.appointment.status is not AppointmentStatus.CANCELLED]
    local = [(row, row.appointment.start.astimezone(tz), row.appointment.end.astimezone(tz)) for row in shown]
    by_start: Callable[[Block], datetime] = lambda block: instant(block.start)  # noqa: E731 - typed
    return tuple(sorted((_block(row, start, end) for row, start, end in local if start.date() == on), key=by_start))


def _block(row: AppointmentRow, start: datetime, end: datetime) -> Block:
    length = instant(end) - instant(start)
    left = (_HOURS_OF_A_DAY - start.hour) * 12 - start.minute // 5
    twelfths = max(1, min(-(-length // _TWELFTH), _MOST_TWELFTHS, left))
    is_over = row.appointment.status is not AppointmentStatus.BOOKED
    look = "edited" if row.open_drifts else "over" if is_over else "booked"
    return Block(row.appointment.id, start, end, row.client, f"h{start.hour} q{start.minute // 5} n{twelfths}", look)


def _grid(columns: Sequence[Column]) -> Grid:
    blocks = [block for column in columns for block in column.blocks]
    first = min([_EARLIEST, *(block.start.hour for block in blocks)])
    ends = (
        _HOURS_OF_A_DAY if block.end.date() > block.start.date() else block.end.hour + bool(block.end.minute)
        for block in blocks
    )
    return Grid(tuple(columns), first, max([_LATEST, *ends]))


def _note(on: date, tz: ZoneInfo) -> str:
    start, end = between(on, 1, tz)
    hours = (instant(end) - instant(start)) / timedelta(hours=1)
    return "" if hours == _HOURS_OF_A_DAY else f"{hours:g} hours: the clocks change"
