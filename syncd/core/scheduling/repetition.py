"""Which recurrence rules a series of appointments may follow, and how such a rule moves to another time.

A moved rule is proposed in the way in which the old one names its days, and then *proven*: it must give each of the old
times moved by the same difference on the wall clock, and no other. What cannot be proven is refused, never guessed.
"""

import calendar
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.errors import AmbiguousTimeError, InvalidRuleError
from syncd.core.events.recurrence import RecurrenceRule, occurrences
from syncd.core.events.rule import ByDay, Frequency
from syncd.core.times import instant, lenient_local, zone, zone_name

MOST_SESSIONS = 1000
"""A higher COUNT is no number of sessions that anybody agreed on; a rule without an end says what is meant."""

_MOST_COMPARED = 5_000
"""Sessions by which two rules are held against each other: more than any rule gives before its pattern repeats, or
before the expansion ends by its own bound."""

_MID_MONTH = 15
_LAST_YEAR = 9000
"""An UNTIL after it means a series without an end, and could not be moved: Python's dates end with the year 9999."""

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
        if until.year > _LAST_YEAR:
            raise InvalidRuleError("UNTIL is too far away. Leave it out for a series without an end.", rule=text)
        rule = rule.bounded_until(until)
    _check_first(rule, start, until, text)
    return rule


def last_moment(rule: RecurrenceRule, tz: ZoneInfo) -> datetime | None:
    """Return the moment of the rule's UNTIL, of a mere date its last second in ``tz``; None without UNTIL."""
    try:
        match rule.until:
            case None:
                return None
            case datetime(tzinfo=None) as wall:
                return instant(lenient_local(wall, tz))
            case datetime() as moment:
                return moment
            case day:
                return instant(lenient_local(datetime.combine(day, time(23, 59, 59)), tz))
    except OverflowError as error:
        raise InvalidRuleError(
            f"UNTIL={rule.until} is no time in {tz.key}. Leave UNTIL out for a series without an end.",
            rule=rule.format(),
        ) from error


class Move(NamedTuple):
    """A move of all times of a rule: the naive ``first`` of them goes ``by`` so much, on the wall clock of ``tz``."""

    first: datetime
    by: timedelta
    tz: ZoneInfo

    @property
    def days(self) -> int:
        """By how many days it moves every session, whatever the time of the day."""
        return (self.to.date() - self.first.date()).days

    @property
    def to(self) -> datetime:
        """Where the first time goes."""
        return self.first + self.by


def moved(rule: RecurrenceRule, move: Move) -> RecurrenceRule:
    """Return the rule that gives exactly the times of ``rule``, each moved by ``move``; its COUNT is left as it is.

    An UNTIL moves on the wall clock like the sessions, and comes out in UTC. Raises `InvalidRuleError`, which says what
    to do instead, where no rule of the same kind gives these times: the day after a last Friday may lie in the next
    month, and the day after a second Tuesday need not be a second Wednesday.
    """
    days = _moved_days(rule, move)
    until = last_moment(rule, move.tz)
    return days if until is None else _moved_end(rule, days, until, move)


def _moved_days(rule: RecurrenceRule, move: Move) -> RecurrenceRule:
    if not move.days:
        return rule
    proposals = list(_proposals(rule, move))
    for proposal in proposals:
        if _is_moved(rule, proposal, move):
            return proposal
    raise _immovable(rule, move.days, proposals[:1])


def _is_moved(rule: RecurrenceRule, proposal: RecurrenceRule, move: Move) -> bool:
    """Tell whether ``proposal`` gives the times of ``rule`` moved, as far as ``rule`` gives any."""
    old = list(occurrences(rule, move.first, None, _MOST_COMPARED, zone=move.tz))
    new = list(occurrences(replace(proposal, until=None), move.to, None, len(old)))
    if rule.count is not None and len(new) < len(old):
        return False  # of an endless rule, either list may end with the work that an expansion may cost
    return all(after == before + move.by for before, after in zip(old, new, strict=False))


