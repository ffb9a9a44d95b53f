"""Lines of a file that the practice's own system wrote: people and sessions, each under an id of that system."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from syncd.core.errors import InvalidValueError, UnreadableFileError
from syncd.core.tables import Row, rows_of

EXTERNAL_ID = "external_id"
_MOST_DIGITS = 5


class Imported(StrEnum):
    """What a file may be about."""

    PROVIDER = "provider"
    CLIENT = "client"
    APPOINTMENT = "appointment"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table: those that must be there, and those that may. ``others``: names that mean one of them."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def all(self) -> tuple[str, ...]:
        """All of them, in the order in which they are told."""
        return (*self.required, *self.optional)


COLUMNS: Mapping[Imported, Columns] = {
    Imported.PROVIDER: Columns(
        (EXTERNAL_ID, "name", "email", "timezone"),
        ("booking_url", "late_notice_hours", "late_fee", "language"),
        {"id": EXTERNAL_ID, "e_mail": "email", "time_zone": "timezone"},
    ),
    Imported.CLIENT: Columns(
        (EXTERNAL_ID, "name", "email"),
        ("timezone", "language"),
        {"id": EXTERNAL_ID, "e_mail": "email", "time_zone": "timezone"},
    ),
    Imported.APPOINTMENT: Columns(
        (EXTERNAL_ID, "provider", "client", "start", "minutes"),
        ("timezone", "location", "repeat", "status", "reason"),
        {"id": EXTERNAL_ID, "time_zone": "timezone", "duration": "minutes", "rrule": "repeat"},
    ),
}


class Record(NamedTuple):
    """One line: its number, and what stands there by column; nothing for an empty cell.

    ``refused`` says why it cannot be taken whatever the record says.
    """

    line: int
    values: Mapping[str, str]
    refused: str = ""


class ImportVerdict(StrEnum):
    """What became of a line."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class LineResult(NamedTuple):
    """A line and what became of it; ``subject`` is the id of what it is about, None for one that was refused."""

    line: int
    verdict: ImportVerdict
    message: str
    subject: str | None = None


class Table(NamedTuple):
    """The records of a table, and the names of columns that say nothing here."""

    records: tuple[Record, ...]
    ignored: tuple[str, ...]


def read_records(text: str, kind: Imported) -> Table:
    """Return the records of a table whose first row names its columns.

    Raises `UnreadableFileError` where a column is missing or stands twice, and as `rows_of`.
    """
    columns, rows = COLUMNS[kind], rows_of(text)
    header = next(rows, None)
    if header is None:
        raise UnreadableFileError(f"The file is empty. Its first row names the columns: {', '.join(columns.all)}.")
    plain = [_plain(cell) for cell in header.cells]
    names = [columns.others.get(name, name) if columns.others.get(name) not in plain else name for name in plain]
    _check(names, columns)
    records = tuple(_records(rows, names, columns))
    return Table(records, tuple(name for name in names if name and name not in columns.all))


def whole_number(text: str, of: str) -> int:
    """Return the number that a cell gives. Raises `InvalidValueError` for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise InvalidValueError(f"{text!r} is no number of {of}. Give one such as 50.")
    return int(text)


def _records(rows: Iterator[Row], names: list[str], columns: Columns) -> Iterator[Record]:
    for row in rows:
        values = {name: cell for name, cell in zip(names, row.cells, strict=False) if cell and name in columns.all}
        missing = [name for name in columns.required if name not in values]
        wide = any(row.cells[len(names) :])
        why = f"It has no {' and no '.join(missing)}." if missing else "It has more cells than columns." if wide else ""
        yield Record(row.number, values, why)


def _check(names: list[str], columns: Columns) -> None:
    missing = [name for name in columns.required if name not in names]
    if missing:
        raise UnreadableFileError(
            f"The table has no column {' and no column '.join(map(repr, missing))}. Its first row names the columns: "
            f"{', '.join(columns.required)}, and if you like {', '.join(columns.optional)}.",
            missing=missing,
        )
    twice = next((name for name in columns.all if names.count(name) > 1), None)
    if twice is not None:
        raise UnreadableFileError(f"The table has two columns {twice!r}: which of them counts?", column=twice)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
