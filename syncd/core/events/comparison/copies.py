"""Which other resource is provably a copy of ours: what an app leaves that edits by deleting, copying or cutting."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from syncd.core.events.comparison.alignment import align
from syncd.core.events.comparison.course import Course, courses
from syncd.core.events.snapshot import Event, Snapshot


class Cut(NamedTuple):
    """A series that was cut in two: ``begun`` and ``rest`` are our parts, ``head`` and ``tail`` what they became."""

    begun: Course
    head: Course
    rest: Course
    tail: Course
    copy: Snapshot


def is_copy(candidate: Snapshot, ours: Snapshot) -> bool:
    """Tell whether ``candidate`` is provably a copy of ours.

    By UID, by our private reference, by RELATED-TO our UID; else by the same texts (a title among them) together with
    the same length or start. A reference of another publication disproves it: two sessions with one client read alike.
    """
    first, other = ours.first, candidate.first
    return _is_marked(candidate, ours) or (_reads_alike(candidate, ours) and _is_as_long_or_then(first, other))


def _is_marked(candidate: Snapshot, ours: Snapshot) -> bool:
    own, other = ours.first.reference, candidate.first.reference
    return candidate.uid == ours.uid or bool(own and own == other) or ours.uid in candidate.first.related_to


def _reads_alike(candidate: Snapshot, ours: Snapshot) -> bool:
    first, other = ours.first, candidate.first
    if not first.summary or (first.reference and other.reference and first.reference != other.reference):
        return False
    return (first.summary, first.location, first.words) == (other.summary, other.location, other.words)


def _is_as_long_or_then(ours: Event, theirs: Event) -> bool:
    return _length(ours) == _length(theirs) or ours.start.instant == theirs.start.instant


def _length(event: Event) -> timedelta:
    return event.span.end_of(event.start) - event.start.instant


def best_copy(ours: Snapshot, candidates: Iterable[Snapshot]) -> Snapshot | None:
    """Return the candidate that is most surely, and then most closely, our own resource under another name."""

    def distance(candidate: Snapshot) -> tuple[bool, bool, timedelta]:
        first, other = ours.first, candidate.first
        is_marked = bool(first.reference) and first.reference == other.reference
        return candidate.uid != ours.uid, not is_marked, abs(other.start.instant - first.start.instant)

    return min((each for each in candidates if is_copy(each, ours)), key=distance, default=None)


def belongs_to(candidate: Snapshot, ours: Snapshot, standing: Snapshot | None) -> bool:
    """Tell whether ``candidate`` is a copy of ours, or the other half of ours cut in two; ``standing``: our place."""
    if is_copy(candidate, ours):
        return True
    if standing is None or not halves(ours, [candidate]):
        return False
    whole, first, other = courses(ours, standing, candidate)
    return find_cut(ours, whole, first, [(candidate, other)]) is not None


def halves(published: Snapshot, others: Sequence[Snapshot]) -> list[Snapshot]:
    """Return those of ``others`` that may be the other half of our series: first those that read like it."""
    if published.master is None or not published.master.rules:
        return []
    sure = [other for other in others if _is_like(other, published)]
    return sure + [o for o in others if not _is_like(o, published) and _asks_the_same_people(o, published)]


def find_cut(
    published: Snapshot, whole: Course, standing: Course, others: Iterable[tuple[Snapshot, Course]]
) -> Cut | None:
    """Return how our series, ``whole`` as published, was cut, None if it was not. ``others``: what `halves` names.

    One half keeps our href; which of both keeps our UID differs between programs, and so does which half stays there.
    That ours ends where the other begins is proof enough where both read alike. Where they do not, the other half is
    known by its people and by its instances, which have to be all that ours lost.
    """
    for copy, other in others:
        for head, tail in ((standing, other), (other, standing)):
            cut = _cut(whole, head, tail, copy)
            if cut is not None and (_is_like(copy, published) or _is_all_that_was_lost(cut)):
                return cut
    return None


def _is_like(candidate: Snapshot, ours: Snapshot) -> bool:
    return _is_marked(candidate, ours) or _reads_alike(candidate, ours)


def _cut(whole: Course, first: Course, last: Course, copy: Snapshot) -> Cut | None:
    kept = len(first.slots)
    if not 0 < kept < len(whole.slots) or not last.slots or first.known_until is not None:
        return None
    is_beginning = [slot.identity for slot in first.slots] == [slot.identity for slot in whole.slots[:kept]]
    if not is_beginning or last.slots[0].identity <= first.slots[-1].identity:
        return None
    begun, rest = whole.parted(kept)
    return Cut(begun, first, rest, last, copy)


def _asks_the_same_people(candidate: Snapshot, ours: Snapshot) -> bool:
    """Tell whether both have the same organizer and attendees, and none bears another publication's reference."""
    first, other = ours.first, candidate.first
    if first.reference and other.reference and first.reference != other.reference:
        return False
    return bool(first.people) and (first.people, first.organizer) == (other.people, other.organizer)


def _is_all_that_was_lost(cut: Cut) -> bool:
    """Tell whether the other half is our instances one by one: at their times, or shifted alike in the same place."""
    alignment = align(cut.rest, cut.tail)
    if alignment.is_another_set:
        return False
    ours, theirs = cut.rest.master, cut.tail.master
    if not alignment.shifts or ours is None or theirs is None:
        return not alignment.shifts
    return bool(ours.place and ours.place == theirs.place) or bool(ours.words and ours.words == theirs.words)
