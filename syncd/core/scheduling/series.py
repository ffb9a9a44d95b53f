"""Series: which instances the rule gives, and how a change of the future ones, or of all, changes the series.

A change of many instances never looks at more than the *tail*: those that the rule gives from one of them on. What was
agreed for one session alone stays as agreed: field by field, an instance that followed its series follows it on.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.errors import AppointmentStateError, InvalidRuleError
from syncd.core.events.recurrence import MOST_WORK, RecurrenceRule, occurrences
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope, Series
from syncd.core.scheduling.booking import Wanted, has_begun
from syncd.core.scheduling.repetition import Move, last_moment, moved
from syncd.core.times import exists, instant, lenient_local, zone, zone_name

_MARGIN = timedelta(days=2)
"""No change of clocks, of a zone's side of the date line included, moves a wall clock by more."""


class NewSeries(NamedTuple):
    """The names of a series that is about to be."""

    id: str
    uid: str


class Replan(NamedTuple):
    """What a change of a tail leaves: ``head`` is the series as it ends before it, None when the series moves whole.

    ``carried`` is the series that the tail now follows, ``instances`` the tail with its new values, in its order.
    """

    head: Series | None
    carried: Series
    instances: tuple[Appointment, ...]


def identity(one: Appointment) -> datetime:
    """Return the start that the series' rule gave an instance (its RECURRENCE-ID)."""
    if one.recurrence_id is None:
        raise ValueError(f"{one.id} is no instance of a series")
    return one.recurrence_id


def deviates(one: Appointment, series: Series) -> bool:
    """Tell whether an instance was agreed otherwise than its series would have it."""
    return (
        instant(one.start) != instant(identity(one)) or one.minutes != series.minutes or one.location != series.location
    )


def agrees(before: Appointment, after: Appointment) -> bool:
    """Tell whether two states of an appointment are the same time and place."""
    return (instant(before.start), before.minutes, before.location) == (
        instant(after.start),
        after.minutes,
        after.location,
    )


def applied(one: Appointment, wanted: Wanted) -> Appointment:
    """Return the appointment with the new values."""
    return replace(
        one,
        start=one.start if wanted.start is None else wanted.start,
        minutes=one.minutes if wanted.minutes is None else wanted.minutes,
        location=one.location if wanted.location is None else wanted.location,
    )


def given_instances(series: Series, stored: Iterable[Appointment]) -> list[Appointment]:
    """Return those of a series' appointments that its rule still gives, in its order.

    Those of a tail that was cancelled stay on record under the series, beyond its UNTIL.
    """
    last = last_moment(RecurrenceRule.parse(series.rule), _zone(series))
    given = [one for one in stored if last is None or instant(identity(one)) <= last]
    return sorted(given, key=lambda one: instant(identity(one)))


def extended(series: Series, until: datetime, make_id: Callable[[], str]) -> tuple[Series, list[Appointment]]:
    """Return the series as extended to ``until``, and the appointments that this adds, by start.

    A local time that a change of clocks skips, or repeats, is read as RFC 5545 section 3.3.10 has it. How far a series
    is extended is a moment, and each instance is one: readings of the wall clock would come twice in a repeated hour.
    """
    since = series.extended_until
    if since is None or instant(since) >= instant(until):
        return series, []
    tz, rule, first = _zone(series), RecurrenceRule.parse(series.rule), series.start.replace(tzinfo=None, fold=0)
    after, end = since.astimezone(tz).replace(tzinfo=None), until.astimezone(tz).replace(tzinfo=None)
    walls = occurrences(rule, first, end + _MARGIN, MOST_WORK, zone=tz, after=after - _MARGIN)
    starts = {instant(start): start for start in (lenient_local(wall, tz) for wall in walls)}
    new = [start for moment, start in starts.items() if instant(since) <= moment < instant(until)]
    has_more = any(moment >= instant(until) for moment in starts) or (
        rule.is_endless or any(occurrences(rule, first, None, 1, zone=tz, after=end + _MARGIN))
    )
    longer = replace(series, extended_until=instant(until) if has_more else None)
    return longer, [_instance(series, start, make_id()) for start in new]


