"""Bars drawn: numbers beside their names, the longest as wide as there is room. Plain numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_ROW, _LABEL, _WIDTH, _NUMBER = 28, 250, 640, 44


class Bar(NamedTuple):
    """One bar: where it is drawn, its name and its number."""

    y: int
    width: float
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars one below the other; ``told`` says all of it in words."""

    width: int
    height: int
    left: int
    bars: tuple[Bar, ...]
    told: str


def bars(counts: Sequence[tuple[str, int]]) -> Chart:
    """Return a chart of named numbers, in their order."""
    most = max((number for _, number in counts), default=1) or 1
    room = _WIDTH - _LABEL - _NUMBER
    drawn = tuple(
        Bar(i * _ROW, round(max(number / most * room, 2), 1), name, number) for i, (name, number) in enumerate(counts)
    )
    told = ", ".join(f"{name}: {number}" for name, number in counts)
    return Chart(_WIDTH, max(len(drawn), 1) * _ROW, _LABEL, drawn, told)
