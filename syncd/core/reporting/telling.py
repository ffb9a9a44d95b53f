"""When somebody is told of an alert: not of what flickers, again at growing distance, and when it is over.

A pure step from what is remembered and what is so now to what is said now and what is remembered then. The row of each
condition says where it stands:

    seen      it is there, and has not lasted long enough; nobody was told
    told      somebody was told, and is told again at growing distance while it lasts
    fading    it was told and is gone, and has not stayed away long enough; back within that time it never went
    over      somebody was told that it is over; remembered for a day, since what returns soon flickers
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, tzinfo

from syncd.core.reporting.alerts import DRIFT_OPEN, Alert, Urgency
from syncd.core.times import DayHours

Name = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How people want to be told.

    ``settle``: for so long a condition lasts before it is told; open drifts are told at once. ``over_after``: for so
    long it stays away before it is over; twice as long each time that it came back within a day. ``gather``: so long
    after a notice what comes next is gathered into one; drifts and critical alerts wait a minute at most. ``again``:
    after so long somebody is told once more, then after twice as long each time, up to ``longest``. ``quiet``: times of
    the day, in ``zone``, at which nobody is told; ``wakes``: but of critical alerts.
    """

    settle: timedelta = timedelta(minutes=2)
    over_after: timedelta = timedelta(minutes=5)
    gather: timedelta = timedelta(minutes=5)
    again: timedelta = timedelta(hours=24)
    longest: timedelta = timedelta(days=7)
    quiet: tuple[DayHours, ...] = ()
    zone: tzinfo = UTC
    wakes: bool = True

    @property
    def silent(self) -> "Manner":
        """The same, while there is nobody to be told: what is so is remembered, and nothing is said."""
        return replace(self, quiet=(_ALL_DAY,), wakes=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is remembered of an alert: how it was last seen, and what was said of it.

    ``gone_at``: since when it is not there, None while it is. ``told_at``: when somebody was last told of it, be it
    that it is over (``over_at``). ``times``: how often it was told since it came. ``returns``: how often it came back
    within a day of its end.
    """

    alert: Alert
    first_seen_at: datetime
    gone_at: datetime | None = None
    told_at: datetime | None = None
    over_at: datetime | None = None
    times: int = 0
    returns: int = 0

    @property
    def name(self) -> Name:
        """What it is known by."""
        return self.alert.name

    @property
    def since(self) -> datetime:
        """Since when it is so, as far as is known."""
        return self.alert.since or self.first_seen_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is said now, the gravest first, and what is remembered from now on."""

    new: tuple[Condition, ...] = ()
    again: tuple[Condition, ...] = ()
    over: tuple[Condition, ...] = ()
    remembered: Mapping[Name, Condition] = field(default_factory=dict)

    @property
    def is_silent(self) -> bool:
        """Tell whether nothing is said."""
        return not (self.new or self.again or self.over)


def tell(
    known: Iterable[Condition],
    alerts: Sequence[Alert],
    now: datetime,
    manner: Manner,
    unseen: frozenset[str] = frozenset(),
) -> Telling:
    """Return what to say. ``unseen``: codes of which not all are among ``alerts``: absence means nothing there."""
    conditions = _looked(known, alerts, now, manner, unseen)
    everything = list(conditions.values())
    new = [one for one in everything if _is_new(one, now, manner)]
    again = [one for one in everything if _is_due_again(one, now, manner)]
    over = [one for one in everything if _is_over(one, now, manner)]
    chosen = frozenset(one.name for one in _chosen(new, again, over, everything, now, manner))
    told = {
        **{one.name: replace(one, times=one.times + 1, told_at=now) for one in (*new, *again)},
        **{one.name: replace(one, times=0, told_at=now, over_at=now) for one in over},
    }
    remembered = {name: told[name] if name in chosen else one for name, one in conditions.items()}
    return Telling(
        new=_gravest_first(new, chosen),
        again=_gravest_first(again, chosen),
        over=_gravest_first(over, chosen),
        remembered=remembered,
    )


def _looked(
    known: Iterable[Condition], alerts: Sequence[Alert], now: datetime, manner: Manner, unseen: frozenset[str]
) -> dict[Name, Condition]:
    """Return every condition as it stands now, before anything is said; without those that are forgotten."""
    before = {one.name: _not_ahead(one, now) for one in known}
    found = {alert.name: _present(before.get(alert.name), alert, now) for alert in alerts}
    for name, one in before.items():
        if name in found:
            continue
        if one.alert.code in unseen:
            found[name] = one
        elif (absent := _absent(one, now, manner)) is not None:
            found[name] = absent
    return found


def _present(before: Condition | None, alert: Alert, now: datetime) -> Condition:
    if before is None:
        return Condition(alert=alert, first_seen_at=now)
    if before.over_at is not None:
        return Condition(alert=alert, first_seen_at=now, told_at=before.told_at, returns=before.returns + 1)
    is_graver = alert.severity.rank < before.alert.severity.rank
    return replace(before, alert=alert, gone_at=None, times=0 if is_graver else before.times)


def _absent(before: Condition, now: datetime, manner: Manner) -> Condition | None:
    """Return a condition that is not there; None: it is forgotten."""
    if before.over_at is not None:
        return before if now < before.over_at + _REMEMBERED else None
    gone = replace(before, gone_at=before.gone_at or now)
    is_untold = not gone.times
    return None if is_untold and _has_stayed_away(gone, now, manner) else gone


def _not_ahead(one: Condition, now: datetime) -> Condition:
    """Return a condition whose times lie in the past: a clock that was ahead must not keep anybody from being told."""
    return replace(
        one,
        first_seen_at=min(one.first_seen_at, now),
        gone_at=one.gone_at and min(one.gone_at, now),
        told_at=one.told_at and min(one.told_at, now),
        over_at=one.over_at and min(one.over_at, now),
    )


def _is_new(one: Condition, now: datetime, manner: Manner) -> bool:
    """Tell whether it is there long enough, and nobody was told."""
    settle = timedelta(0) if _is_prompt(one) else manner.settle
    return _is_there(one) and not one.times and now >= one.first_seen_at + settle


def _is_due_again(one: Condition, now: datetime, manner: Manner) -> bool:
    if not (_is_there(one) and one.times and one.told_at):
        return False
    return now >= one.told_at + min(manner.again * (1 << min(one.times - 1, 16)), manner.longest)


def _is_over(one: Condition, now: datetime, manner: Manner) -> bool:
    """Tell whether it was told, is gone long enough, and nobody was told that it is."""
    return bool(one.times) and one.over_at is None and _has_stayed_away(one, now, manner)


def _has_stayed_away(one: Condition, now: datetime, manner: Manner) -> bool:
    away = timedelta(0) if _is_prompt(one) else manner.over_after * (1 << min(one.returns, _MOST_DOUBLINGS))
    return one.gone_at is not None and now >= one.gone_at + away


def _is_there(one: Condition) -> bool:
    return one.gone_at is None and one.over_at is None


def _is_prompt(one: Condition) -> bool:
    """Tell whether it cannot flicker: an edit that was settled does not come back under the same id."""
    return one.alert.code == DRIFT_OPEN


def _chosen(
    new: list[Condition],
    again: list[Condition],
    over: list[Condition],
    everything: list[Condition],
    now: datetime,
    manner: Manner,
) -> list[Condition]:
    """Return what is said now: all that is due, or what is urgent enough for the hour, or nothing yet."""
    is_quiet = any(hours.holds(now.astimezone(manner.zone).time()) for hours in manner.quiet)
    due = [*new, *again, *over]
    if is_quiet:
        due = [one for one in (*new, *again) if manner.wakes and one.alert.severity is Urgency.CRITICAL]
    is_pressing = any(_is_prompt(one) or one.alert.severity is Urgency.CRITICAL for one in new)
    pause = min(manner.gather, _AT_ONCE) if is_pressing else manner.gather
    last = max((one.told_at for one in everything if one.told_at is not None), default=None)
    return due if last is None or now >= last + pause else []


def _gravest_first(conditions: list[Condition], chosen: frozenset[Name]) -> tuple[Condition, ...]:
    said: Iterator[Condition] = (one for one in conditions if one.name in chosen)
    return tuple(sorted(said, key=lambda one: (one.alert.severity.rank, one.since, one.name)))


_ALL_DAY = DayHours(time.min, time.max)
_REMEMBERED = timedelta(days=1)
_AT_ONCE = timedelta(minutes=1)
_MOST_DOUBLINGS = 6
