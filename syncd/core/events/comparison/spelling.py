"""Names what differs between two bodies without being drift: the provider's own fields, and how programs spell."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from syncd.core.events.comparison.alignment import Alignment, align
from syncd.core.events.comparison.course import Course
from syncd.core.events.comparison.differences import wordings
from syncd.core.events.findings import Benign, Finding, Kind
from syncd.core.events.snapshot import Event, Moment, Snapshot, Written

_BY_NAME = {
    "VALARM": Benign.ALARM,
    "CATEGORIES": Benign.CATEGORIES,
    "COLOR": Benign.COLOR,
    "TRANSP": Benign.TRANSPARENCY,
    "CLASS": Benign.CLASS,
    "PRIORITY": Benign.PRIORITY,
    "ATTACH": Benign.ATTACHMENT,
    "IMAGE": Benign.ATTACHMENT,
    "COMMENT": Benign.COMMENT,
}
_TIMES = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID")
_OWNED = frozenset(
    {
        *("UID", *_TIMES),
        *("RRULE", "EXRULE", "RDATE", "EXDATE"),
        *("STATUS", "SUMMARY", "LOCATION", "DESCRIPTION", "ORGANIZER", "ATTENDEE", "VTIMEZONE"),
    }
)
"""What is looked at piece by piece; of everything else the name tells the kind."""
_PARTSTAT = re.compile(r";PARTSTAT=[^;:]*", re.IGNORECASE)
_OTHER_SET = frozenset({Kind.RECURRENCE, Kind.MOVED, Kind.TIMEZONE_SHIFT, Kind.ALL_DAY})
"""Kinds of the whole series that come with other rules and dates."""
_BOOKKEEPING = frozenset(
    {
        *("PRODID", "VERSION", "CALSCALE", "METHOD", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE"),
        "REQUEST-STATUS",
    }
)


def spellings(
    published: Snapshot, observed: Snapshot, ours: Course, theirs: Course, findings: Collection[Finding]
) -> tuple[Benign, ...]:
    """Return the benign kinds that tell two bodies, and their courses, apart beside the material ``findings``."""
    found = set(_by_name(published.written, observed.written))
    alignment = align(ours, theirs)
    if ours.master is not None and theirs.master is not None:
        found.update(_of_one_event(ours.master, theirs.master))
        if not any(map(_is_of_the_set, findings)):
            found.update(_of_times(ours.master, theirs.master))
            found.update(_of_sets(ours, theirs, ours.master, theirs.master))
    found.update(_of_overrides(ours, theirs, alignment, findings))
    if _tzids(published) == _tzids(observed) and _zones(published) != _zones(observed):
        found.add(Benign.BOOKKEEPING)  # with another TZID the other VTIMEZONE goes without saying
    if _is_laid_out_otherwise(published, observed) or not (found or findings or published.layout == observed.layout):
        found.add(Benign.BOOKKEEPING)
    return tuple(benign for benign in Benign if benign in found)


def _is_of_the_set(finding: Finding) -> bool:
    return finding.kind is Kind.SPLIT or (finding.kind in _OTHER_SET and finding.recurrence_id is None)


def _tzids(snapshot: Snapshot) -> frozenset[str]:
    moments = (moment for event in snapshot.events for moment in (event.start, event.end, event.recurrence_id))
    return frozenset(moment.tzid for moment in moments if moment is not None)


def _zones(snapshot: Snapshot) -> list[str]:
    return sorted(written.meaning for written in snapshot.written if written.name == "VTIMEZONE")


def _is_laid_out_otherwise(published: Snapshot, observed: Snapshot) -> bool:
    """Tell whether lines that stand once in both bodies come in another order or are folded otherwise."""
    ours, theirs = Counter(text for text, _ in published.layout), Counter(text for text, _ in observed.layout)
    common = {text for text, times in ours.items() if times == theirs[text] == 1}
    return [pair for pair in published.layout if pair[0] in common] != [
        pair for pair in observed.layout if pair[0] in common
    ]


# --- the provider's own properties, and bookkeeping ------------------------------------------------------------------


def _by_name(ours: Iterable[Written], theirs: Iterable[Written]) -> Iterator[Benign]:
    """Yield the kinds of the properties that differ; bookkeeping where only their text does."""
    kept, seen = _other(ours), _other(theirs)
    differing = Counter(written.meaning for written in kept) != Counter(written.meaning for written in seen)
    if not differing:
        if Counter(written.text for written in kept) != Counter(written.text for written in seen):
            yield Benign.BOOKKEEPING
        return
    for one, other in ((kept, seen), (seen, kept)):
        left = Counter(written.meaning for written in other)
        for written in one:
            left[written.meaning] -= 1
            if left[written.meaning] < 0:
                yield _kind(written.name)


def _other(written: Iterable[Written]) -> list[Written]:
    return [each for each in written if each.name not in _OWNED]


def _kind(name: str) -> Benign:
    if name in _BOOKKEEPING:
        return Benign.BOOKKEEPING
    if name.startswith("X-"):
        return Benign.PRIVATE_PROPERTY
    return _BY_NAME.get(name, Benign.OTHER_PROPERTY)


# --- one event in two spellings ---------------------------------------------------------------------------------------


def _of_one_event(ours: Event, theirs: Event) -> Iterator[Benign]:
    yield from _by_name(ours.written, theirs.written)
    yield from _of_texts(ours, theirs)
    yield from _of_people(ours, theirs)


def _of_times(ours: Event, theirs: Event) -> Iterator[Benign]:
    pairs = ((ours.start, theirs.start), (ours.end, theirs.end), (ours.recurrence_id, theirs.recurrence_id))
    same = [pair for pair in pairs if _is_same_time(*pair)]
    if any(one is not None and other is not None and one.spelling != other.spelling for one, other in same):
        yield Benign.TIMEZONE_SPELLING
    elif pairs[2] in same and _is_same_span(ours, theirs) and _texts(ours, *_TIMES) != _texts(theirs, *_TIMES):
        yield Benign.BOOKKEEPING


def _is_same_time(ours: Moment | None, theirs: Moment | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return ours.instant == theirs.instant and ours.is_date == theirs.is_date


def _is_same_span(ours: Event, theirs: Event) -> bool:
    """Tell whether both begin and end together, by DTEND or DURATION."""
    if not _is_same_time(ours.start, theirs.start):
        return False
    return ours.span.end_of(ours.start) == theirs.span.end_of(theirs.start)


def _texts(event: Event, *names: str) -> Counter[str]:
    return Counter(written.text.upper() for written in event.named(*names))


def _of_texts(ours: Event, theirs: Event) -> Iterator[Benign]:
    """Yield bookkeeping where a text means the same and is escaped, composed, marked up or labelled otherwise."""
    same = {
        "STATUS": ours.cancelled == theirs.cancelled,
        "SUMMARY": ours.summary == theirs.summary,
        "LOCATION": ours.location == theirs.location,
        "DESCRIPTION": ours.words == theirs.words
        and Kind.DESCRIPTION not in {each.kind for each in wordings(ours, theirs)},
    }
    for name, is_same in same.items():
        if is_same and [each.text for each in ours.named(name)] != [each.text for each in theirs.named(name)]:
            yield Benign.BOOKKEEPING


def _of_people(ours: Event, theirs: Event) -> Iterator[Benign]:
    both = ours.people & theirs.people
    before, after = ours.answers, theirs.answers
    answers = [(before[address], after[address]) for address in both]
    if any(was != now != "DECLINED" for was, now in answers):
        yield Benign.PARTSTAT
    is_answered_alike = all(was == now for was, now in answers)
    lines = _people(ours, theirs, both, is_answered_alike)
    if lines != _people(theirs, ours, both, is_answered_alike):
        yield Benign.BOOKKEEPING


def _people(event: Event, other: Event, both: Collection[str], is_answered_alike: bool) -> list[str]:
    """Return how the people are written that stand in both events; answers only where they are alike."""
    organizers = event.named("ORGANIZER") if event.organizer == other.organizer else ()
    attendees = (each for each in event.named("ATTENDEE") if not _addresses(each).isdisjoint(both))
    people = (*organizers, *attendees)
    return sorted(each.text if is_answered_alike else _PARTSTAT.sub("", each.meaning) for each in people)


def _addresses(attendee: Written) -> frozenset[str]:
    """Return what may be the address in a property: its value, and the EMAIL parameter of a server's own URI."""
    text = attendee.meaning.casefold()
    email = text.partition(";email=")[2].partition(";")[0].partition(":")[0]
    return frozenset({text.rpartition(":")[2].strip(), email})


