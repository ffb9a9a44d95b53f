"""The course of a resource: its instances, expanded as far as a comparison needs them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from typing import NamedTuple

from syncd.core.events.recurrence import Frequency, RecurrenceRule, Work, occurrences
from syncd.core.events.snapshot import Event, Form, Moment, Snapshot, Span

MOST_SLOTS = 3_000
"""Instances of one rule that are looked at, whatever its COUNT."""
_FURTHER = 400
_FURTHER_IN_TIME = {
    Frequency.YEARLY: timedelta(days=28 * 366),
    Frequency.MONTHLY: timedelta(days=8 * 366),
    Frequency.WEEKLY: timedelta(days=3 * 366),
}
"""How far an endless rule is followed beyond everything that a body mentions: so many instances, or this long (two
years for a rule of days or less): every combination of weekday, month and leap year that it is likely to name."""


_FURTHEST = timedelta(days=50 * 366)
"""How far a rule that ends is followed, be it to the year 9999."""
_MOST_WORK = 60_000
_WORK_OF_A_SLOT = 2
_LATEST = datetime.fromisoformat("9500-01-01")
"""No rule is followed to where a time zone's offset would leave the calendar."""
FOR_EVER = date.max
"""The date of all the instances of an endless rule that were not looked at."""


class Occurrence(NamedTuple):
    """An instance as the rule has it: ``identity`` is what a RECURRENCE-ID names, whatever its zone."""

    identity: datetime
    start: Moment
    span: Span


class Instance(NamedTuple):
    """An instance as it stands: with the fields of the master or of an override."""

    event: Event
    start: Moment
    span: Span

    @property
    def end(self) -> datetime:
        """The instant at which it ends."""
        return self.span.end_of(self.start)


@dataclass(frozen=True)
class Course:
    """What a resource says when, slot by slot.

    ``slots`` are those of DTSTART, RRULE and RDATE, EXDATEs not yet taken away; ``strays`` those that only an override
    names. ``known_until``: after that instant nothing was expanded; None: everything was. ``futures`` are overrides
    with RANGE=THISANDFUTURE, by slot.
    """

    master: Event | None
    slots: tuple[Occurrence, ...]
    strays: tuple[Occurrence, ...]
    excluded: frozenset[datetime]
    overrides: Mapping[datetime, Event]
    futures: tuple[tuple[Occurrence, Event], ...]
    known_until: datetime | None
    is_endless: bool
    is_series: bool

    @cached_property
    def all_slots(self) -> tuple[Occurrence, ...]:
        """Slots and strays, in order of time."""
        return tuple(sorted((*self.slots, *self.strays), key=lambda slot: slot.identity))

    @cached_property
    def _range_starts(self) -> tuple[datetime, ...]:
        return tuple(base.identity for base, _ in self.futures)

    @cached_property
    def _range_beginnings(self) -> Mapping[datetime, Event]:
        return {base.identity: override for base, override in reversed(self.futures)}

    def at(self, slot: Occurrence) -> Instance | None:
        """Return the instance in that slot, None where it was taken away. A cancelled master takes away nothing."""
        if slot.identity in self.excluded:
            return None
        own = self.overrides.get(slot.identity)
        if own is not None:
            return None if own.cancelled else Instance(own, own.start, own.span)
        ranges = bisect_right(self._range_starts, slot.identity)
        if ranges:
            base, override = self.futures[ranges - 1]
            return None if override.cancelled else carried(base, override, slot)
        return None if self.master is None else Instance(self.master, slot.start, slot.span)

    def overriding(self, slot: Occurrence) -> Event | None:
        """Return the override that stands for that slot alone, or begins a range there."""
        own = self.overrides.get(slot.identity)
        return own or self._range_beginnings.get(slot.identity)

    def standing(self) -> Iterator[tuple[Occurrence, Instance]]:
        """Yield the instances that take place."""
        if self.master is not None and self.master.cancelled:
            return
        for slot in self.all_slots:
            if (instance := self.at(slot)) is not None:
                yield slot, instance

    def days(self, zone: tzinfo) -> frozenset[date]:
        """Return the local dates in ``zone`` on which an instance stands, among them `FOR_EVER` if they never end."""
        days = frozenset(instance.start.day_in(zone) for _, instance in self.standing())
        return days | {FOR_EVER} if days and self.is_endless else days

    def parted(self, index: int) -> "tuple[Course, Course]":
        """Return the course up to the rule's slot with that index, and from it on."""
        cut = self.slots[index].identity
        early = tuple(slot for slot in self.strays if slot.identity < cut)
        late = tuple(slot for slot in self.strays if slot.identity > cut)
        begun = replace(self, slots=self.slots[:index], strays=early, known_until=None, is_endless=False)
        return begun, replace(self, slots=self.slots[index:], strays=late)


def carried(base: Occurrence, override: Event, slot: Occurrence) -> Instance:
    """Return what an override for this and all later instances makes of a later slot."""
    start = replace(override.start, wall=override.start.wall + (slot.start.wall - base.start.wall))
    return Instance(override, start, override.span)


def courses(*snapshots: Snapshot) -> tuple[Course, ...]:
    """Return the courses of snapshots, all expanded over the same time."""
    mentioned = max(moment for snapshot in snapshots for moment in _mentioned(snapshot))
    return tuple(_course(snapshot, mentioned) for snapshot in snapshots)


def _mentioned(snapshot: Snapshot) -> Iterator[datetime]:
    """Yield the instants that a body names; a rule that ends is followed to its end anyway."""
    for event in snapshot.events:
        yield from _mentioned_by(event)