def _moved_end(rule: RecurrenceRule, days: RecurrenceRule, until: datetime, move: Move) -> RecurrenceRule:
    """Return the rule with the UNTIL that ends it after the session with which the old one ended."""
    wall = until.astimezone(move.tz).replace(tzinfo=None, fold=0)
    ended = days.bounded_until(lenient_local(wall + move.by, move.tz))
    old = list(occurrences(rule, move.first, None, _MOST_COMPARED, zone=move.tz))
    new = list(occurrences(ended, move.to, None, _MOST_COMPARED, zone=move.tz))
    if len(old) == len(new):
        return ended
    # Only where the clocks change at the very end: there an hour exists twice, or not at all.
    return days.bounded_until(lenient_local(old[-1] + move.by, move.tz))


def _proposals(rule: RecurrenceRule, move: Move) -> Iterator[RecurrenceRule]:
    """Yield the rules that may give the moved times, the likeliest first.

    Within a month that one names its days the way ``rule`` does; what crosses its end is named from the nearer end.
    """
    if rule.by_year_day or rule.by_week_no:
        return
    if rule.freq in {Frequency.DAILY, Frequency.WEEKLY}:
        if not (rule.by_month or rule.by_month_day):
            yield _shifted_weekdays(rule, move.days)
        return
    parts = (rule.by_month, rule.by_month_day, rule.by_day)
    if rule.by_set_pos or any(len(part) > 1 for part in parts) or (rule.by_month_day and rule.by_day):
        return
    counts_from_end = any(day < 0 for day in rule.by_month_day) or any(by.ordinal < 0 for by in rule.by_day)
    stays = (move.to.year, move.to.month) == (move.first.year, move.first.month)
    likelier = counts_from_end if stays else move.to.day > _MID_MONTH
    for from_end in (likelier, not likelier):
        yield _on_day(rule, move.to.date(), from_end=from_end)


def _shifted_weekdays(rule: RecurrenceRule, days: int) -> RecurrenceRule:
    """Move the weekdays, and where it counts the week's first day too: every other week stays the same week."""
    weeks_count = bool(rule.by_day) and (rule.interval > 1 or bool(rule.by_set_pos))
    return replace(
        rule,
        by_day=tuple(sorted(ByDay((by.weekday + days) % 7) for by in rule.by_day)),
        week_start=(rule.week_start + days) % 7 if weeks_count else rule.week_start,
    )


def _on_day(rule: RecurrenceRule, day: date, *, from_end: bool) -> RecurrenceRule:
    """Return the rule that names ``day`` where the old one named its day, counted from either end of the month."""
    length = calendar.monthrange(day.year, day.month)[1]
    return replace(
        rule,
        by_month=(day.month,) if rule.by_month else (),
        by_month_day=(day.day - length - 1 if from_end else day.day,) if rule.by_month_day else (),
        by_day=tuple(_weekday_of(rule, by, day, from_end=from_end) for by in rule.by_day),
    )


def _weekday_of(rule: RecurrenceRule, by: ByDay, day: date, *, from_end: bool) -> ByDay:
    """Return the BYDAY for ``day``: the nth of its month (of its year, where the rule counts so), or every one."""
    if not by.ordinal:
        return ByDay(day.weekday())
    place, size = day.day, calendar.monthrange(day.year, day.month)[1]
    if rule.freq is Frequency.YEARLY and not rule.by_month:
        place, size = day.timetuple().tm_yday, 365 + calendar.isleap(day.year)
    return ByDay(day.weekday(), -((size - place) // 7 + 1) if from_end else (place - 1) // 7 + 1)


def _immovable(rule: RecurrenceRule, days: int, instead: list[RecurrenceRule]) -> InvalidRuleError:
    by = f"{abs(days)} {'day' if abs(days) == 1 else 'days'} {'later' if days > 0 else 'earlier'}"
    such_as = f', such as --repeat "{_named(instead[0])}"' if instead else ""
    return InvalidRuleError(
        f"The rule {rule.format()} cannot be moved so that every session is {by}. Move single sessions, or cancel "
        f"the series from there on and book a new one with the rule that you want{such_as}.",
        rule=rule.format(),
    )


def _named(rule: RecurrenceRule) -> str:
    """Return the rule without its end, which is another after the part that has passed."""
    return replace(rule, count=None, until=None).format()


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