# --- rules, dates and overrides ---------------------------------------------------------------------------------------


def _of_sets(ours: Course, theirs: Course, kept: Event, seen: Event) -> Iterator[Benign]:
    """Yield how RRULE, RDATE and EXDATE of the masters are spelled otherwise while the same instances exist."""
    if _texts(kept, "RRULE", "EXRULE") != _texts(seen, "RRULE", "EXRULE"):
        yield Benign.RULE_SPELLING
    extras = [extra.start for extra in kept.extras], [extra.start for extra in seen.extras]
    other_exdates = _instants(kept.exdates) != _instants(seen.exdates)
    if _instants(extras[0]) != _instants(extras[1]) or (other_exdates and _excludes_in_vain(ours, theirs)):
        yield Benign.RULE_SPELLING
    yield from _of_dates("RDATE", *extras, kept, seen)
    yield from _of_dates("EXDATE", kept.exdates, seen.exdates, kept, seen)


def _of_dates(name: str, one: Sequence[Moment], other: Sequence[Moment], kept: Event, seen: Event) -> Iterator[Benign]:
    """Yield how the same dates are spelled otherwise."""
    if _instants(one) != _instants(other):
        return
    if {(each.instant, each.spelling) for each in one} != {(each.instant, each.spelling) for each in other}:
        yield Benign.TIMEZONE_SPELLING
    elif _texts(kept, name) != _texts(seen, name):
        yield Benign.BOOKKEEPING
        if _values(kept, name) == _values(seen, name):  # a parameter more or less, as on an RRULE
            yield Benign.RULE_SPELLING


