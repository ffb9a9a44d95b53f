"""Overrides that hold for this and all later instances (RFC 5545 section 3.2.13): a series cut in two in one body."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, tzinfo
from itertools import pairwise

from syncd.core.events.comparison.course import Course, Occurrence, carried
from syncd.core.events.comparison.differences import Difference, differences
from syncd.core.events.findings import Kind
from syncd.core.events.snapshot import Event

Future = tuple[Occurrence, Event]


def of_ranges(published: Course, observed: Course, zone: tzinfo) -> list[Difference] | None:
    """Return what ranges in the observed course changed, from each on; None where there is none, or nothing new."""
    cuts = _cuts(published, observed)
    if not cuts:
        return None
    found = list(_of_part(published, observed, (0, 0), cuts[0][1], zone)) if cuts[0][1] != (0, 0) else []
    ends = [*(places for _, places in cuts), (len(published.slots), len(observed.slots))]
    for (future, places), (_, following) in zip(cuts, pairwise(ends), strict=True):
        changed = list(_of_range(published, observed, future, (places, following), zone))
        if changed:
            found += [_split(published, places[0], future), *changed]
    return found


def _cuts(published: Course, observed: Course) -> list[tuple[Future, tuple[int, int]]]:
    """Return each range with the places at which it begins in both courses, in order."""
    if published.futures or not observed.futures or not published.slots:
        return []
    ours = {slot.identity: place for place, slot in enumerate(published.slots)}
    theirs = {slot.identity: place for place, slot in enumerate(observed.slots)}
    cuts = []
    for future in observed.futures:
        place = theirs.get(future[0].identity)
        if place is not None and (known := ours.get(future[0].identity, place)) < len(published.slots):
            cuts.append((future, (known, place)))
    return cuts


def _split(published: Course, place: int, future: Future) -> Difference:
    base, override = future
    return Difference(
        kind=Kind.SPLIT,
        field="RECURRENCE-ID",
        published=base.start.shown(),
        observed=None if override.cancelled else override.start.shown(),
        recurrence_id=published.slots[place].start.local,
    )


def _of_part(
    published: Course, observed: Course, begin: tuple[int, int], end: tuple[int, int], zone: tzinfo
) -> list[Difference]:
    without = replace(_part(observed, begin[1], end[1]), futures=())
    return differences(_part(published, begin[0], end[0]), without, zone)


def _of_range(
    published: Course, observed: Course, future: Future, places: tuple[tuple[int, int], tuple[int, int]], zone: tzinfo
) -> Iterator[Difference]:
    """Yield what differs from a range's first instance to the one before the next range."""
    (first, begin), (last, end) = places
    ours = _part(published, first, last)
    if not future[1].cancelled:
        yield from differences(ours, _carried_on(_part(observed, begin, end), future), zone)
    elif any(ours.at(slot) is not None for slot in ours.slots):
        yield Difference(
            kind=Kind.INSTANCE_DELETED,
            field="STATUS",
            published=ours.slots[0].start.shown(),
            observed=None,
            recurrence_id=ours.slots[0].start.local,
        )


def _part(course: Course, begin: int, end: int) -> Course:
    """Return a course from one place among its slots until before another."""
    part = course.parted(begin)[1] if begin else course
    return part.parted(end - begin)[0] if end < len(course.slots) else part


def _carried_on(course: Course, future: Future) -> Course:
    """Return a course as the range's override makes it: a series of its own, whose master the override is."""
    base, override = future
    rules = course.master.rules if course.master is not None else ()
    master = replace(override, recurrence_id=None, and_future=False, rules=rules)
    moved: dict[datetime, datetime] = {}
    slots = []
    for slot in course.slots:
        there = carried(base, override, slot)
        moved[slot.identity] = there.start.instant
        slots.append(Occurrence(there.start.instant, there.start, master.span))
    return replace(
        course,
        master=master,
        slots=tuple(slots),
        excluded=frozenset(moved.get(identity, identity) for identity in course.excluded),
        overrides={moved.get(identity, identity): own for identity, own in course.overrides.items()},
        futures=(),
        known_until=slots[-1].identity if course.known_until is not None else None,
    )
