"""Expands a recurrence rule (RFC 5545 section 3.3.10) to wall clock times, within bounds.

An expansion can cost milliseconds only, whatever the rule: its work is counted in candidate times (the days that it
looks at and the times that it comes upon) and generated one by one, so that a rule which never fires, or names every
second of a year, ends like any other.
"""

import calendar
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import product
from typing import NamedTuple

from syncd.core.events.rule import ByDay, Frequency, RecurrenceRule

__all__ = ["MOST_WORK", "Frequency", "RecurrenceRule", "Work", "occurrences"]

MOST_WORK = 20_000
"""Candidate times that one expansion looks at: of a rule of days, some 54 years."""
_STEPS = {
    Frequency.HOURLY: timedelta(hours=1),
    Frequency.MINUTELY: timedelta(minutes=1),
    Frequency.SECONDLY: timedelta(seconds=1),
}


@dataclass(slots=True)
class Work:
    """How many candidate times may still be looked at, by all expansions together that share it."""

    left: int = MOST_WORK

    @property
    def is_spent(self) -> bool:
        """Tell whether more was asked for than there was."""
        return self.left < 0

    def spend(self, number: int = 1) -> bool:
        """Take off ``number``; tell whether that much was there."""
        self.left -= number
        return self.left >= 0


def occurrences(
    rule: RecurrenceRule,
    start: datetime,
    before: datetime | None = None,
    limit: int = 1000,
    *,
    zone: tzinfo | None = None,
    after: datetime | None = None,
    work: Work | None = None,
) -> Iterator[datetime]:
    """Yield the rule's wall clock times from the naive ``start`` on, ascending, earlier than ``before``.

    At most ``limit``, and no more once ``work`` (by default `MOST_WORK` of its own) is spent. ``start`` itself comes
    only if the rule yields it. ``zone`` is that of ``start``, needed to apply an UNTIL in UTC; a time that the clocks
    jump over is yielded as the rule names it. From ``after`` on only; a rule with COUNT still counts from ``start``.
    """
    first = start if after is None else max(start, after)
    skip_to = first if rule.count is None else start
    left = rule.count
    for wall in _times(rule, start, skip_to, before, work or Work()):
        if wall < start:
            continue
        if left == 0 or limit <= 0 or (before is not None and wall >= before) or not rule.includes(wall, zone):
            return
        left = left - 1 if left is not None else None
        if wall >= first:
            limit -= 1
            yield wall


# --- expansion: the nth period's days, filtered, crossed with the times of the day -----------------------------------


def _times(
    rule: RecurrenceRule, start: datetime, skip_to: datetime, before: datetime | None, work: Work
) -> Iterator[datetime]:
    """Yield all times of the periods from that of ``skip_to`` on, until the work is used up or years run out."""
    sets = _sub_daily_sets(rule, start, skip_to) if rule.freq in _STEPS else _daily_sets(rule, start, skip_to)
    try:
        for period in sets:
            if not work.spend(period.cost) or (before is not None and period.begin > before):
                return
            for wall in period.chosen(rule.by_set_pos):
                if not work.spend():
                    return
                yield wall
    except (OverflowError, ValueError):  # beyond the year 9999 there is no date
        return


