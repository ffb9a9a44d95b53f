"""Sessions at a change of clocks: those that span one, and those in the hour that is skipped or repeated.

Programs read these differently. One that is named by itself, with both its ends, is read rightly by most.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from syncd.core.events.desired import Desired, Session
from syncd.core.events.recurrence import RecurrenceRule, occurrences
from syncd.core.times import exists, instant, is_ambiguous, lenient_local, plus_minutes

_YEARS_AHEAD = 10
"""An endless series is looked through so far ahead: no message is sent as time goes by."""
_MOST_LOOKED_AT = 4_000
_MOST_NAMED = 100


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
    master = desired.master
    for wall in _near_changes(desired, now):
        start = lenient_local(wall, master.start.tzinfo or UTC)
        one = replace(master, start=start, recurrence_id=start)
        if start.replace(tzinfo=None) != wall or _is_unclear(one):
            yield _in_utc(one)
        elif spans_change(start, master.minutes):
            yield one


def _near_changes(desired: Desired, now: datetime) -> Iterator[datetime]:
    """Yield the wall clock times that the rule gives within days of a change of clocks."""
    start, tz = desired.master.start, desired.master.start.tzinfo
    first = start.replace(tzinfo=None, fold=0)
    before = max(first, now.replace(tzinfo=None)) + timedelta(days=366 * _YEARS_AHEAD)
    around = timedelta(days=2)
    for wall in occurrences(RecurrenceRule.parse(desired.rule or ""), first, before, _MOST_LOOKED_AT, zone=tz):
        early, late = (wall - around).replace(tzinfo=tz), (wall + around).replace(tzinfo=tz)
        if early.utcoffset() != late.utcoffset():
            yield wall
