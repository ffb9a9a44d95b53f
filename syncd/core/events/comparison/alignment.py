"""Which instance of one course is which of the other: the same ones, all shifted alike, or another set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core.events.comparison.course import Course, Occurrence
from syncd.core.events.findings import Kind
from syncd.core.events.snapshot import Moment

Pair = tuple[Occurrence, Occurrence]


@dataclass(frozen=True, slots=True)
class Alignment:
    """``pairs`` belong together; ``lost`` stand in the published course only, ``gained`` in the observed one only.

    ``shifts`` says what happened to all pairs alike. ``other_end``: one of both never ends, or they end apart beyond
    what was expanded.
    """

    pairs: tuple[Pair, ...]
    lost: tuple[Occurrence, ...] = ()
    gained: tuple[Occurrence, ...] = ()
    shifts: tuple[Kind, ...] = ()
    other_end: bool = False

    @property
    def is_another_set(self) -> bool:
        """Tell whether other instances exist than before."""
        return bool(self.lost or self.gained or self.other_end)


def align(published: Course, observed: Course) -> Alignment:
    """Return which slots belong together: the same instants, or else one by one in order if all shifted alike."""
    same = _by_identity(published, observed)
    if not same.is_another_set and not _changed_form(same.pairs):
        return same
    shifted = _by_order(published, observed)
    return shifted if shifted is not None else same


def _changed_form(pairs: Sequence[Pair]) -> bool:
    return any(ours.start.is_date != theirs.start.is_date for ours, theirs in pairs)


def _by_identity(published: Course, observed: Course) -> Alignment:
    ours = {slot.identity: slot for slot in published.all_slots}
    theirs = {slot.identity: slot for slot in observed.all_slots}
    known = min(filter(None, (published.known_until, observed.known_until)), default=None)
    return Alignment(
        pairs=tuple((slot, theirs[identity]) for identity, slot in ours.items() if identity in theirs),
        lost=_only(ours, theirs, known),
        gained=_only(theirs, ours, known),
        other_end=_end_apart(published, observed),
    )


def _only(
    slots: Mapping[datetime, Occurrence], others: Mapping[datetime, Occurrence], known: datetime | None = None
) -> tuple[Occurrence, ...]:
    missing = (slot for identity, slot in slots.items() if identity not in others)
    return tuple(slot for slot in missing if known is None or slot.identity <= known)


def _end_apart(published: Course, observed: Course) -> bool:
    if published.is_endless != observed.is_endless:
        return True
    both_unknown = published.known_until is not None and observed.known_until is not None
    return both_unknown and not published.is_endless and _ends(published) != _ends(observed)


def _ends(course: Course) -> list[tuple[object, object]]:
    return [(rule.count, rule.until) for rule in course.master.rules] if course.master is not None else []


def _by_order(published: Course, observed: Course) -> Alignment | None:
    """Return the slots paired in order, None where they did not all shift alike."""
    ours, theirs = published.slots, observed.slots
    pairs = tuple(zip(ours, theirs, strict=False))
    shifts = _shifts(pairs)
    if not shifts:
        return None
    is_cut = published.known_until is not None and observed.known_until is not None
    rest_is_known = len(ours) != len(theirs) and not is_cut
    if rest_is_known and _share_an_instant(published, observed):
        return None  # not shifted, but begun or ended elsewhere
    strays = {slot.identity: slot for slot in published.strays}, {slot.identity: slot for slot in observed.strays}
    return Alignment(
        pairs=pairs
        + tuple((slot, strays[1][identity]) for identity, slot in strays[0].items() if identity in strays[1]),
        lost=_only(*strays) + (ours[len(pairs) :] if rest_is_known else ()),
        gained=_only(strays[1], strays[0]) + (theirs[len(pairs) :] if rest_is_known else ()),
        shifts=shifts,
        other_end=_end_apart(published, observed),
    )


def _share_an_instant(published: Course, observed: Course) -> bool:
    theirs = {slot.identity for slot in observed.slots}
    return any(slot.identity in theirs for slot in published.slots)


def _shifts(pairs: Sequence[Pair]) -> tuple[Kind, ...]:
    """Return what happened to all pairs alike; nothing where it is not one thing, or nothing happened."""
    moments = [(ours.start, theirs.start) for ours, theirs in pairs]
    if not pairs:
        return ()
    changes_of_form = {ours.is_date != theirs.is_date for ours, theirs in moments}
    if changes_of_form == {True}:
        return _day_shifts(moments)
    if True in changes_of_form:
        return ()
    if all(ours.identity == theirs.identity for ours, theirs in pairs):
        return ()
    if all(ours.wall == theirs.wall for ours, theirs in moments):
        return (Kind.TIMEZONE_SHIFT,)
    return (Kind.MOVED,) if _all_shift_alike(pairs) else ()


def _day_shifts(moments: Sequence[tuple[Moment, Moment]]) -> tuple[Kind, ...]:
    """Return the kinds of a series that became whole days, or stopped being such."""
    distances = {theirs.wall.date() - ours.wall.date() for ours, theirs in moments}
    if distances == {timedelta()}:
        return (Kind.ALL_DAY,)
    return (Kind.ALL_DAY, Kind.MOVED) if len(distances) == 1 else ()


def _all_shift_alike(pairs: Sequence[Pair]) -> bool:
    first, other = (slot.start for slot in pairs[0])
    in_one_zone = first.zone == other.zone or first.spelling == other.spelling
    if in_one_zone and len({theirs.start.wall - ours.start.wall for ours, theirs in pairs}) == 1:
        return True
    return len({theirs.identity - ours.identity for ours, theirs in pairs}) == 1