def _mentioned_by(event: Event) -> Iterator[datetime]:
    yield event.start.instant
    yield from (moment.instant for moment in (event.recurrence_id, *event.exdates) if moment is not None)
    yield from (extra.start.instant for extra in event.extras)


def _course(snapshot: Snapshot, mentioned: datetime) -> Course:
    master = snapshot.master
    slots, known_until = _rule_slots(master, mentioned, Work(_MOST_WORK)) if master is not None else ((), None)
    matcher = _Matcher(slots)
    exdates = snapshot.master.exdates if snapshot.master is not None else ()
    overrides, futures, strays = {}, [], []
    for override in snapshot.overrides:
        slot = matcher.slot_of(override)
        if override.and_future:
            futures.append((slot, override))
        else:
            overrides[slot.identity] = override
        if slot not in matcher and not override.cancelled:
            strays.append(slot)
    return Course(
        master=snapshot.master,
        slots=slots,
        strays=tuple(strays),
        excluded=frozenset(identity for moment in exdates if (identity := matcher.find(moment)) is not None),
        overrides=overrides,
        futures=tuple(sorted(futures, key=lambda pair: pair[0].identity)),
        known_until=known_until,
        is_endless=snapshot.master is not None and any(rule.is_endless for rule in snapshot.master.rules),
        is_series=snapshot.is_series,
    )


def is_affordable(master: Event, work: Work) -> bool:
    """Tell whether the instances of a resource can be found with the ``work`` that is left, and take it off.

    One rule with one time a day always can be, since no rule is followed any further than that allows.
    """
    if not master.excluded_rules and all(not rule.is_sub_daily for rule in master.rules) and len(master.rules) < 2:
        return True
    _rule_slots(master, max(_mentioned_by(master)), work)
    return not work.is_spent


def _rule_slots(master: Event, mentioned: datetime, work: Work) -> tuple[tuple[Occurrence, ...], datetime | None]:
    """Return the slots of DTSTART, RDATEs and RRULEs, and until when they are known."""
    slots = {master.start.instant: Occurrence(master.start.instant, master.start, master.span)}
    known_until: datetime | None = None
    for rule in master.rules:
        moments, is_whole = _expanded(rule, master.start, mentioned, work)
        found = [Occurrence(moment.instant, moment, master.span) for moment in moments]
        slots |= {slot.identity: slot for slot in found}
        if not is_whole and found:
            known_until = min(known_until or found[-1].identity, found[-1].identity)
    for start, span in master.extras:
        slots[start.instant] = Occurrence(start.instant, start, span or master.span)
    for rule in master.excluded_rules:
        for moment in _expanded(rule, master.start, mentioned, work)[0]:
            slots.pop(moment.instant, None)
    known = (slot for slot in slots.values() if known_until is None or slot.identity <= known_until)
    return tuple(sorted(known, key=lambda slot: slot.identity)), known_until


def _expanded(rule: RecurrenceRule, start: Moment, mentioned: datetime, work: Work) -> tuple[list[Moment], bool]:
    """Return the rule's times, and whether these are all there are."""
    zone = None if start.is_date else start.zone
    last_mentioned = mentioned.astimezone(start.zone).replace(tzinfo=None)
    further = _FURTHER_IN_TIME.get(rule.freq, timedelta(days=2 * 366)) if rule.is_endless else _FURTHEST
    before = min(last_mentioned + further, _LATEST)
    moments: list[Moment] = []
    beyond = 0
    for wall in occurrences(rule, start.wall, before, MOST_SLOTS, zone=zone, work=work):
        work.spend(_WORK_OF_A_SLOT)
        moments.append(Moment(wall, start.zone, start.form, start.tzid))
        beyond += wall > last_mentioned
        if rule.is_endless and beyond >= _FURTHER:
            break
    return moments, _is_whole(rule, len(moments), before)


def _is_whole(rule: RecurrenceRule, found: int, before: datetime) -> bool:
    """Tell whether a rule ended before its expansion did."""
    if rule.is_endless or found >= MOST_SLOTS:
        return rule.count == found
    if rule.count is not None and found >= rule.count:
        return True
    return rule.until is not None and (rule.until.year, rule.until.month) < (before.year, before.month)


class _Matcher:
    """Finds the slot that a RECURRENCE-ID or EXDATE names: by instant, or by day where one of both is a date."""

    def __init__(self, slots: Iterable[Occurrence]) -> None:
        self._slots = {slot.identity: slot for slot in slots}
        self._by_day = {slot.start.wall.date(): slot for slot in reversed(self._slots.values())}

    def __contains__(self, slot: Occurrence) -> bool:
        return slot.identity in self._slots

    def find(self, moment: Moment) -> datetime | None:
        """Return the identity of the slot that ``moment`` names, None if there is none."""
        slot = self._find(moment)
        return slot.identity if slot is not None else None

    def slot_of(self, override: Event) -> Occurrence:
        """Return the slot of an override: the master's, or where it has none there one of the override's own."""
        named = override.recurrence_id or override.start
        return self._find(named) or Occurrence(named.instant, named, override.span)

    def _find(self, moment: Moment) -> Occurrence | None:
        if moment.instant in self._slots:
            return self._slots[moment.instant]
        slot = self._by_day.get(moment.wall.date())
        if slot is not None and Form.DATE in {moment.form, slot.start.form}:
            return slot
        return None
