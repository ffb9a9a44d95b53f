"""What a VTIMEZONE says (RFC 5545 section 3.6.5), as far as it can be read, as a `tzinfo` of one body.

Programs write them with years before the calendar, without an offset before, with dates in any form. What can be read
counts; one that may decide what a time means and cannot be read makes the whole description useless.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import islice
from typing import NamedTuple

from syncd.core.errors import InvalidRuleError
from syncd.core.events.recurrence import Frequency, RecurrenceRule, Work, occurrences
from syncd.ics.errors import UnreadableError
from syncd.ics.lines import Component, Line
from syncd.ics.values import offset, wall_clock

_MOST_OBSERVANCES = 200
_MOST_DATES = 300
_WORK_OF_A_ZONE = 500
_MOST_DAYS_A_YEAR = 400
"""Days that all rules together may look at in one year; those of a zone with summer time look at 62."""
_EARLIEST = datetime.fromisoformat("1990-01-01")
"""No appointment is older: of onsets before this only the last of each observance is looked at."""
_FOR_EVER = datetime.fromisoformat("0002-01-01")
_LAST_YEAR = 9900
_SELDOM = 8
"""Years in which a rule that names a leap day fires at least once."""


class Onset(NamedTuple):
    """A moment (UTC) from which another offset holds."""

    at: datetime
    before: timedelta
    after: timedelta


class Ruled(NamedTuple):
    """Onsets that a rule names for ever; ``start`` is the first, by the clock before it."""

    rule: RecurrenceRule
    start: datetime
    before: timedelta
    after: timedelta

    def between(self, first_year: int, last_year: int) -> Iterator[Onset]:
        """Yield the onsets in these years."""
        begin, end = datetime(max(first_year, 1), 1, 1), datetime(last_year + 1, 1, 1)  # noqa: DTZ001 - wall clocks
        for wall in occurrences(self.rule, self.start, end, zone=timezone(self.before), after=begin):
            yield _onset(wall, self.before, self.after)


class _Table(NamedTuple):
    """The onsets that matter in one year: as instants, and as readings of the clock that each makes ambiguous."""

    onsets: Sequence[Onset]
    moments: Sequence[datetime]
    first: Sequence[datetime]
    second: Sequence[datetime]

    def offset(self, index: int) -> timedelta:
        return self.onsets[index - 1].after if index else self.onsets[0].before


class BodyZone(tzinfo):
    """A zone as one VTIMEZONE describes it. Gaps and repeated times follow PEP 495, as in `zoneinfo`.

    Rules are followed year by year when a time in that year is asked for, so none of them ends too early.
    """

    def __init__(self, tzid: str, onsets: Iterable[Onset], rules: Sequence[Ruled] = ()) -> None:
        self._tzid = tzid
        self._onsets = sorted(set(onsets))
        self._moments = [onset.at for onset in self._onsets]
        self._rules = rules
        self._tables: dict[int, _Table] = {}

    def _table(self, year: int) -> _Table:
        table = self._tables.get(year)
        if table is None:
            table = self._tables[year] = self._made(min(max(year, 3), _LAST_YEAR))
        return table

    def _made(self, year: int) -> _Table:
        begin, end = datetime(year - 1, 1, 1, tzinfo=UTC), datetime(year + 2, 1, 1, tzinfo=UTC)
        first = max(bisect_left(self._moments, begin) - 1, 0)
        found = set(self._onsets[first : bisect_right(self._moments, end) + 1])
        for ruled in self._rules:
            found.update(list(ruled.between(year - 1, year + 1)) or list(ruled.between(year - _SELDOM, year))[-1:])
        onsets = sorted(found)
        walls = [onset.at.replace(tzinfo=None) for onset in onsets]
        return _Table(
            onsets=onsets,
            moments=[onset.at for onset in onsets],
            first=[wall + max(onset.before, onset.after) for wall, onset in zip(walls, onsets, strict=True)],
            second=[wall + min(onset.before, onset.after) for wall, onset in zip(walls, onsets, strict=True)],
        )

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        """Return the offset at a local time: the one before it in a gap, unless its ``fold`` is set."""
        if when is None:
            return None
        table = self._table(when.year)
        return table.offset(bisect_right(table.second if when.fold else table.first, when.replace(tzinfo=None, fold=0)))

    def dst(self, when: datetime | None) -> timedelta | None:  # noqa: ARG002 - tzinfo's signature
        """Return None: a VTIMEZONE tells offsets, not what is summer time."""
        return None

    def tzname(self, when: datetime | None) -> str | None:  # noqa: ARG002 - tzinfo's signature
        """Return the TZID as spelled."""
        return self._tzid

    def fromutc(self, when: datetime) -> datetime:
        """Return the local time of a moment in UTC."""
        table = self._table(when.year)
        shift = table.offset(bisect_right(table.moments, when.replace(tzinfo=UTC)))
        local = when + shift
        return local if local.utcoffset() == shift else local.replace(fold=1)


def described_zone(tzid: str, description: Component, work: Work) -> BodyZone:
    """Return the zone that a VTIMEZONE describes; what its onsets cost is taken off ``work``.

    Raises `UnreadableError` where nothing in it can be used, or something that may decide what a time means.
    """
    parts = [each for each in description.components if each.name in {"STANDARD", "DAYLIGHT"}]
    if not work.spend(_WORK_OF_A_ZONE) or len(parts) > _MOST_OBSERVANCES:
        raise UnreadableError("Its time zones are too many, or have too many observances.", property="VTIMEZONE")
    observances = [each for part in parts if (each := _observance(part, parts)) is not None]
    onsets, rules = [], []
    for each in observances:
        onsets += each.onsets(work)
        rules += each.for_ever()
    if sum(_days_a_year(each.rule) for each in rules) > _MOST_DAYS_A_YEAR:
        raise UnreadableError("A time zone in it follows rules that are too much work.", property="VTIMEZONE")
    if not onsets:
        raise UnreadableError("A time zone in it is described in a way that cannot be read.", property="VTIMEZONE")
    return BodyZone(tzid, onsets, rules)


def _days_a_year(rule: RecurrenceRule) -> int:
    return 31 * len(rule.by_month) if rule.by_month else 366


def _onset(wall: datetime, before: timedelta, after: timedelta) -> Onset:
    return Onset((wall - before).replace(tzinfo=UTC), before, after)


# --- one observance ---------------------------------------------------------------------------------------------------


class _Observance(NamedTuple):
    begin: datetime
    before: timedelta
    after: timedelta
    rules: tuple[RecurrenceRule, ...]
    dates: tuple[datetime, ...]

    def onsets(self, work: Work) -> list[Onset]:
        """Return its onsets, of a rule that never ends the first one only."""
        walls = [self.begin, *self.dates]
        for rule in self.rules:
            if not rule.is_endless:
                walls += self._ended(rule, work)
        work.spend(len(walls))
        return [_onset(wall, self.before, self.after) for wall in walls]

    def _ended(self, rule: RecurrenceRule, work: Work) -> Iterable[datetime]:
        """Return the onsets of a rule that ends: from `_EARLIEST` on, and the last two years' before."""
        since = _EARLIEST
        if rule.until is not None and rule.until.year < _EARLIEST.year:
            since = datetime(max(rule.until.year - 2, 1), 1, 1)  # noqa: DTZ001 - a wall clock's
        zone = timezone(self.before)
        return list(occurrences(rule, self.begin, None, _MOST_DATES, zone=zone, after=since, work=work))

    def for_ever(self) -> list[Ruled]:
        """Return the rules that never end."""
        return [Ruled(rule, self.begin, self.before, self.after) for rule in self.rules if rule.is_endless]


