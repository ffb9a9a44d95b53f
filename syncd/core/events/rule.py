"""A recurrence rule as a value (RFC 5545 section 3.3.10): read from the text of an RRULE, and written as one."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

from syncd.core.errors import InvalidRuleError
from syncd.core.times import instant, lenient_local

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LONGEST = 2_000
"""Characters of the longest rule that is read; one that names every minute of an hour has 200."""
_MOST = 999_999
"""The highest INTERVAL or COUNT that is told from a higher one: no series gets so far."""


class Frequency(StrEnum):
    """The FREQ of a rule, longest period first."""

    YEARLY = "YEARLY"
    MONTHLY = "MONTHLY"
    WEEKLY = "WEEKLY"
    DAILY = "DAILY"
    HOURLY = "HOURLY"
    MINUTELY = "MINUTELY"
    SECONDLY = "SECONDLY"


class ByDay(NamedTuple):
    """A BYDAY: every such weekday (0 is Monday), or with an ``ordinal`` the nth of the period, from its end if < 0."""

    weekday: int
    ordinal: int = 0

    def __str__(self) -> str:
        return f"{self.ordinal or ''}{WEEKDAYS[self.weekday]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceRule:
    """A recurrence rule. ``until`` is the last moment included: an aware UTC or a naive local time, or a date."""

    freq: Frequency
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    by_month: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[ByDay, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0

    @classmethod
    def parse(cls, text: str) -> "RecurrenceRule":
        """Read the value of an RRULE; parts named X-… are left out. Raises `InvalidRuleError` that says what is wrong.

        Lists come out sorted, each value once: rules that differ in spelling only are equal.
        """
        rule = _read(_parts(text))
        if rule.count is not None and rule.until is not None:
            raise InvalidRuleError("A recurrence rule has UNTIL or COUNT, not both.", rule=text)
        return rule

    @classmethod
    def read(cls, text: str, *, lenient: bool = False) -> "RecurrenceRule":
        """Read a rule that another program wrote, like `parse`; what misses the grammar and is plain counts.

        Blanks, empty parts, a part that stands there twice alike, and UNTIL beside COUNT (whichever ends first) do no
        harm; nor does RFC 7529's RSCALE for the Gregorian calendar, nor SKIP where no date can be invalid.
        ``lenient``: parts that nobody knows are left out.
        """
        return _with_skip(text, lenient=lenient)

    def format(self) -> str:
        """Return the rule as the value of an RRULE, its parts always in the same order, defaults left out."""
        return ";".join(f"{key}={text}" for key, text in self._written() if text)

    def _written(self) -> Iterator[tuple[str, str]]:
        yield "FREQ", self.freq
        yield "INTERVAL", str(self.interval) if self.interval != 1 else ""
        yield "COUNT", str(self.count) if self.count is not None else ""
        yield "UNTIL", _until_text(self.until) if self.until is not None else ""
        lists: tuple[tuple[str, Iterable[object]], ...] = (
            ("BYMONTH", self.by_month),
            ("BYWEEKNO", self.by_week_no),
            ("BYYEARDAY", self.by_year_day),
            ("BYMONTHDAY", self.by_month_day),
            ("BYDAY", self.by_day),
            ("BYHOUR", self.by_hour),
            ("BYMINUTE", self.by_minute),
            ("BYSECOND", self.by_second),
            ("BYSETPOS", self.by_set_pos),
        )
        for key, values in lists:
            yield key, ",".join(map(str, values))
        yield "WKST", WEEKDAYS[self.week_start] if self.week_start else ""

    @property
    def is_endless(self) -> bool:
        """Tell whether neither COUNT nor UNTIL ends the rule."""
        return self.count is None and self.until is None

    @property
    def may_name_no_day(self) -> bool:
        """Tell whether in some month or year the rule may name a day that there is not, such as the 31st.

        One that leaves its day to DTSTART may, by the month and year.
        """
        if self.freq not in {Frequency.YEARLY, Frequency.MONTHLY}:
            return False
        names_none = not (self.by_day or self.by_month_day or self.by_year_day or self.by_week_no)
        return (
            names_none or any(abs(day) > 28 for day in self.by_month_day) or any(abs(d) > 365 for d in self.by_year_day)
        )

    @property
    def is_sub_daily(self) -> bool:
        """Tell whether the rule may fire more than once a day."""
        several = max(len(self.by_hour), len(self.by_minute), len(self.by_second)) > 1
        return several or self.freq in {Frequency.HOURLY, Frequency.MINUTELY, Frequency.SECONDLY}

    def bounded_until(self, last: datetime) -> "RecurrenceRule":
        """Return the rule ended after the aware ``last``: UNTIL in UTC, no COUNT."""
        return replace(self, count=None, until=instant(last).replace(microsecond=0))

    def includes(self, wall: datetime, zone: tzinfo | None) -> bool:
        """Tell whether UNTIL allows an occurrence at ``wall`` in ``zone`` (None: UTC's digits are read as local)."""
        match self.until:
            case None:
                return True
            case datetime(tzinfo=None):
                return wall <= self.until
            case datetime():
                if zone is None:
                    return wall <= self.until.replace(tzinfo=None)
                return instant(lenient_local(wall, zone)) <= self.until
            case _:
                return wall.date() <= self.until


def _parts(text: str) -> dict[str, str]:
    """Return the parts by name. Raises `InvalidRuleError` for what is no NAME=value, unknown or there twice."""
    if len(text) > _LONGEST:
        raise InvalidRuleError("The recurrence rule is too long.")
    parts: dict[str, str] = {}
    for part in filter(None, text.strip().upper().split(";")):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if key.startswith("X-") or (key, value) in {("RSCALE", "GREGORIAN"), ("SKIP", "OMIT")}:
            continue
        if not equals or not value or key in parts or key not in _KNOWN:
            raise InvalidRuleError(f"{part!r} is not a part of a recurrence rule, or stands there twice.", part=part)
        parts[key] = value
    return _with_frequency(parts, text)


def _with_frequency(parts: dict[str, str], text: str) -> dict[str, str]:
    if "FREQ" not in parts:
        raise InvalidRuleError("A recurrence rule needs FREQ, such as FREQ=WEEKLY.", rule=text)
    return parts


def _lenient_parts(text: str, *, lenient: bool) -> dict[str, str]:
    """Return the parts by name; what says nothing, or the same twice, is left out."""
    if len(text) > _LONGEST:
        raise InvalidRuleError("The recurrence rule is too long.")
    parts: dict[str, str] = {}
    for part in "".join(text.upper().split()).split(";"):
        key, _, value = part.partition("=")
        value = value.strip(",")
        if not value or key.startswith("X-") or (lenient and key not in _KNOWN | _SCALES):
            continue
        if parts.setdefault(key, value) != value or key not in _KNOWN | _SCALES:
            raise InvalidRuleError(f"{part!r} is not a part of a recurrence rule, or stands there twice.", part=part)
    return _with_frequency(parts, text)


def _with_skip(text: str, *, lenient: bool) -> RecurrenceRule:
    """Return the rule with what RFC 7529 adds taken out: SKIP says what becomes of the 31st in a shorter month."""
    parts = _lenient_parts(text, lenient=lenient)
    scale, skip = parts.pop("RSCALE", "GREGORIAN"), parts.pop("SKIP", "OMIT")
    if scale not in _GREGORIAN or skip not in {"OMIT", "BACKWARD", "FORWARD"}:
        raise InvalidRuleError(f"RSCALE={scale};SKIP={skip} in a recurrence rule cannot be followed.", part="RSCALE")
    rule = _read(parts)
    if skip == "OMIT" or not rule.may_name_no_day:
        return rule
    if skip == "BACKWARD" and rule.freq is Frequency.MONTHLY and rule.by_month_day == (31,) and not rule.by_day:
        return replace(rule, by_month_day=(-1,))
    raise InvalidRuleError(f"SKIP={skip} in a recurrence rule cannot be followed here.", part="SKIP")


def _read_frequency(key: str, text: str) -> Frequency:
    try:
        return Frequency(text)
    except ValueError as error:
        raise _wrong(key, text, "one of " + ", ".join(Frequency)) from error


def _read_number(key: str, text: str) -> int:
    number = _number(text)
    if number is None or number < 1:
        raise _wrong(key, text, "a number from 1 on")
    return min(number, _MOST)


def _number(text: str) -> int | None:
    digits = text[1:] if text[:1] in {"+", "-"} else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def _numbers(lowest: int, highest: int, *, from_end: bool = False) -> Callable[[str, str], tuple[int, ...]]:
    """Return the reader of a list of numbers in a range, which may be counted from the end by a minus sign."""

    def read(key: str, text: str) -> tuple[int, ...]:
        numbers = [_number(item.strip()) for item in text.split(",")]
        for number in numbers:
            if number is None or not lowest <= (abs(number) if from_end else number) <= highest:
                raise _wrong(key, text, f"numbers from {lowest} to {highest}" + (", or negative" if from_end else ""))
        return tuple(sorted({number for number in numbers if number is not None}))

    return read


def _read_weekday(key: str, text: str) -> int:
    if text not in WEEKDAYS:
        raise _wrong(key, text, "one of " + ", ".join(WEEKDAYS))
    return WEEKDAYS.index(text)


def _read_days(key: str, text: str) -> tuple[ByDay, ...]:
    return tuple(sorted({_read_day(key, item.strip()) for item in text.split(",")}))


def _read_day(key: str, item: str) -> ByDay:
    ordinal = _number(item[:-2]) if item[:-2] else 0
    if ordinal is None or abs(ordinal) > 53:
        raise _wrong(key, item, "weekdays such as MO, 2TU or -1FR")
    return ByDay(_read_weekday(key, item[-2:]), ordinal)


_UNTIL = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?(Z)?", re.ASCII)


def _read_until(key: str, text: str) -> date | datetime:
    """Return a date, or a time whose seconds may be missing, in UTC or on the wall clock."""
    match = _UNTIL.fullmatch(text)
    try:
        if match is not None:
            year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
            if match[4] is None:
                return date(year, month, day)
            moment = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 - may be a wall clock's
            return moment.replace(tzinfo=UTC) if match[7] else moment
    except ValueError:
        pass
    raise _wrong(key, text, "a date (20261231) or a time (20261231T235959Z)")


def _until_text(until: date | datetime) -> str:
    if not isinstance(until, datetime):
        return f"{until:%Y%m%d}"
    return f"{until:%Y%m%dT%H%M%S}" + ("Z" if until.tzinfo is not None else "")


def _wrong(key: str, text: str, allowed: str) -> InvalidRuleError:
    return InvalidRuleError(f"{key}={text} in a recurrence rule: it must be {allowed}.", part=key, value=text)


_NUMBERS = {
    "BYMONTH": _numbers(1, 12),
    "BYWEEKNO": _numbers(1, 53, from_end=True),
    "BYYEARDAY": _numbers(1, 366, from_end=True),
    "BYMONTHDAY": _numbers(1, 31, from_end=True),
    "BYHOUR": _numbers(0, 23),
    "BYMINUTE": _numbers(0, 59),
    "BYSECOND": _numbers(0, 60),
    "BYSETPOS": _numbers(1, 366, from_end=True),
}
_GREGORIAN = frozenset({"GREGORIAN", "GREGORY", "ISO8601"})
_SCALES = frozenset({"RSCALE", "SKIP"})
_KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST", *_NUMBERS})


def _read(parts: Mapping[str, str]) -> RecurrenceRule:
    numbers = {key: read(key, parts[key]) if key in parts else () for key, read in _NUMBERS.items()}
    return RecurrenceRule(
        freq=_read_frequency("FREQ", parts["FREQ"]),
        interval=_read_number("INTERVAL", parts.get("INTERVAL", "1")),
        count=_read_number("COUNT", parts["COUNT"]) if "COUNT" in parts else None,
        until=_read_until("UNTIL", parts["UNTIL"]) if "UNTIL" in parts else None,
        by_month=numbers["BYMONTH"],
        by_week_no=numbers["BYWEEKNO"],
        by_year_day=numbers["BYYEARDAY"],
        by_month_day=numbers["BYMONTHDAY"],
        by_day=_read_days("BYDAY", parts["BYDAY"]) if "BYDAY" in parts else (),
        by_hour=numbers["BYHOUR"],
        by_minute=numbers["BYMINUTE"],
        by_second=numbers["BYSECOND"],
        by_set_pos=numbers["BYSETPOS"],
        week_start=_read_weekday("WKST", parts.get("WKST", "MO")),
    )