class Extent(NamedTuple):
    """How many sessions a series has in all, and when the last one is; both None for a series without an end."""

    sessions: int | None
    last: datetime | None


def extent(series: Series) -> Extent:
    """Return how far a series goes by its rule, whatever of it stands in the store."""
    rule, tz = RecurrenceRule.parse(series.rule), _zone(series)
    if rule.is_endless:
        return Extent(None, None)
    walls = list(occurrences(rule, series.start.replace(tzinfo=None, fold=0), None, MOST_WORK, zone=tz))
    return Extent(len(walls), lenient_local(walls[-1], tz))


def _instance(series: Series, start: datetime, id_: str) -> Appointment:
    return Appointment(
        id=id_,
        uid=series.uid,
        provider_id=series.provider_id,
        client_id=series.client_id,
        start=start,
        minutes=series.minutes,
        location=series.location,
        series_id=series.id,
        recurrence_id=start,
    )


def tail_of(instances: Sequence[Appointment], anchor: Appointment, scope: Scope, now: datetime) -> list[Appointment]:
    """Return the instances that a change of ``anchor`` with that scope is about, in the rule's order.

    ``future``: from ``anchor`` on. ``all``: all that come after the last one that has begun. Raises
    `AppointmentStateError` where one that has begun would be among them.
    """
    at = instant(identity(anchor))
    last = max((instant(identity(one)) for one in instances if has_begun(one, now)), default=None)
    if last is not None and last >= at:
        raise AppointmentStateError(
            f"A session that follows {anchor.id} in its series has begun already. Change {anchor.id} alone.",
            status=anchor.status,
        )
    if scope is Scope.ALL:
        return [one for one in instances if last is None or instant(identity(one)) > last]
    return [one for one in instances if instant(identity(one)) >= at]


def cut_off(series: Series, instances: Iterable[Appointment], first: Appointment) -> Series:
    """Return the series as it ends before the instance ``first``; cancelled when there is none before it."""
    earlier = [one for one in instances if instant(identity(one)) < instant(identity(first))]
    return ended(series, earlier) if earlier else replace(series, cancelled=True)


def ended(series: Series, instances: Sequence[Appointment]) -> Series:
    """Return the series as it ends with the last of its ``instances``, of which there is at least one."""
    rule = RecurrenceRule.parse(series.rule).bounded_until(max((identity(one) for one in instances), key=instant))
    return replace(series, rule=rule.format(), extended_until=None)


def replan(
    series: Series,
    instances: Sequence[Appointment],
    tail: Sequence[Appointment],
    anchor: Appointment,
    wanted: Wanted,
    fresh: NewSeries,
) -> Replan:
    """Return what becomes of a series when its ``tail`` follows a change of ``anchor``.

    With instances before the tail the series is split: the old one ends before it, and the tail goes on as a series
    with the ``fresh`` names. Otherwise it stays one and moves. Raises `InvalidRuleError` where no rule gives the new
    times.
    """
    rule, starts = _moved(series, tail, anchor, wanted)
    earlier = len(instances) - len(tail)
    carried = replace(
        series,
        start=starts[0],
        minutes=series.minutes if wanted.minutes is None else wanted.minutes,
        location=series.location if wanted.location is None else wanted.location,
        rule=(rule if rule.count is None else replace(rule, count=rule.count - earlier)).format(),
        extended_until=series.extended_until and instant(starts[-1]) + timedelta(seconds=1),
    )
    if earlier:
        carried = replace(carried, id=fresh.id, uid=fresh.uid, split_from=series.uid, sequence=0, version=1)
    followers = [_follower(one, series, carried, start) for one, start in zip(tail, starts, strict=True)]
    return Replan(
        head=cut_off(series, instances, tail[0]) if earlier else None,
        carried=carried,
        instances=tuple(applied(one, wanted) if one.id == anchor.id else one for one in followers),
    )


