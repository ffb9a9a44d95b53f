"""A day drawn: where a session lies on record, where an edit put it, and what else is there. Plain numbers only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from syncd.presentation import moments

_ROW = 58
_TOP = 20
_BAR = 30
_CHARACTER, _EDGES = 8.2, 12


class Block(NamedTuple):
    """What lies in a day. ``look``: record, edit or other. ``text`` is left out where there is no room for it."""

    x: float
    y: float
    width: float
    height: float
    look: str
    text: str


class Tick(NamedTuple):
    """An hour of the scale."""

    x: float
    text: str


class Row(NamedTuple):
    """One day."""

    y: float
    name: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Days under one scale of hours, ``width`` × ``height`` units. ``told`` says all of it in words."""

    width: int
    height: int
    left: int
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    told: str


class Stretch(NamedTuple):
    """A time of a day, local. ``look``: record, edit or other."""

    start: datetime
    end: datetime
    look: str
    text: str = ""


def draw(stretches: Sequence[Stretch], width: int) -> Picture:
    """Return the days on which any stretch begins, at most three, with the hours from before the first to after."""
    days = sorted({one.start.date() for one in stretches if one.look != "other"})[:3]
    shown = [one for one in stretches if one.start.date() in days]
    first = max(min(one.start.hour for one in shown) - 1, 0)
    last = min(max(_hour(one.end, one.start.date()) for one in shown) + 1, 24)
    first, last = min(first, 8), max(last, 18)
    left = 96 if width > 500 else 0
    scale = (width - left - 8) / (last - first)
    step = 1 if scale >= 40 else 2 if scale >= 20 else 4
    top = _TOP if left else _TOP + 18
    ticks = tuple(Tick(left + (hour - first) * scale, str(hour)) for hour in range(first, last + 1, step))
    rows = tuple(
        Row(
            y := top + i * (_ROW if left else _ROW + 14),
            moments.day(day),
            tuple(_block(one, y, left, scale, first) for one in _in_order(shown, day)),
        )
        for i, day in enumerate(days)
    )
    return Picture(width, int(rows[-1].y + _ROW), left, ticks, rows, _told(shown))


def _in_order(shown: Iterable[Stretch], day: date) -> list[Stretch]:
    order = {"other": 0, "record": 1, "edit": 2}
    return sorted((one for one in shown if one.start.date() == day), key=lambda one: (order[one.look], one.start))


def _hour(end: datetime, day: date) -> int:
    return 24 if end.date() > day else end.hour + (end.minute > 0)


def _block(one: Stretch, y: float, left: int, scale: float, first: int) -> Block:
    begin = one.start.hour + one.start.minute / 60
    end = 24.0 if one.end.date() > one.start.date() else one.end.hour + one.end.minute / 60
    width = max((end - begin) * scale, 3)
    inset = {"other": 6, "record": 0, "edit": 3}[one.look]
    text = one.text if width >= len(one.text) * _CHARACTER + _EDGES else ""
    x = left + (begin - first) * scale
    return Block(round(x, 1), y + inset, round(width, 1), _BAR - 2 * inset + 6, one.look, text)


def _told(shown: Iterable[Stretch]) -> str:
    said = {"record": "On record", "edit": "By the edit", "other": "Another session"}
    return ". ".join(
        f"{said[one.look]}: {moments.span(one.start, one.end)}" for one in sorted(shown, key=lambda one: one.start)
    )
