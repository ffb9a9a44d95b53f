"""Tables of billing lines."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from syncd.core.claims.billing import BillingLine, day
from syncd.core.errors import UnreadableFileError
from syncd.core.tables import Row, rows_of

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
    for row in rows_of(text, lambda cell: day(cell) is not None):
        if columns is None:
            columns, is_header = _columns(row.cells)
            if is_header:
                continue
        if any(row.cells[columns.width :]):
            raise UnreadableFileError(f"Line {row.number} has more cells than the table has columns.")
        yield _line(row, columns)


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