class _Period(NamedTuple):
    """The times of one period: those of ``clock`` on each of ``days``, never all written out.

    ``begin`` is no later than any of them; ``cost``: how many days were looked at.
    """

    begin: datetime
    cost: int
    days: Sequence[date]
    clock: "_Clock"

    def chosen(self, positions: tuple[int, ...]) -> Iterator[datetime]:
        """Yield the times in order, those only that BYSETPOS counts to."""
        if not positions:
            return (datetime.combine(day, at) for day in self.days for at in self.clock.few or self.clock.times())
        of_a_day = self.clock.size
        size = len(self.days) * of_a_day
        indices = {position - 1 if position > 0 else size + position for position in positions}
        return (
            datetime.combine(self.days[index // of_a_day], self.clock.nth(index % of_a_day))
            for index in sorted(indices)
            if 0 <= index < size
        )


class _Clock(NamedTuple):
    """Times of the day: each hour with each minute and second. ``few``: all of them where they are one."""

    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]
    few: tuple[time, ...] = ()

    @classmethod
    def of(cls, hours: tuple[int, ...], minutes: tuple[int, ...], seconds: tuple[int, ...]) -> "_Clock":
        is_one = len(hours) == len(minutes) == len(seconds) == 1
        return cls(hours, minutes, seconds, (time(hours[0], minutes[0], seconds[0]),) if is_one else ())

    @property
    def size(self) -> int:
        return len(self.hours) * len(self.minutes) * len(self.seconds)

    def times(self) -> Iterator[time]:
        for hour, minute, second in product(self.hours, self.minutes, self.seconds):
            yield time(hour, minute, second)

    def nth(self, index: int) -> time:
        rest, second = divmod(index, len(self.seconds))
        hour, minute = divmod(rest, len(self.minutes))
        return time(self.hours[hour], self.minutes[minute], self.seconds[second])


def _seconds(numbers: Iterable[int]) -> tuple[int, ...]:
    """Return the seconds of a minute in order; a leap second is no time that Python knows."""
    return tuple(sorted({min(number, 59) for number in numbers}))


def _daily_sets(rule: RecurrenceRule, start: datetime, skip_to: datetime) -> Iterator[_Period]:
    """Yield each period of a day or longer."""
    rule = _with_implied_parts(rule, start)
    fits = _day_test(rule)
    clock = _Clock.of(
        rule.by_hour or (start.hour,), rule.by_minute or (start.minute,), _seconds(rule.by_second or (start.second,))
    )
    index = max(_period_of(rule, start, skip_to) - 1, 0)
    while True:
        days = _days(rule, start.date(), index)
        begin = datetime.combine(days[0], time()) if days else start
        yield _Period(begin, max(len(days), 1), [day for day in days if fits(day)], clock)
        index += 1


def _with_implied_parts(rule: RecurrenceRule, start: datetime) -> RecurrenceRule:
    """Return the rule with what it leaves to DTSTART spelled out."""
    if rule.by_year_day or rule.by_month_day or rule.by_day:
        return rule
    if rule.freq is Frequency.WEEKLY or rule.by_week_no:
        return replace(rule, by_day=(ByDay(start.weekday()),))
    if rule.freq is Frequency.MONTHLY:
        return replace(rule, by_month_day=(start.day,))
    if rule.freq is Frequency.YEARLY:
        return replace(rule, by_month=rule.by_month or (start.month,), by_month_day=(start.day,))
    return rule


def _period_of(rule: RecurrenceRule, start: datetime, moment: datetime) -> int:
    """Return the index of the period that holds ``moment``, or of one shortly before it."""
    match rule.freq:
        case Frequency.YEARLY:
            periods = moment.year - start.year
        case Frequency.MONTHLY:
            periods = (moment.year - start.year) * 12 + moment.month - start.month
        case Frequency.WEEKLY:
            periods = (moment - start).days // 7
        case _:
            periods = (moment - start).days
    return periods // rule.interval


def _days(rule: RecurrenceRule, first: date, index: int) -> list[date]:
    """Return the days of the period with that index which the rule may name."""
    steps = index * rule.interval
    match rule.freq:
        case Frequency.YEARLY:
            months = () if rule.by_week_no else rule.by_month
            return [day for month in months or range(1, 13) for day in _month(first.year + steps, month)]
        case Frequency.MONTHLY:
            years, month = divmod(first.month - 1 + steps, 12)
            return _month(first.year + years, month + 1)
        case Frequency.WEEKLY:
            week = first.toordinal() - (first.weekday() - rule.week_start) % 7 + 7 * steps
            places = {(by.weekday - rule.week_start) % 7 for by in rule.by_day} or range(7)
            return [date.fromordinal(week + place) for place in sorted(places) if week + place > 0]
        case _:
            return [date.fromordinal(first.toordinal() + steps)]


def _month(year: int, month: int) -> list[date]:
    return [date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]


_NO_CLOCK = _Clock((), (), ())


def _sub_daily_sets(rule: RecurrenceRule, start: datetime, skip_to: datetime) -> Iterator[_Period]:
    """Yield each hour, minute or second. What cannot fit is passed over in one step: a day, an hour or a minute."""
    step = _STEPS[rule.freq] * rule.interval
    fits = _day_test(rule)
    index = max((skip_to - start) // step, 0)
    while True:
        moment = start + step * index
        passed = _passed_over(rule, moment, fits)
        if passed is None:
            yield _Period(moment.replace(minute=0, second=0), 1, (moment.date(),), _within(rule, moment))
            index += 1
        else:
            yield _Period(moment, 1, (), _NO_CLOCK)
            index = -((start - passed) // step)


def _passed_over(rule: RecurrenceRule, moment: datetime, fits: Callable[[date], bool]) -> datetime | None:
    """Return where the day, hour or minute of ``moment`` ends if nothing in it can fit; None where it can."""
    if not fits(moment.date()):
        return datetime.combine(moment.date() + timedelta(days=1), time())
    if rule.by_hour and moment.hour not in rule.by_hour:
        return moment.replace(minute=0, second=0) + timedelta(hours=1)
    if rule.freq is not Frequency.HOURLY and rule.by_minute and moment.minute not in rule.by_minute:
        return moment.replace(second=0) + timedelta(minutes=1)
    if rule.freq is Frequency.SECONDLY and rule.by_second and moment.second not in _seconds(rule.by_second):
        return moment + timedelta(seconds=1)
    return None


def _within(rule: RecurrenceRule, moment: datetime) -> _Clock:
    """Return the times that the rule names in the hour, minute or second of ``moment``, which fits it."""
    minutes = rule.by_minute if rule.freq is Frequency.HOURLY and rule.by_minute else (moment.minute,)
    seconds = rule.by_second if rule.freq is not Frequency.SECONDLY and rule.by_second else (moment.second,)
    return _Clock.of((moment.hour,), minutes, _seconds(seconds))


# --- which days fit ---------------------------------------------------------------------------------------------------


def _day_test(rule: RecurrenceRule) -> Callable[[date], bool]:
    """Return the test that a day passes if every BYxxx part about days names it."""
    tests = list(_day_tests(rule))
    if len(tests) == 1:
        return tests[0]
    return lambda day: all(test(day) for test in tests)


def _day_tests(rule: RecurrenceRule) -> Iterator[Callable[[date], bool]]:
    months, weeks = frozenset(rule.by_month), frozenset(rule.by_week_no)
    year_days, month_days = frozenset(rule.by_year_day), frozenset(rule.by_month_day)
    if months and (weeks or rule.freq is not Frequency.YEARLY):  # else only these months are looked at
        yield lambda day: day.month in months
    if weeks:
        yield lambda day: not weeks.isdisjoint(_week_numbers(day, rule.week_start))
    if year_days:
        yield lambda day: not year_days.isdisjoint(_from_both_ends(_year_day(day), 366 if _is_leap(day) else 365))
    if month_days:
        yield lambda day: not month_days.isdisjoint(_from_both_ends(day.day, _month_length(day)))
    if rule.by_day:
        yield _weekday_test(rule)


def _weekday_test(rule: RecurrenceRule) -> Callable[[date], bool]:
    """Return the test of BYDAY. Ordinals count within the month or the year, and mean nothing in shorter periods."""
    within_month = rule.freq is Frequency.MONTHLY or bool(rule.by_month)
    has_ordinals = rule.freq in {Frequency.YEARLY, Frequency.MONTHLY} and not rule.by_week_no
    plain = frozenset(by.weekday for by in rule.by_day if not (by.ordinal and has_ordinals))
    nth = frozenset(by for by in rule.by_day if by.ordinal and has_ordinals)

    def fits(day: date) -> bool:
        weekday = day.weekday()
        if weekday in plain:
            return True
        if not any(by.weekday == weekday for by in nth):
            return False
        place, size = (day.day, _month_length(day)) if within_month else (_year_day(day), 366 if _is_leap(day) else 365)
        ordinals = (place - 1) // 7 + 1, -((size - place) // 7 + 1)
        return any(ByDay(weekday, ordinal) in nth for ordinal in ordinals)

    return fits


def _from_both_ends(place: int, size: int) -> tuple[int, int]:
    return place, place - size - 1


def _year_day(day: date) -> int:
    return day.timetuple().tm_yday


def _is_leap(day: date) -> bool:
    return calendar.isleap(day.year)


def _month_length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _week_numbers(day: date, week_start: int) -> tuple[int, int]:
    """Return the day's week number (the first week has four days of the year or more), and as counted from the end."""
    ordinal = day.toordinal()
    middle = date.fromordinal(ordinal - (day.weekday() - week_start) % 7 + 3)  # its year is the week's year
    number = (_year_day(middle) - 1) // 7 + 1
    last = date(middle.year, 12, 31)
    weeks = number + (last - middle).days // 7
    return number, number - weeks - 1
