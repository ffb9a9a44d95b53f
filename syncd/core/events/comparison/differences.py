"""What differs between two courses, in the vocabulary's words, before anybody weighs it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

from syncd.core.events.comparison.alignment import Alignment, Pair, align
from syncd.core.events.comparison.course import FOR_EVER, Course, Instance, Occurrence
from syncd.core.events.findings import Kind
from syncd.core.events.snapshot import Event, Form, Moment

_OF_ONE_INSTANCE = {Kind.MOVED: Kind.INSTANCE_MOVED, Kind.RESIZED: Kind.INSTANCE_RESIZED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A finding without its severity. ``days``: the local dates on which it puts instances; ``only_removes``: none."""

    kind: Kind
    field: str
    published: str | None
    observed: str | None
    recurrence_id: datetime | None = None
    days: frozenset[date] = frozenset()
    only_removes: bool = False


class Wording(NamedTuple):
    """A text or a person that differs between two events."""

    kind: Kind
    field: str
    published: str | None
    observed: str | None


def differences(published: Course, observed: Course, zone: tzinfo) -> list[Difference]:
    """Return all that differs between two courses; ``zone`` is the provider's, whose local dates count."""
    alignment = align(published, observed)
    return [
        *_of_status(published, observed, zone),
        *_of_the_whole(published, observed, alignment, zone),
        *_of_the_set(published, observed, alignment, zone),
        *_of_the_master(published, observed),
        *_of_instances(published, observed, alignment, zone),
    ]


def _of_status(published: Course, observed: Course, zone: tzinfo) -> Iterator[Difference]:
    was, now = _is_cancelled(published), _is_cancelled(observed)
    if was != now:
        status = {False: "CONFIRMED", True: "CANCELLED"}
        yield Difference(
            kind=Kind.CANCELLED,
            field="STATUS",
            published=status[was],
            observed=status[now],
            days=observed.days(zone),
        )


def _is_cancelled(course: Course) -> bool:
    return course.master is not None and course.master.cancelled


# --- times of the whole ----------------------------------------------------------------------------------------------


def _of_the_whole(published: Course, observed: Course, alignment: Alignment, zone: tzinfo) -> Iterator[Difference]:
    if published.master is None or observed.master is None or not alignment.pairs:
        return
    first, other = alignment.pairs[0]
    days = frozenset(theirs.start.day_in(zone) for _, theirs in alignment.pairs)
    for kind in alignment.shifts:
        yield Difference(
            kind=kind, field="DTSTART", published=_shown(first.start), observed=_shown(other.start), days=days
        )
    ours = Instance(published.master, first.start, first.span)
    theirs = Instance(observed.master, other.start, other.span)
    if _is_resized(ours, theirs):
        yield _length(Kind.RESIZED, ours, theirs)


def _shown(moment: Moment) -> str:
    return moment.shown()


def _is_resized(ours: Instance, theirs: Instance) -> bool:
    """Tell whether the lengths differ. Hours that the clocks skip or repeat between other days make no difference."""
    if ours.start.is_date != theirs.start.is_date:
        return False
    starts, ends = (ours.start.instant, theirs.start.instant), (ours.end, theirs.end)
    if starts[0] == starts[1]:
        return ends[0] != ends[1]
    return ends[0] - starts[0] != ends[1] - starts[1] and _wall_length(ours) != _wall_length(theirs)


def _wall_length(instance: Instance) -> timedelta:
    end = instance.end.astimezone(instance.start.zone).replace(tzinfo=None)
    return end - instance.start.wall


def _length(kind: Kind, ours: Instance, theirs: Instance, recurrence_id: datetime | None = None) -> Difference:
    return Difference(
        kind=kind,
        field="DTEND",
        published=_shown_end(ours),
        observed=_shown_end(theirs),
        recurrence_id=recurrence_id,
    )


def _shown_end(instance: Instance) -> str:
    end = instance.end.astimezone(instance.start.zone)
    return end.date().isoformat() if instance.start.is_date else end.isoformat()


# --- which instances there are ----------------------------------------------------------------------------------------


