"""Weighs what differs between two snapshots: the findings, their severity, and what else was rewritten."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from syncd.core.events.comparison.copies import Cut, best_copy, find_cut, halves, is_copy
from syncd.core.events.comparison.course import Course, courses
from syncd.core.events.comparison.differences import Difference, differences
from syncd.core.events.comparison.ranges import of_ranges
from syncd.core.events.comparison.spelling import spellings
from syncd.core.events.findings import Benign, Comparison, Finding, Kind, Severity
from syncd.core.events.snapshot import Snapshot

_PRESENCE = frozenset(
    {Kind.DELETED, Kind.CANCELLED, Kind.INSTANCE_DELETED, Kind.DECLINED, Kind.DUPLICATE, Kind.UNREADABLE}
)
_CONTENT = frozenset({Kind.TITLE, Kind.LOCATION, Kind.DESCRIPTION, Kind.ATTENDEES})


def compare(published: Snapshot, observed: Snapshot | None, also: Sequence[Snapshot] = ()) -> Comparison:
    """Return what the resource that we left as ``published`` has become; ``observed`` None: it is gone.

    ``also`` are other resources that appeared: a provable copy of ours among them tells an edit by deleting and
    creating from a deletion, the other half of a series that was cut, or a duplicate. A resource that was replaced by
    a copy without any change of meaning is a `duplicate`: ours, at another place. Where other events stand in the body
    beside ours, in whatever order, ours is the one that counts.
    """
    if observed is not None and published.uid in observed.unread:
        return _of_unread()
    observed = _own_in(observed, published.uid) if observed is not None and observed.beside else observed
    if observed is None or _is_replaced(published, observed):
        return _of_replaced(published, also if observed is None else (*also, observed))
    match observed.method:
        case "REPLY":
            return _of_reply(published, observed)
        case "COUNTER":
            return _of_counter(published, observed)
        case "CANCEL":
            return _of_cancel(observed)
        case _:
            return _of_both(published, observed, also)


def same_meaning(a: Snapshot, b: Snapshot) -> bool:
    """Tell whether two snapshots agree in every field that the practice owns."""
    return not compare(a, b).drift


def _own_in(observed: Snapshot, uid: str) -> Snapshot:
    """Return the resource with that UID in a body that holds several, the first one where there is none."""
    for other in observed.beside if observed.uid != uid else ():
        if other.uid == uid:
            return replace(other, written=observed.written, layout=observed.layout)
    return observed


def _of_unread() -> Comparison:
    unread = Difference(kind=Kind.UNREADABLE, field="body", published=None, observed="Our event in it cannot be read.")
    return _weighed([unread], frozenset())


def _is_replaced(published: Snapshot, observed: Snapshot) -> bool:
    """Tell whether another event stands in our place: a server lost the UID of no resource."""
    return bool(published.uid and observed.uid) and published.uid != observed.uid


# --- ours still stands ------------------------------------------------------------------------------------------------


def _of_both(published: Snapshot, observed: Snapshot, also: Sequence[Snapshot]) -> Comparison:
    others = halves(published, also)
    ours, theirs, *rest = courses(published, observed, *others)
    cut = find_cut(published, ours, theirs, zip(others, rest, strict=True))
    if cut is None:
        ranged = of_ranges(ours, theirs, published.zone) if theirs.futures else None
        found = differences(ours, theirs, published.zone) if ranged is None else ranged
        stands_on = theirs.days(published.zone)
    else:
        found = _of_cut(published, cut)
        stands_on = cut.head.days(published.zone) | cut.tail.days(published.zone)
    found.extend(
        _duplicate(published, other)
        for other in also
        if is_copy(other, published) and (cut is None or other is not cut.copy)
    )
    weighed = _weighed(found, _new_days(ours, stands_on, published))
    return replace(weighed, benign=spellings(published, observed, ours, theirs, weighed.findings))


def _of_cut(published: Snapshot, cut: Cut) -> list[Difference]:
    """Return the cut, and what changed in either half."""
    split = Difference(
        kind=Kind.SPLIT,
        field="RRULE",
        published=published.uid,
        observed=cut.copy.uid,
        recurrence_id=cut.rest.slots[0].start.local,
    )
    halves = ((cut.begun, cut.head), (cut.rest, cut.tail))
    return [split, *(difference for half in halves for difference in differences(*half, published.zone))]


def _duplicate(published: Snapshot, other: Snapshot) -> Difference:
    return Difference(
        kind=Kind.DUPLICATE,
        field="UID",
        published=published.first.start.shown(),
        observed=other.first.start.shown(),
    )


# --- ours is gone -----------------------------------------------------------------------------------------------------


def _of_replaced(published: Snapshot, candidates: Sequence[Snapshot]) -> Comparison:
    """Return what a copy in our place changed; without any, that ours was deleted."""
    copy = best_copy(published, candidates)
    if copy is None:
        first = published.first.start.shown()
        gone = Difference(kind=Kind.DELETED, field="resource", published=first, observed=None)
        return _weighed([gone], frozenset())
    ours, theirs = courses(published, copy)
    found = differences(ours, theirs, published.zone) or [_duplicate(published, copy)]
    weighed = _weighed(found, _new_days(ours, theirs.days(published.zone), published))
    return replace(weighed, benign=spellings(published, copy, ours, theirs, weighed.findings))


# --- iTIP messages (RFC 5546) -----------------------------------------------------------------------------------------


def _of_reply(published: Snapshot, reply: Snapshot) -> Comparison:
    """Return who declined; a reply says nothing about the event but its attendee's answer."""
    found = [
        Difference(
            kind=Kind.DECLINED,
            field="ATTENDEE",
            published=published.first.answers.get(attendee.address),
            observed=attendee.partstat,
            recurrence_id=event.recurrence_id.local if event.recurrence_id else None,
        )
        for event in reply.events
        for attendee in sorted(event.attendees)
        if attendee.partstat == "DECLINED"
    ]
    return replace(_weighed(found, frozenset()), benign=() if found else (Benign.PARTSTAT,))


