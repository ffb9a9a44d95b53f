"""Tables of billing lines: CSV by RFC 4180, read so strictly that no row can hide in another one's cell.

Read here and not by `csv`: its reader takes a stray quote for text or swallows the rows up to the next one, also where
it is told to be strict, and ends lines at whatever Python calls a line break.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from syncd.core.claims.billing import BillingLine, UnreadableFileError, day

_REFERENCES = (
    frozenset({"appointment", "appointmentid"}),
    frozenset({"claim", "claimid", "claimnumber"}),
    frozenset({"reference"}),
    frozenset({"id"}),
)
"""What columns with a reference are called, the plainest names first; a worse one counts where there is no better."""

_SPECIFIC = 2
"""So many ranks name an appointment or a claim and nothing else: where both stand in a row they must mean one claim."""

_SERVICE_DATES = ("dateofservice", "servicedate", "dos")
"""How names of columns with a date of service begin (``dos_from``, ``date of service to``)."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATORS = ",;\t"


class Row(NamedTuple):
    """A row of a table: the line on which it begins, and its cells without quotes and outer blanks."""

    number: int
    cells: list[str]

    def cell(self, place: int) -> str:
        """Return a cell, empty where the row is shorter."""
        return self.cells[place] if place < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where things stand: references and dates that count, and further names of the same claim."""

    references: tuple[int, ...]
    dates: tuple[int, ...]
    others: tuple[int, ...] = ()
    width: int = 0


def read_table(text: str) -> Iterator[BillingLine]:
    """Yield the lines of a CSV table with a reference and a date of service; commas, semicolons or tabs.

    The columns are found by their names; without names the first is the reference and the second the date. Only CR and
    LF end a line. Raises `UnreadableFileError` when there are no such columns, for a quote that is neither the first
    nor the last character of its cell, for a cell with line breaks in which a row stands, for a row that is longer than
    the table is wide, and where several columns of the same meaning disagree.
    """
    columns: _Columns | None = None
    for row in _rows(text):
        if columns is None:
            columns, is_header = _columns(row.cells)
            if is_header:
                continue
        if any(row.cells[columns.width :]):
            raise UnreadableFileError(f"Line {row.number} has more cells than the table has columns.")
        yield _line(row, columns)


def _rows(text: str) -> Iterator[Row]:
    separator = _separator(text)
    for number, cells in _Reader(text, separator).rows():
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield Row(number, stripped)


def _separator(text: str) -> str:
    """Return what separates cells: what occurs most often outside quotes in the first line that is not empty."""
    first = next((line for line in _LINE_END.split(text) if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", first)
    return max(_SEPARATORS, key=outside.count)


class _Reader:
    """Reads cells one after the other; ``at`` is the next character, ``line`` the line on which it stands."""

    def __init__(self, text: str, separator: str) -> None:
        self._text, self._separator = text, separator
        self._plain = re.compile(rf'[^\r\n"{re.escape(separator)}]*')
        self._quoted = re.compile(r'"([^"]*(?:""[^"]*)*)"')
        self._at, self._line, self._width = 0, 1, 0

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row with the line on which it begins."""
        while self._at < len(self._text):
            number, cells = self._line, [self._cell()]
            while self._text.startswith(self._separator, self._at):
                self._at += 1
                cells.append(self._cell())
            self._end_line()
            self._width = self._width or len(cells)
            yield number, cells

    def _cell(self) -> str:
        if not self._text.startswith('"', self._at):
            return self._take(self._plain)[0]
        found = self._quoted.match(self._text, self._at)
        if found is None:
            raise UnreadableFileError(f"A quote that begins on line {self._line} is never closed.")
        cell = found[1].replace('""', '"')
        self._check_hides_no_row(cell)
        self._take(self._quoted)
        return cell

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError("the pattern matches at every place")
        self._at = found.end()
        self._line += len(_LINE_END.findall(found[0]))
        return found

    def _check_hides_no_row(self, cell: str) -> None:
        lines = _LINE_END.split(cell)
        if len(lines) > 1 and any(self._reads_as_row(line) for line in lines):
            raise UnreadableFileError(
                f"A quoted cell that begins on line {self._line} holds what reads as a row: a quote may be missing."
            )

    def _reads_as_row(self, line: str) -> bool:
        cells = [cell.strip(' "') for cell in line.split(self._separator)]
        return len(cells) > 1 and (any(day(cell) is not None for cell in cells) or len(cells) >= self._width > 0)

    def _end_line(self) -> None:
        if self._at == len(self._text):
            return
        found = _LINE_END.match(self._text, self._at)
        if found is None:
            raise UnreadableFileError(f"A quote stands in the middle of a cell on line {self._line}.")
        self._at = found.end()
        self._line += 1


def _columns(cells: list[str]) -> tuple[_Columns, bool]:
    """Return where reference and date stand, and whether the row says so by names."""
    names = [re.sub(r"[^a-z]", "", cell.casefold()) for cell in cells]
    by_rank = [tuple(place for place, name in enumerate(names) if name in rank) for rank in _REFERENCES]
    references = next((places for places in by_rank if places), ())
    dates = tuple(place for place, name in enumerate(names) if name.startswith(_SERVICE_DATES))
    dates = dates or tuple(place for place, name in enumerate(names) if name == "date")
    if references and dates:
        others = tuple(place for places in by_rank[:_SPECIFIC] for place in places if place not in references)
        return _Columns(references, dates, others, len(cells)), True
    if len(cells) > 1 and day(cells[1]) is not None:
        return _Columns((0,), (1,), (), len(cells)), False
    raise UnreadableFileError("The table needs a column 'appointment' or 'claim' and a column 'date_of_service'.")


def _line(row: Row, columns: _Columns) -> BillingLine:
    given = _agreed(row, columns.dates, "dates")
    of_service = day(given)
    return BillingLine(
        number=row.number,
        reference=_agreed(row, columns.references, "references"),
        given=given,
        first=of_service,
        last=of_service,
        others=tuple(other for place in columns.others if (other := row.cell(place))),
    )


def _agreed(row: Row, places: Sequence[int], what: str) -> str:
    """Return what the columns of one meaning say; empty ones say nothing."""
    said = [cell for place in places if (cell := row.cell(place))]
    meant: set[str | date] = {day(cell) or cell for cell in said}
    if len(meant) > 1:
        raise UnreadableFileError(f"Line {row.number} names several {what}, and they disagree.")
    return said[0] if said else ""