def _of_the_set(published: Course, observed: Course, alignment: Alignment, zone: tzinfo) -> Iterator[Difference]:
    if not alignment.is_another_set:
        return
    gained = [instance for slot in alignment.gained if (instance := observed.at(slot)) is not None]
    lost = [slot for slot in alignment.lost if published.at(slot) is not None]
    if not gained and not lost and not alignment.other_end:
        return
    days = frozenset(instance.start.day_in(zone) for instance in gained)
    yield Difference(
        kind=Kind.RECURRENCE,
        field="RRULE",
        published=_rule_text(published),
        observed=_rule_text(observed),
        days=days | {FOR_EVER} if observed.is_endless else days,
        only_removes=not gained and not observed.is_endless,
    )


def _rule_text(course: Course) -> str | None:
    """Return the rule, and where there is none the first instances, as a person reads them."""
    if course.master is not None and course.master.rules:
        return " and ".join(rule.format() for rule in course.master.rules)
    shown = [_shown(instance.start) for _, instance in course.standing()]
    return ", ".join(shown[:5]) + (" …" if len(shown) > 5 else "") or None


# --- the master's texts and people ----------------------------------------------------------------------------------


def _of_the_master(published: Course, observed: Course) -> Iterator[Difference]:
    if published.master is not None and observed.master is not None:
        for wording in wordings(published.master, observed.master):
            yield Difference(**wording._asdict())


def wordings(ours: Event, theirs: Event) -> Iterator[Wording]:
    """Yield the texts and people of two events that differ in meaning."""
    if ours.summary != theirs.summary:
        yield Wording(Kind.TITLE, "SUMMARY", ours.summary or None, theirs.summary or None)
    if not _is_same_place(ours, theirs):
        yield Wording(Kind.LOCATION, "LOCATION", ours.location or None, theirs.location or None)
    if not _is_same_description(ours, theirs):
        yield Wording(Kind.DESCRIPTION, "DESCRIPTION", ours.description or None, theirs.description or None)
    if ours.organizer != theirs.organizer:
        yield Wording(Kind.ATTENDEES, "ORGANIZER", ours.organizer or None, theirs.organizer or None)
    if ours.people != theirs.people:
        yield Wording(Kind.ATTENDEES, "ATTENDEE", _listed(ours), _listed(theirs))
    before, after = ours.answers, theirs.answers
    for address in sorted(before.keys() & after.keys()):
        if after[address] == "DECLINED" != before[address]:
            yield Wording(Kind.DECLINED, "ATTENDEE", f"{address}: {before[address]}", f"{address}: DECLINED")


def _is_same_place(ours: Event, theirs: Event) -> bool:
    """Tell whether both name one place. A link may move between LOCATION, URL and CONFERENCE."""
    return ours.place == theirs.place and ours.shown_links <= theirs.links and theirs.shown_links <= ours.links


def _is_same_description(ours: Event, theirs: Event) -> bool:
    """Tell whether both say the same; where one of them has markup, blanks and line ends say nothing."""
    if ours.has_markup or theirs.has_markup:
        return ours.words == theirs.words
    return ours.description == theirs.description


def _listed(event: Event) -> str | None:
    return ", ".join(sorted(event.people)) or None


# --- single instances -------------------------------------------------------------------------------------------------


def _of_instances(published: Course, observed: Course, alignment: Alignment, zone: tzinfo) -> Iterator[Difference]:
    is_series = published.is_series or observed.is_series
    told: set[tuple[int, int, Kind, str]] = set()
    for pair in alignment.pairs:
        before, after = published.at(pair[0]), observed.at(pair[1])
        if _is_regular(published, pair[0], before) and _is_regular(observed, pair[1], after):
            continue
        for difference in _of_pair(_Pairing(published, observed, pair, before, after), zone):
            if _is_ranged(before) or _is_ranged(after):  # told once, at the first instance of the range
                key = (id(before and before.event), id(after and after.event), difference.kind, difference.field)
                if key in told:
                    continue
                told.add(key)
            yield difference if is_series else replace(difference, recurrence_id=None)


def _is_regular(course: Course, slot: Occurrence, instance: Instance | None) -> bool:
    """Tell whether the instance is as its master and rule have it."""
    return instance is not None and instance.event is course.master and slot.span is instance.event.span


def _is_ranged(instance: Instance | None) -> bool:
    return instance is not None and instance.event.and_future