def _values(event: Event, name: str) -> list[str]:
    return sorted(written.text.rpartition(":")[2].strip() for written in event.named(name))


def _instants(moments: Iterable[Moment]) -> frozenset[tuple[datetime, bool]]:
    return frozenset((moment.instant, moment.is_date) for moment in moments)


def _excludes_in_vain(ours: Course, theirs: Course) -> bool:
    """Tell whether EXDATEs differ without effect: they hit nothing, or a cancelled override says the same."""
    apart = ours.excluded ^ theirs.excluded
    if not apart:
        return True
    slots = {slot.identity: slot for slot in (*ours.slots, *theirs.slots)}
    return any(ours.at(slots[identity]) is None and theirs.at(slots[identity]) is None for identity in apart)


def _of_overrides(
    ours: Course, theirs: Course, alignment: Alignment, findings: Collection[Finding]
) -> Iterator[Benign]:
    told = {finding.recurrence_id for finding in findings}
    for one, other in alignment.pairs:
        kept, seen = ours.overriding(one), theirs.overriding(other)
        if kept is None and seen is None:
            continue
        if kept is not None and seen is not None:
            yield from _of_one_event(kept, seen)
            yield from _of_times(kept, seen)
            continue
        is_deleted_otherwise = (one.identity in ours.excluded) != (other.identity in theirs.excluded)
        if one.start.local not in told and not is_deleted_otherwise:
            yield Benign.OVERRIDE_SPELLING
        first, second = kept or ours.master, seen or theirs.master
        if first is not None and second is not None:
            yield from (
                benign for benign in _by_name(first.written, second.written) if benign is not Benign.BOOKKEEPING
            )
