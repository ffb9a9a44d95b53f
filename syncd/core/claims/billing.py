"""What a billing system is about to send, line by line, and whether the practice's record agrees."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from syncd.core.claims.claim import ClaimStatus

_FORMS = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"),
    re.compile(r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})"),
)
"""ISO 8601, X12's D8, and what spreadsheets in the United States write. (strptime would read a D8 of seven digits.)"""


class Frequency(StrEnum):
    """What a claim of an 837P is sent for (CLM05-3): the first time, in place of one sent before, or to void that."""

    ORIGINAL = "1"
    REPLACEMENT = "7"
    VOID = "8"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingLine:
    """One service date that is about to be sent. ``number`` is the line of a table, the segment of an 837P.

    ``reference`` is an appointment's id, a claim's id or its number; ``others`` are what further columns call it.
    ``given`` is the date as it is written there, empty for none; ``first`` and ``last`` are equal for a single day, and
    None where ``given`` is no date. In an 837P ``claim`` is the segment of its CLM, ``frequency`` what it is sent for,
    and ``several``: its service lines name several days.
    """

    number: int
    reference: str
    given: str = ""
    first: date | None = None
    last: date | None = None
    others: tuple[str, ...] = ()
    claim: int | None = None
    frequency: Frequency = Frequency.ORIGINAL
    several: bool = False


class Verdict(StrEnum):
    """What the practice's record says to a line."""

    AGREES = "agrees"
    WRONG_DATE = "wrong_date"
    HELD = "held"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    UNREADABLE = "unreadable"
    DUPLICATE = "duplicate"
    SEVERAL_SESSIONS = "several_sessions"
    REPLACEMENT = "replacement"
    VOID = "void"


def judge(
    line: BillingLine,
    date_of_service: date,
    status: ClaimStatus,
    *,
    is_held: bool,
    is_repeated: bool = False,
    is_anothers: bool = False,
) -> Verdict:
    """Return the verdict on a line about a claim that the record knows.

    | the claim       | the line says                          | verdict          |
    |-----------------|----------------------------------------|------------------|
    | any             | that a claim sent before is void       | void             |
    | any             | what stood in the file before          | duplicate        |
    | void            | no date                                | agrees           |
    | void            | any date                               | cancelled        |
    | any other       | what is no date                        | unreadable       |
    | any other       | another session's day beside its own   | several_sessions |
    | any other       | another date, or none                  | wrong_date       |
    | any other       | its date, in place of one sent before  | replacement      |
    | with a hold, or neither clear nor filed | its date       | held             |
    | clear or filed  | its date                               | agrees           |

    A claim of the record is one session's: its day alone, once. What is sent to void or replace an earlier claim is for
    a person to look at, even with the right date. ``is_repeated``: another CLM of the file was about it before;
    ``is_anothers``: on the line's day there is another session of the same two people.
    """
    if line.frequency is Frequency.VOID:
        return Verdict.VOID
    if is_repeated:
        return Verdict.DUPLICATE
    if status is ClaimStatus.VOID:
        return Verdict.CANCELLED if line.given else Verdict.AGREES
    if line.given and line.first is None:
        return Verdict.UNREADABLE
    if line.several and is_anothers:
        return Verdict.SEVERAL_SESSIONS
    return _judge_date(line, date_of_service, is_free=status in _FREE and not is_held)


_FREE = frozenset({ClaimStatus.CLEAR, ClaimStatus.FILED})


def _judge_date(line: BillingLine, date_of_service: date, *, is_free: bool) -> Verdict:
    if not line.first == line.last == date_of_service:
        return Verdict.WRONG_DATE
    if line.frequency is Frequency.REPLACEMENT:
        return Verdict.REPLACEMENT
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