def _observance(part: Component, parts: Sequence[Component]) -> _Observance | None:
    """Return what can be read of an observance; None where it never sets in, or so early that it cannot matter.

    Raises `UnreadableError` where it may matter and cannot be read.
    """
    if _never_sets_in(part) and len(parts) > 1:
        return None
    before, after = _offsets(part, parts)
    begin = part.first("DTSTART")
    start = _wall(begin.value, before) if begin is not None else None
    if after is None or before is None:
        if _cannot_matter(part, start):
            return None
        raise UnreadableError("A time zone in it has no offset that can be read.", property="TZOFFSETTO")
    if start is None and begin is None and len(parts) == 1 and part.first("RRULE") is None:
        start = _FOR_EVER
    dates = tuple(_dates(part, before))
    try:
        rules = tuple(_rules(part))
    except UnreadableError:
        if _cannot_matter(part, start):
            return None
        raise
    if start is None and (rules or not dates):
        raise UnreadableError("A time zone in it does not say since when it holds.", property="DTSTART")
    return _Observance(start or dates[0], before, after, rules, dates)


def _never_sets_in(part: Component) -> bool:
    return not any(part.first(name) for name in ("DTSTART", "RRULE", "RDATE"))


def _cannot_matter(part: Component, start: datetime | None) -> bool:
    """Tell whether an observance set in once and long ago, or never."""
    recurs = part.first("RRULE") is not None or part.first("RDATE") is not None
    return _never_sets_in(part) or (not recurs and start is not None and start < _EARLIEST)


