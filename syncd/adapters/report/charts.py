"""The geometry of the report's charts: counts in, rectangles and labels out, in the units of the drawing's viewBox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 360
"""As wide as a telephone's screen, so that the letters keep their size there."""

_ROW = 26
_MOST_ROWS = 12
_BAR_LEFT = 150
_BAR_ROOM = WIDTH - _BAR_LEFT - 40
_LONGEST_LABEL = 18

_PLOT_HEIGHT = 120
_PLOT_TOP = 18
_PLOT_LEFT = 4
_PLOT_ROOM = WIDTH - 2 * _PLOT_LEFT
_GAP = 0.2
_WIDEST = 40.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle, with what it stands for."""

    x: float
    y: float
    width: float
    height: float
    name: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawing. ``ticks`` are the names under the columns that there is room for; ``rest`` counts rows left out."""

    height: int
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str, str], ...] = ()
    rest: int = 0


def rows(counts: Sequence[Mapping[str, Any]]) -> Chart:
    """Return a chart with one horizontal bar per name, the first few of them."""
    shown = counts[:_MOST_ROWS]
    most = max((each["count"] for each in shown), default=1)
    bars = tuple(
        Bar(
            _BAR_LEFT,
            place * _ROW + 4,
            max(round(_BAR_ROOM * each["count"] / most, 1), 2.0),
            _ROW - 8,
            each["name"],
            _short(each["name"].replace("_", " ")),
            each["count"],
        )
        for place, each in enumerate(shown)
    )
    return Chart(len(shown) * _ROW + 4, bars, rest=len(counts) - len(shown))


def columns(counts: Sequence[Mapping[str, Any]]) -> Chart:
    """Return a chart with one column per day or week; the first, the middle and the last are named."""
    most = max((each["count"] for each in counts), default=0) or 1
    step = min(_PLOT_ROOM / max(len(counts), 1), _WIDEST)
    bars = []
    for place, each in enumerate(counts):
        height = round(_PLOT_HEIGHT * each["count"] / most, 1)
        x = round(_PLOT_LEFT + step * (place + _GAP / 2), 1)
        top = _PLOT_TOP + _PLOT_HEIGHT - height
        bars.append(Bar(x, top, round(step * (1 - _GAP), 1), height, each["name"], each["name"], each["count"]))
    return Chart(_PLOT_TOP + _PLOT_HEIGHT + 24, tuple(bars), _ticks(bars))


def _ticks(bars: Sequence[Bar]) -> tuple[tuple[float, str, str], ...]:
    if not bars:
        return ()
    first, middle, last = bars[0], bars[len(bars) // 2], bars[-1]
    ticks = [(first.x, "start", first.name[5:])]
    if len(bars) > 4:
        ticks.append((middle.x + middle.width / 2, "middle", middle.name[5:]))
        ticks.append((last.x + last.width, "end", last.name[5:]))
    return tuple(ticks)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