def _of_counter(published: Snapshot, counter: Snapshot) -> Comparison:
    """Return that another time is proposed; what is proposed does not hold yet."""
    event = counter.first
    proposed = Difference(
        kind=Kind.COUNTERED,
        field="DTSTART",
        published=published.first.start.shown(),
        observed=event.start.shown(),
        recurrence_id=event.recurrence_id.local if event.recurrence_id else None,
    )
    return _weighed([proposed], frozenset())


def _of_cancel(cancel: Snapshot) -> Comparison:
    if cancel.master is not None:
        found = [Difference(kind=Kind.CANCELLED, field="METHOD", published=None, observed="CANCEL")]
    else:
        found = [
            Difference(
                kind=Kind.INSTANCE_DELETED,
                field="METHOD",
                published=None,
                observed="CANCEL",
                recurrence_id=event.recurrence_id.local if event.recurrence_id else None,
            )
            for event in cancel.overrides
        ]
    return _weighed(found, frozenset())


# --- weighing ---------------------------------------------------------------------------------------------------------


def _new_days(ours: Course, stands_on: frozenset[date], published: Snapshot) -> frozenset[date]:
    """Return the local dates on which something stands now and nothing stood, as far as the publication is known."""
    new = stands_on - ours.days(published.zone)
    if ours.known_until is None:
        return new
    horizon = ours.known_until.astimezone(published.zone).date()
    return frozenset(day for day in new if day <= horizon)


def _weighed(found: Iterable[Difference], new_days: frozenset[date]) -> Comparison:
    findings = tuple(
        Finding(
            kind=difference.kind,
            severity=_severity(difference, new_days),
            field=difference.field,
            published=difference.published,
            observed=difference.observed,
            recurrence_id=difference.recurrence_id,
        )
        for difference in found
    )
    return Comparison(findings=findings, claim_date_changes=bool(new_days))


def _severity(difference: Difference, new_days: frozenset[date]) -> Severity:
    if difference.days & new_days:
        return Severity.CLAIM_DATE
    if difference.kind in _PRESENCE or difference.only_removes:
        return Severity.PRESENCE
    return Severity.CONTENT if difference.kind in _CONTENT else Severity.TIME