def _offsets(part: Component, parts: Sequence[Component]) -> tuple[timedelta | None, timedelta | None]:
    """Return the offsets before and after; one that is missing is what the observances of the other kind say."""
    before, after = _offset(part, "TZOFFSETFROM"), _offset(part, "TZOFFSETTO")
    others = [other for other in reversed(parts) if other.name != part.name]
    if after is None:
        after = next((each for other in others if (each := _offset(other, "TZOFFSETFROM")) is not None), None)
    if before is None:
        before = next((each for other in others if (each := _offset(other, "TZOFFSETTO")) is not None), after)
    return before, after


def _offset(part: Component, name: str) -> timedelta | None:
    line = part.first(name)
    try:
        return offset(line.value) if line is not None else None
    except UnreadableError:
        return None


def _rules(part: Component) -> Iterator[RecurrenceRule]:
    """Yield the rules; parts that nobody knows are left out."""
    for line in part.named("RRULE"):
        try:
            rule = RecurrenceRule.read(line.value, lenient=True)
        except InvalidRuleError as error:
            raise UnreadableError(
                f"A time zone's rule cannot be followed: {error.message}", property="RRULE"
            ) from error
        if rule.freq not in {Frequency.YEARLY, Frequency.MONTHLY} or rule.is_sub_daily:
            raise UnreadableError("A time zone's rule fires too often.", property="RRULE")
        yield rule


def _dates(part: Component, before: timedelta | None) -> Iterator[datetime]:
    """Yield the RDATEs that can be read: of a period its beginning."""
    items = (item for line in part.named("RDATE") for item in _items(line))
    for item in islice(items, _MOST_DATES):
        if (wall := _wall(item.partition("/")[0], before)) is not None:
            yield wall


def _items(line: Line) -> Iterator[str]:
    return filter(None, (item.strip() for item in line.value.split(",")))


def _wall(text: str, before: timedelta | None) -> datetime | None:
    """Return an onset by the clock before it; the years 0 and 1 are taken for the year 2, which arithmetic bears."""
    text = text.strip()
    if text[:4] in {"0000", "0001"}:
        text = f"0002{'0228' if text[4:8] == '0229' else text[4:8]}{text[8:]}"
    try:
        wall, suffix = wall_clock(text)
        shift = timedelta() if suffix == "Z" else offset(suffix) if suffix else None
    except (ValueError, UnreadableError):
        return None
    if not 1 < wall.year <= _LAST_YEAR:
        return None
    return wall if shift is None else wall - shift + (before or timedelta())