def kept_beyond(
    plan: Replan, series: Series, stored: Iterable[Appointment], tail: Sequence[Appointment]
) -> Iterator[tuple[Appointment, Appointment]]:
    """Yield what was cancelled with the end of ``series``, before and after: where it moves whole, they move along.

    At its old place the moved rule might give it again, and a session that takes place would be an EXDATE.
    """
    if plan.head is not None:
        return
    last, tz = identity(tail[-1]), _zone(plan.carried)
    by = plan.carried.start.replace(tzinfo=None) - _wall(series, identity(tail[0]))
    for one in stored:
        if instant(identity(one)) > instant(last):
            yield one, replace(one, recurrence_id=lenient_local(_wall(series, identity(one)) + by, tz))


def leaves_alone(plan: Replan, series: Series, tail: Iterable[Appointment]) -> bool:
    """Tell whether a plan changes neither the tail nor what the series will give after it."""
    return (plan.carried.minutes, plan.carried.location) == (series.minutes, series.location) and all(
        agrees(before, after) and instant(identity(before)) == instant(identity(after))
        for before, after in zip(tail, plan.instances, strict=True)
    )


def _moved(
    series: Series, tail: Sequence[Appointment], anchor: Appointment, wanted: Wanted
) -> tuple[RecurrenceRule, list[datetime]]:
    """Return the rule that gives the tail's new starts (its COUNT is the old one), and these starts."""
    tz, rule = _zone(series), RecurrenceRule.parse(series.rule)
    walls = [_wall(series, identity(one)) for one in tail]
    by = timedelta()
    if wanted.start is not None:
        by = wanted.start.replace(tzinfo=None, fold=0) - _wall(series, identity(anchor))
        rule = moved(rule, Move(walls[0], by, tz))
    starts = [lenient_local(wall + by, tz) for wall in walls]
    _check_first(series, walls[0] + by, tz)
    place = [one.id for one in tail].index(anchor.id)
    if wanted.start is not None and instant(starts[place]) != instant(wanted.start):
        raise InvalidRuleError(
            f"A series takes the first of the two times at which the clocks show {wanted.start:%H:%M} that day. "
            f"Move {anchor.id} alone.",
            rule=series.rule,
        )
    return rule, starts


def _check_first(series: Series, wall: datetime, tz: ZoneInfo) -> None:
    """Refuse a first session in an hour that the clocks skip: every later one would take over its shifted time."""
    if not exists(wall.replace(tzinfo=tz)):
        raise InvalidRuleError(
            f"A series cannot begin at {wall.isoformat(timespec='minutes')}: the clocks in {tz.key} skip that time. "
            "Change it from another session on.",
            rule=series.rule,
        )


def _wall(series: Series, given: datetime) -> datetime:
    """Return the reading of the wall clock by which the rule names an instance.

    It differs from the instance's own where the clocks skip that reading: 02:30 takes place at 03:30.
    """
    at = series.start.time().replace(fold=0)
    for day in (given.date(), given.date() - timedelta(days=1)):
        named = datetime.combine(day, at)
        if instant(lenient_local(named, _zone(series))) == instant(given):
            return named
    return given.replace(tzinfo=None, fold=0)


def _follower(one: Appointment, old: Series, new: Series, start: datetime) -> Appointment:
    """Return an instance as one of ``new``, which gives it ``start``; what it did not take from ``old`` it keeps."""
    named = replace(one, series_id=new.id, uid=new.uid, recurrence_id=start)
    if one.status is AppointmentStatus.CANCELLED:
        return named
    return replace(
        named,
        start=start if instant(one.start) == instant(identity(one)) else one.start,
        minutes=new.minutes if one.minutes == old.minutes else one.minutes,
        location=new.location if one.location == old.location else one.location,
    )


def _zone(series: Series) -> ZoneInfo:
    return zone(zone_name(series.start))
