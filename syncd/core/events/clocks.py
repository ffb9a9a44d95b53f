"""Sessions at a change of clocks: those that span one, and those in the hour that is skipped or repeated.

Programs read these differently. One that is named by itself, with both its ends, is read rightly by most.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

from syncd.core.events.desired import Desired, Session
from syncd.core.events.recurrence import RecurrenceRule, occurrences
from syncd.core.times import exists, instant, is_ambiguous, lenient_local, plus_minutes

_YEARS_AHEAD = 10
"""An endless series is looked through so far ahead: no message is sent as time goes by."""
_MOST_LOOKED_AT = 4_000
_MOST_NAMED = 100
_LAST_YEAR = 9990
_MINUTES_OF_A_DAY = 24 * 60


def spelled_out(desired: Desired, now: datetime) -> Desired:
    """Return an event whose sessions at a change of clocks no program can take for another time.

    A single one is given in UTC. An instance of a series becomes an override of its own: in UTC where a local time
    would be read as another moment, in local time where it only spans a change.
    """
    if desired.rule is None:
        return replace(desired, master=_single(desired.master))
    known = {instant(one.recurrence_id or one.start) for one in desired.overrides} | set(map(instant, desired.exdates))
    implied = [one for one in _implied(desired, now) if instant(one.recurrence_id or one.start) not in known]
    stated = tuple(_in_utc(one) if _is_unclear(one) else one for one in desired.overrides)
    return replace(desired, overrides=stated + tuple(implied[:_MOST_NAMED]))


def spans_change(start: datetime, minutes: int) -> bool:
    """Tell whether the clocks change while a session lasts."""
    end = plus_minutes(start, minutes)
    return end.replace(tzinfo=None) - start.replace(tzinfo=None) != timedelta(minutes=minutes)


def _single(session: Session) -> Session:
    hard = spans_change(session.start, session.minutes) or _is_unclear(session)
    return _in_utc(session) if hard else session


def _is_unclear(session: Session) -> bool:
    """Tell whether a session begins or ends at a local time that occurs twice, or never."""
    ends = (session.start, plus_minutes(session.start, session.minutes))
    return any(is_ambiguous(end) or not exists(end) for end in ends)


def _in_utc(session: Session) -> Session:
    return replace(session, start=session.start.astimezone(UTC))


def _implied(desired: Desired, now: datetime) -> Iterator[Session]:
    """Yield the instances at changes of clocks as overrides that say what the rule says."""
    master, tz = desired.master, desired.master.start.tzinfo
    first = master.start.replace(tzinfo=None, fold=0)
    last_year = min(max(first.year, now.year) + _YEARS_AHEAD, _LAST_YEAR)
    for wall in _walls_near_changes(desired.rule or "", first, master.minutes, tz, last_year):
        start = lenient_local(wall, tz or UTC)
        one = replace(master, start=start, recurrence_id=start)
        if start.replace(tzinfo=None) != wall or _is_unclear(one):
            yield _in_utc(one)
        elif spans_change(start, master.minutes):
            yield one


@lru_cache(maxsize=512)
def _walls_near_changes(
    rule: str, first: datetime, minutes: int, tz: tzinfo | None, last_year: int
) -> tuple[datetime, ...]:
    """Return the wall clock times that a rule gives within days of a change of clocks, to the end of the last year."""
    parsed = RecurrenceRule.parse(rule)
    near = _days_near_changes(tz, first.year, last_year, minutes // _MINUTES_OF_A_DAY + 2)
    if not (_sets_the_time(parsed) or any(_may_be_hard(first, day, minutes, tz) for day in near)):
        return ()
    before = datetime(last_year + 1, 1, 1)  # noqa: DTZ001 - a reading of the wall clock
    walls = occurrences(parsed, first, before, _MOST_LOOKED_AT, zone=tz)
    return tuple(wall for wall in walls if wall.date() in near)


def _sets_the_time(rule: RecurrenceRule) -> bool:
    """Tell whether a rule may name another time of day than its first session has."""
    return rule.is_sub_daily or bool(rule.by_hour or rule.by_minute or rule.by_second)


def _may_be_hard(first: datetime, day: date, minutes: int, tz: tzinfo | None) -> bool:
    """Tell whether a session at the time of day of ``first`` would have to be spelled out on that day."""
    wall = datetime.combine(day, first.time())
    start = lenient_local(wall, tz or UTC)
    one = Session(start=start, minutes=minutes, summary="")
    return start.replace(tzinfo=None) != wall or spans_change(start, minutes) or _is_unclear(one)


@lru_cache(maxsize=256)
def _days_near_changes(tz: tzinfo | None, first_year: int, last_year: int, around: int) -> frozenset[date]:
    """Return the days of those years that are at most ``around`` days away from a change of clocks."""
    start = datetime(first_year, 1, 1, tzinfo=tz)
    days = [start + timedelta(days=n) for n in range((last_year + 1 - first_year) * 366 + 1)]
    changes = (early for early, late in pairwise(days) if early.utcoffset() != late.utcoffset())
    return frozenset((change + timedelta(days=n)).date() for change in changes for n in range(-around, around + 1))
