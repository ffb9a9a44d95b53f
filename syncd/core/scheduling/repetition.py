"""Which recurrence rules a series of appointments may follow, and how such a rule moves to other days."""

import calendar
from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from syncd.core.errors import AmbiguousTimeError, InvalidRuleError
from syncd.core.events.recurrence import RecurrenceRule, occurrences
from syncd.core.events.rule import ByDay, Frequency
from syncd.core.times import instant, lenient_local, zone, zone_name

MOST_SESSIONS = 1000
"""A higher COUNT is no number of sessions that anybody agreed on; a rule without an end says what is meant."""

_AT_MOST_DAILY = frozenset({Frequency.YEARLY, Frequency.MONTHLY, Frequency.WEEKLY, Frequency.DAILY})


def booked_rule(text: str, start: datetime) -> RecurrenceRule:
    """Return the rule of a series of appointments whose first one is at ``start``, its UNTIL in UTC.

    Raises `InvalidRuleError` for what is no rule, and for one that gives several sessions a day, none at all, too many,
    or not ``start`` as its first; `AmbiguousTimeError` for a start that RFC 5545 takes for the one an hour before.
    """
    rule = RecurrenceRule.parse(text)
    _check_pace(rule, text)
    if start.fold:
        shown = start.replace(tzinfo=None).isoformat(timespec="minutes")
        raise AmbiguousTimeError(
            f"{shown} occurs twice, and calendars read the start of a series as the first of the two. "
            "Give another start, or book single appointments.",
            start=start.isoformat(timespec="minutes"),
        )
    tz = zone(zone_name(start))
    until = last_moment(rule, tz)
    if until is not None:
        rule = rule.bounded_until(until)
    _check_first(rule, start, until, text)
    return rule


def last_moment(rule: RecurrenceRule, tz: ZoneInfo) -> datetime | None:
    """Return the moment of the rule's UNTIL, of a mere date its last second in ``tz``; None without UNTIL."""
    match rule.until:
        case None:
            return None
        case datetime(tzinfo=None) as wall:
            return instant(lenient_local(wall, tz))
        case datetime() as moment:
            return moment
        case day:
            return instant(lenient_local(datetime.combine(day, time(23, 59, 59)), tz))


def shifted(rule: RecurrenceRule, days: int, first: date) -> RecurrenceRule:
    """Return the rule moved by so many days, so that ``first`` is a day that it gives.

    Weekdays move along, the nth weekday or the day of a month becomes that of ``first``. Raises `InvalidRuleError` for
    rules that say more about their days than that.
    """
    if not days:
        return rule
    if rule.by_year_day or rule.by_week_no:
        raise _immovable(rule)
    if rule.freq in {Frequency.DAILY, Frequency.WEEKLY}:
        return _shifted_weekdays(rule, days)
    return _shifted_within_month(rule, first)


def _shifted_weekdays(rule: RecurrenceRule, days: int) -> RecurrenceRule:
    """Move the weekdays, and where it counts the week's first day too: every other week stays the same week."""
    if rule.by_month or rule.by_month_day:
        raise _immovable(rule)
    weeks_count = bool(rule.by_day) and (rule.interval > 1 or bool(rule.by_set_pos))
    return replace(
        rule,
        by_day=tuple(sorted(ByDay((by.weekday + days) % 7) for by in rule.by_day)),
        week_start=(rule.week_start + days) % 7 if weeks_count else rule.week_start,
    )


def _shifted_within_month(rule: RecurrenceRule, first: date) -> RecurrenceRule:
    parts = (rule.by_month, rule.by_month_day, rule.by_day)
    if rule.by_set_pos or any(len(part) > 1 for part in parts) or (rule.by_month_day and rule.by_day):
        raise _immovable(rule)
    length = calendar.monthrange(first.year, first.month)[1]
    month_day = tuple(first.day if day > 0 else first.day - length - 1 for day in rule.by_month_day)
    return replace(
        rule,
        by_month=(first.month,) if rule.by_month else (),
        by_month_day=month_day,
        by_day=tuple(_nth_weekday(by, first, length) for by in rule.by_day),
    )


def _nth_weekday(by: ByDay, day: date, length: int) -> ByDay:
    """Return the BYDAY for ``day``, counted within its month from the end that ``by`` counts from, or not at all."""
    ordinal = (day.day - 1) // 7 + 1 if by.ordinal > 0 else -((length - day.day) // 7 + 1)
    return ByDay(day.weekday(), ordinal if by.ordinal else 0)


def _immovable(rule: RecurrenceRule) -> InvalidRuleError:
    return InvalidRuleError(
        f"The rule {rule.format()} cannot be moved to other days. "
        "Cancel the series from there on and book a new one with the rule that you want.",
        rule=rule.format(),
    )


def _check_pace(rule: RecurrenceRule, text: str) -> None:
    if rule.freq not in _AT_MOST_DAILY or rule.by_hour or rule.by_minute or rule.by_second:
        raise InvalidRuleError(
            "A series has one session a day at most, at the time of its start: "
            "use FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, without BYHOUR, BYMINUTE and BYSECOND.",
            rule=text,
        )
    if rule.count is not None and rule.count > MOST_SESSIONS:
        raise InvalidRuleError(
            f"COUNT={rule.count} is more than {MOST_SESSIONS}. Leave COUNT out for a series without an end.", rule=text
        )


def _check_first(rule: RecurrenceRule, start: datetime, until: datetime | None, text: str) -> None:
    if until is not None and until < instant(start):
        raise InvalidRuleError(
            f"UNTIL lies before the start, {start.isoformat(timespec='minutes')}: the series would have no session.",
            rule=text,
        )
    wall = start.replace(tzinfo=None)
    first = next(occurrences(rule, wall, None, 1, zone=start.tzinfo), None)
    if first is None:
        raise InvalidRuleError(f"The rule {text} never gives a session.", rule=text)
    if first != wall:
        raise InvalidRuleError(
            f"The rule {text} does not give the start, {wall.isoformat(timespec='minutes')}. "
            f"Start at {first.isoformat(timespec='minutes')}, its first session, or change the rule.",
            rule=text,
            first=first.isoformat(timespec="minutes"),
        )
