"""What a billing system is about to send, line by line, and whether the practice's record agrees."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import RefusalError

_REFERENCES = frozenset({"appointment", "appointmentid", "claim", "claimid", "claimnumber", "reference", "id"})
_DATES = frozenset({"dateofservice", "servicedate", "dos", "date"})
_FORMS = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"),
    re.compile(r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})"),
)
"""ISO 8601, X12's D8, and what spreadsheets in the United States write. (strptime would read a D8 of seven digits.)"""


class UnreadableFileError(RefusalError):
    """That file can be read neither as a table nor as an 837P."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingLine:
    """One service date that is about to be sent. ``number`` is the line of a table, the segment of an 837P.

    ``reference`` is an appointment's id, a claim's id or its number. ``given`` is the date as it is written there,
    empty for none; ``first`` and ``last`` are equal for a single day, and None where ``given`` is no date.
    """

    number: int
    reference: str
    given: str = ""
    first: date | None = None
    last: date | None = None


class Verdict(StrEnum):
    """What the practice's record says to a line."""

    AGREES = "agrees"
    WRONG_DATE = "wrong_date"
    HELD = "held"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    UNREADABLE = "unreadable"


def judge(line: BillingLine, date_of_service: date, status: ClaimStatus, *, is_held: bool) -> Verdict:
    """Return the verdict on a line about a claim that the record knows.

    | the claim       | the line says         | verdict      |
    |-----------------|-----------------------|--------------|
    | void            | no date               | agrees       |
    | void            | any date              | cancelled    |
    | any other       | what is no date       | unreadable   |
    | any other       | another date, or none | wrong_date   |
    | with a hold, or neither clear nor filed | its date | held |
    | clear or filed  | its date              | agrees       |
    """
    if status is ClaimStatus.VOID:
        return Verdict.CANCELLED if line.given else Verdict.AGREES
    if line.given and line.first is None:
        return Verdict.UNREADABLE
    if not line.first == line.last == date_of_service:
        return Verdict.WRONG_DATE
    is_free = status in {ClaimStatus.CLEAR, ClaimStatus.FILED} and not is_held
    return Verdict.AGREES if is_free else Verdict.HELD


def day(text: str) -> date | None:
    """Return the day that a text says, None when it is no date in a form that cannot be misread."""
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    try:
        return date(*(int(found[part]) for part in ("year", "month", "day")))
    except ValueError:
        return None


def read_table(text: str) -> Iterator[BillingLine]:
    """Yield the lines of a CSV table with a reference and a date of service; commas, semicolons or tabs.

    The columns are found by their names; without names the first is the reference and the second the date. Raises
    `UnreadableFileError` when there are no such columns.
    """
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = csv.reader(text.splitlines(), delimiter=separator)
    columns: tuple[int, int] | None = None
    for row in rows:
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if columns is None:
            columns, is_header = _columns(cells)
            if is_header:
                continue
        yield _line(rows.line_num, _cell(cells, columns[0]), _cell(cells, columns[1]))


def _columns(cells: list[str]) -> tuple[tuple[int, int], bool]:
    """Return where reference and date stand, and whether the row says so by names."""
    names = [re.sub(r"[^a-z]", "", cell.casefold()) for cell in cells]
    reference = next((place for place, name in enumerate(names) if name in _REFERENCES), None)
    of_service = next((place for place, name in enumerate(names) if name in _DATES), None)
    if reference is not None and of_service is not None:
        return (reference, of_service), True
    if len(cells) > 1 and day(cells[1]) is not None:
        return (0, 1), False
    raise UnreadableFileError("The table needs a column 'appointment' or 'claim' and a column 'date_of_service'.")


def _cell(cells: list[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _line(number: int, reference: str, given: str) -> BillingLine:
    of_service = day(given)
    return BillingLine(number=number, reference=reference, given=given, first=of_service, last=of_service)
