"""Tables and lines as text of a given width, or as wide as they are: what a person reads, without colours' details.

A part is `Lines` or a `Grid`, a picture a sequence of parts. `laid_out` turns one into lines of spans. Nothing that is
laid out holds a control character: what stood in a calendar may hold a terminal's commands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from unicodedata import combining, east_asian_width

LEAST = 12
"""Columns of text that are narrower than this are no longer read: each row is shown as a block of lines instead."""

WIDE = 120
"""From this width on the columns for wide output are shown too."""

_GAP = 2
_LONGEST_WORD = 26
_KEPT = frozenset({"\n"})


class Span(NamedTuple):
    """A piece of text in one style: ``bold``, ``red``, ``green``, ``yellow``, ``magenta``, ``dim`` or none."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of text, taken as they are."""

    lines: tuple[Line, ...]


class Column(NamedTuple):
    """A column of a grid. ``wide``: shown only on wide output. ``style``: of its texts."""

    key: str
    title: str = ""
    wide: bool = False
    style: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows under columns. Without a ``header`` the first column is a bold name for what stands in the others."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    header: bool = True


Part = Lines | Grid
Picture = Sequence[Part]


def clean(text: str) -> str:
    """Return ``text`` with a sign in place of each control character, line breaks excepted."""
    return "".join(char if char.isprintable() or char in _KEPT else "�" for char in text)


def laid_out(picture: Picture, width: int | None) -> list[Line]:
    """Return the lines of a picture, at most ``width`` cells each where that can be; None: as wide as they are."""
    return [line for part in picture for line in _part(part, width)]


def plain(picture: Picture, width: int | None = None) -> str:
    """Return a picture as plain text."""
    return "".join("".join(span.text for span in line).rstrip() + "\n" for line in laid_out(picture, width))


def cells(text: str) -> int:
    """Return how many cells of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _part(part: Part, width: int | None) -> Iterable[Line]:
    if isinstance(part, Lines):
        return (tuple(Span(clean(span.text), span.style) for span in line) for line in part.lines)
    rows = [tuple(" ".join(clean(text).split()) or "-" for text in row) for row in part.rows]
    return _grid(part, rows, width)


def _grid(grid: Grid, rows: Sequence[Sequence[str]], width: int | None) -> Iterable[Line]:
    """Lay out all columns, or those that are not ``wide``; where they do not fit, each row as a block of lines."""
    everything = list(range(len(grid.columns)))
    narrow = [i for i in everything if not grid.columns[i].wide]
    for chosen in (everything, narrow) if width is None or width >= WIDE else (narrow,):
        columns = [grid.columns[i] for i in chosen]
        picked = [[row[i] for i in chosen] for row in rows]
        widths = _widths([_titles(columns, header=grid.header), *picked], width)
        if widths is not None:
            return _table(grid, columns, picked, widths)
    return _blocks(grid, rows, width)


def _titles(columns: Sequence[Column], *, header: bool) -> list[str]:
    return [(column.title or column.key.replace("_", " ")) if header else "" for column in columns]


def _widths(rows: Sequence[Sequence[str]], width: int | None) -> list[int] | None:
    """Return the widths of columns; those of single short words (ids, states) keep theirs. None: there is no room."""
    natural = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    if width is None or sum(natural) + _GAP * (len(natural) - 1) <= width:
        return natural
    texts = [
        i
        for i, column in enumerate(zip(*rows, strict=True))
        if natural[i] > _LONGEST_WORD or any(" " in text for text in column)
    ]
    room = width - _GAP * (len(natural) - 1) - sum(n for i, n in enumerate(natural) if i not in texts)
    return _shared(natural, texts, room)


def _shared(natural: list[int], texts: list[int], room: int) -> list[int] | None:
    """Give each text its natural width where that is at most a fair share of ``room``, the rest in equal parts."""
    widths, left = list(natural), sorted(texts, key=lambda i: natural[i])
    while left:
        share = room // len(left)
        first, *left = left
        widths[first] = min(natural[first], share)
        if widths[first] < min(natural[first], LEAST):
            return None
        room -= widths[first]
    return widths if room >= 0 else None


def _table(grid: Grid, columns: Sequence[Column], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> list[Line]:
    styles = [column.style if grid.header or i else "bold" for i, column in enumerate(columns)]
    drawn = [_row(_titles(columns, header=True), widths, ["bold"] * len(columns))] if grid.header else []
    drawn += [_row(row, widths, styles) for row in rows]
    return [line for lines in drawn for line in lines]


def _row(texts: Sequence[str], widths: Sequence[int], styles: Sequence[str]) -> list[Line]:
    wrapped = [_wrapped(text, width) for text, width in zip(texts, widths, strict=True)]
    height = max(map(len, wrapped))
    drawn = []
    for i in range(height):
        parts = [column[i] if i < len(column) else "" for column in wrapped]
        padded = [part + " " * (width - cells(part) + _GAP) for part, width in zip(parts[:-1], widths, strict=False)]
        drawn.append(tuple(Span(*pair) for pair in zip([*padded, parts[-1]], styles, strict=True)))
    return drawn


def _blocks(grid: Grid, rows: Sequence[Sequence[str]], width: int | None) -> list[Line]:
    titles = _titles(grid.columns, header=True)
    indent = max(map(cells, titles)) + _GAP
    room = max(LEAST, (width or 0) - indent)
    drawn: list[Line] = []
    for row in rows:
        for title, text, column in zip(titles, row, grid.columns, strict=True):
            for i, part in enumerate(_wrapped(text, room)):
                name = Span((title if i == 0 else "").ljust(indent), "bold")
                drawn.append((name, Span(part, column.style)))
        drawn.append(())
    return drawn


def _wrapped(text: str, width: int) -> list[str]:
    """Return ``text`` in lines of at most ``width`` cells, broken between words, and within a word that is longer."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if line and cells(line) + 1 + cells(word) <= width:
            line = f"{line} {word}"
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, width)
        lines += full
    return [*lines, line]


def _pieces(word: str, width: int) -> list[str]:
    if cells(word) <= width:
        return [word]
    pieces, piece = [], ""
    for char in word:
        if piece and cells(piece + char) > width:
            pieces.append(piece)
            piece = ""
        piece += char
    return [*pieces, piece]
