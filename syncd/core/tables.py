"""Tables as text: CSV by RFC 4180, read so strictly that no row can hide in another one's cell.

Read here and not by `csv`: its reader takes a stray quote for text or swallows the rows up to the next one, also where
it is told to be strict, and ends lines at whatever Python calls a line break.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from syncd.core.errors import UnreadableFileError

_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATORS = ",;\t"

Telling = Callable[[str], bool]
"""Tells whether a cell says by itself that it stands in a row of the table, as a date may."""


def text_of(data: bytes) -> str:
    """Return a file's text: UTF-16 by its byte order mark, else UTF-8, else Latin-1.

    What stands in Latin-1 is ASCII where it counts. Raises
    `UnreadableFileError` for broken UTF-16 and for NUL, which no such file holds: it may be UTF-16 without a mark.
    """
    encodings = ["utf-16"] if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ["utf-8-sig", "latin-1"]
    text = next((text for text in (_decoded(data, encoding) for encoding in encodings) if text is not None), None)
    if text is None:
        raise UnreadableFileError("The file says that it is UTF-16 text, and is not.")
    if "\0" in text:
        raise UnreadableFileError("The file holds NUL characters: save it as UTF-8, or as UTF-16 with its mark.")
    return text


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


class Row(NamedTuple):
    """A row of a table: the line on which it begins, and its cells without quotes and outer blanks."""

    number: int
    cells: list[str]

    def cell(self, place: int) -> str:
        """Return a cell, empty where the row is shorter."""
        return self.cells[place] if place < len(self.cells) else ""


def rows_of(text: str, is_telling: Telling = lambda _: False) -> Iterator[Row]:
    """Yield the rows that are not empty; commas, semicolons or tabs stand between the cells.

    Only CR and LF end a line. Raises `UnreadableFileError` for a quote that is neither the first nor the last character
    of its cell, and for a cell with line breaks in which a row stands: of as many cells, or with one that tells.
    """
    for number, cells in _Reader(text, _separator(text), is_telling).rows():
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

    def __init__(self, text: str, separator: str, is_telling: Telling) -> None:
        self._text, self._separator, self._is_telling = text, separator, is_telling
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
        return len(cells) > 1 and (any(map(self._is_telling, cells)) or len(cells) >= self._width > 0)

    def _end_line(self) -> None:
        if self._at == len(self._text):
            return
        found = _LINE_END.match(self._text, self._at)
        if found is None:
            raise UnreadableFileError(f"A quote stands in the middle of a cell on line {self._line}.")
        self._at = found.end()
        self._line += 1