class _Pairing(NamedTuple):
    """One instance in both courses."""

    published: Course
    observed: Course
    slots: Pair
    before: Instance | None
    after: Instance | None

    @property
    def recurrence_id(self) -> datetime:
        return self.slots[0].start.local


def _of_pair(pairing: _Pairing, zone: tzinfo) -> Iterator[Difference]:
    before, after = pairing.before, pairing.after
    if before is None and after is not None:
        yield Difference(
            kind=Kind.RECURRENCE,
            field="EXDATE",
            published=None,
            observed=_shown(after.start),
            recurrence_id=pairing.recurrence_id,
            days=frozenset({after.start.day_in(zone)}),
        )
    elif before is not None and after is None:
        yield Difference(
            kind=Kind.INSTANCE_DELETED,
            field="EXDATE",
            published=_shown(before.start),
            observed=None,
            recurrence_id=pairing.recurrence_id,
        )
    elif before is not None and after is not None:
        yield from _of_start(pairing, before, after, zone)
        if _is_resized(before, after) and not _follow_masters(pairing, before, after):
            yield _length(Kind.INSTANCE_RESIZED, before, after, pairing.recurrence_id)
        if not (before.event is pairing.published.master and after.event is pairing.observed.master):
            yield from _of_wordings(pairing, before.event, after.event)


def _of_start(pairing: _Pairing, before: Instance, after: Instance, zone: tzinfo) -> Iterator[Difference]:
    if _is_carried_along(pairing, before, after):
        return
    ours = _on_the_clocks_of(before.start, pairing.slots[0].start)
    for kind in _start_kinds(ours, after.start):
        yield Difference(
            kind=_OF_ONE_INSTANCE.get(kind, kind),
            field="DTSTART",
            published=_shown(before.start),
            observed=_shown(after.start),
            recurrence_id=pairing.recurrence_id,
            days=frozenset({after.start.day_in(zone)}),
        )


def _on_the_clocks_of(start: Moment, slot: Moment) -> Moment:
    """Return the start of an instance as the series' clocks show it, where we spelled it out in UTC."""
    if start.form is not Form.UTC or slot.form is not Form.ZONED:
        return start
    return replace(slot, wall=start.instant.astimezone(slot.zone).replace(tzinfo=None))


def _is_carried_along(pairing: _Pairing, before: Instance, after: Instance) -> bool:
    """Tell whether the instance stands to its series as before, so that nothing happened to it alone."""
    ours, theirs = (slot.start for slot in pairing.slots)
    if (before.start.is_date, after.start.is_date) != (ours.is_date, theirs.is_date):
        return False
    if before.start.instant - ours.instant == after.start.instant - theirs.instant:
        return True
    in_their_zones = before.start.zone == ours.zone and after.start.zone == theirs.zone
    return in_their_zones and before.start.wall - ours.wall == after.start.wall - theirs.wall


def _start_kinds(before: Moment, after: Moment) -> tuple[Kind, ...]:
    """Return what happened to one start."""
    if before.is_date != after.is_date:
        moved = before.wall.date() != after.wall.date()
        return (Kind.ALL_DAY, Kind.MOVED) if moved else (Kind.ALL_DAY,)
    if before.instant == after.instant:
        return ()
    return (Kind.TIMEZONE_SHIFT,) if before.wall == after.wall else (Kind.MOVED,)


def _follow_masters(pairing: _Pairing, before: Instance, after: Instance) -> bool:
    """Tell whether both have the length of their master, so that the difference is one of the whole series."""
    ours, theirs = pairing.published.master, pairing.observed.master
    if ours is None or theirs is None:
        return False
    return sum(before.span, timedelta()) == sum(ours.span, timedelta()) and sum(after.span, timedelta()) == sum(
        theirs.span, timedelta()
    )


def _of_wordings(pairing: _Pairing, ours: Event, theirs: Event) -> Iterator[Difference]:
    """Yield what one instance says otherwise, unless the whole series says it so too."""
    masters = pairing.published.master, pairing.observed.master
    general = set(wordings(masters[0], masters[1])) if masters[0] is not None and masters[1] is not None else set()
    for wording in wordings(ours, theirs):
        if wording not in general:
            yield Difference(**wording._asdict(), recurrence_id=pairing.recurrence_id)
