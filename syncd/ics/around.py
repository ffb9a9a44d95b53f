"""Writes around an edit: what is desired, with the fields that somebody edited left as they stand.

Both bodies are of the same resource: ``rendered`` is what the practice wants, laid over ``observed``. Whether the
result means what it should is for the caller to see by reading it: a body may say things in ways that cannot be mixed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syncd.core.events.desired import Desired
from syncd.core.events.findings import Finding
from syncd.core.times import instant
from syncd.ics.lines import Component, Line, line, parse, unescape, write
from syncd.ics.observed import StandingBody, observe

_TIMES = frozenset({"DTSTART", "DTEND", "DURATION"})
_COURSE = _TIMES | {"RRULE", "RDATE", "EXDATE", "EXRULE"}
_OF_ONE = _TIMES | {"RECURRENCE-ID", "STATUS"}
_WORDS: Mapping[str, frozenset[str]] = {
    "SUMMARY": frozenset({"SUMMARY"}),
    "LOCATION": frozenset({"LOCATION", "X-APPLE-STRUCTURED-LOCATION"}),
    "DESCRIPTION": frozenset({"DESCRIPTION", "X-ALT-DESC"}),
    "ORGANIZER": frozenset({"ORGANIZER"}),
    "ATTENDEE": frozenset({"ATTENDEE"}),
    "STATUS": frozenset({"STATUS"}),
}
"""The properties in which a field that is neither a time nor a repetition stands."""

_IMPOSSIBLE = frozenset({"body", "resource", "METHOD"})
_INSTANCE_FIELDS = frozenset({"DTSTART", "DTEND", "EXDATE"})


def lay_around(rendered: bytes, observed: bytes, kept: Iterable[Finding], desired: Desired) -> bytes | None:
    """Return ``rendered`` with what the ``kept`` findings are about as it stands in ``observed``.

    None where nothing can be written around them: the resource is gone, or nobody can read it.
    """
    findings = tuple(kept)
    if any(finding.field in _IMPOSSIBLE for finding in findings):
        return None
    ours, theirs = observe(rendered, desired), observe(observed, desired)
    if ours.master is None or theirs.master is None:
        return None
    mixer = _Mixer(ours, theirs, desired, findings)
    calendar = next(one for one in parse(rendered) if one.name == "VCALENDAR")
    zones = [one for one in calendar.components if one.name == "VTIMEZONE"]
    named = {_tzid(zone) for zone in zones}
    zones += [zone for zone in theirs.zones if _tzid(zone) not in named]
    events = [mixer.master(ours.master, theirs.master), *mixer.overrides(ours.master)]
    return write(replace(calendar, components=(*zones, *events, *ours.others)))


@dataclass(frozen=True, slots=True)
class _Mixer:
    """Puts the components together: of each kept field the observed lines, of all others the rendered ones."""

    ours: StandingBody
    theirs: StandingBody
    desired: Desired
    kept: tuple[Finding, ...]

    def master(self, ours: Component, theirs: Component) -> Component:
        """Return the master, with the EXDATEs of instances that are to stay away."""
        names = self._names(None)
        mixed = _mixed(ours, theirs, names)
        times = self._fields(None) & {"DTSTART", "DTEND"}
        if not self._keeps_course and times:
            mixed = _with_times(mixed, theirs, times, self.desired.master.minutes)
        if not self._keeps_course and any(f.field == "EXDATE" for f in self.kept):
            had = {each.text for each in mixed.lines}
            added = tuple(each for each in theirs.named("EXDATE") if each.text not in had)
            mixed = replace(mixed, lines=(*mixed.lines, *added))
        return mixed

    def overrides(self, master: Component) -> Iterator[Component]:
        """Yield the overrides in order of their instances."""
        ours, theirs = self.ours.overrides, self.theirs.overrides
        for at in sorted({*ours, *theirs}):
            is_kept = self._keeps_course or bool(self._fields(at) & _INSTANCE_FIELDS)
            if is_kept and at in theirs:
                yield _mixed(theirs[at], ours.get(at, master), _words() - self._names(at))
            elif not is_kept and at in ours:
                yield _mixed(ours[at], theirs[at], self._names(at)) if at in theirs else ours[at]
            elif not is_kept and self._names(at) and at in theirs:
                yield _mixed(theirs[at], master, _words() - self._names(at))

    @property
    def _keeps_course(self) -> bool:
        """Tell whether the whole series stays as it stands: its times, its rule, and which instances there are."""
        is_series = self.desired.rule is not None or bool(self.theirs.overrides)
        whole = self._fields(None) & {"DTSTART", "DTEND", "RRULE"}
        return is_series and (bool(whole) or any(f.field == "RRULE" for f in self.kept))

    def _fields(self, at: datetime | None) -> set[str]:
        return {f.field for f in self.kept if (None if f.recurrence_id is None else instant(f.recurrence_id)) == at}

    def _names(self, at: datetime | None) -> frozenset[str]:
        """Return the properties to keep on the master (None), or on an override: what is kept on the whole, too."""
        fields = self._fields(at) | (self._fields(None) if at is not None else set())
        names = frozenset[str]().union(*(_WORDS.get(field, frozenset()) for field in fields))
        if at is None:
            return names | (_COURSE if self._keeps_course else frozenset())
        return names


def _words() -> frozenset[str]:
    return frozenset[str]().union(*_WORDS.values()) - {"STATUS"}


def _mixed(base: Component, other: Component, names: frozenset[str]) -> Component:
    """Return ``base`` with the properties called ``names`` as they stand on ``other``."""
    own = tuple(each for each in base.lines if each.name not in names)
    return replace(base, lines=(*own, *(each for each in other.lines if each.name in names)))


def _with_times(mixed: Component, theirs: Component, kept: set[str], minutes: int) -> Component:
    """Return a single event with start and length from two sides: the one that is kept is theirs."""
    rest = tuple(each for each in mixed.lines if each.name not in _TIMES)
    start, *_ = (theirs if "DTSTART" in kept else mixed).named("DTSTART") or (None,)
    ends: tuple[Line, ...]
    if kept >= {"DTSTART", "DTEND"} or "VALUE=DATE" in (start.text if start else ""):
        ends = (*theirs.named("DTEND"), *theirs.named("DURATION"))
    elif "DTSTART" in kept:
        ends = (line("DURATION", f"PT{minutes}M"),)
    else:
        ends = theirs.named("DURATION") or _length(theirs)
    return replace(mixed, lines=(*((start,) if start else ()), *ends, *rest))


def _length(event: Component) -> tuple[Line, ...]:
    """Return the length of an event that has an end, as a DURATION; nothing where the two cannot be told apart."""
    start, end = event.first("DTSTART"), event.first("DTEND")
    if start is None or end is None or start.params != end.params:
        return ()
    try:
        walls = [datetime.strptime(each.value.strip()[:15], "%Y%m%dT%H%M%S") for each in (start, end)]  # noqa: DTZ007 - of one zone
    except ValueError:
        return ()
    return (line("DURATION", f"PT{(walls[1] - walls[0]) // timedelta(minutes=1)}M"),)


def _tzid(zone: Component) -> str:
    standing = zone.first("TZID")
    return unescape(standing.value) if standing is not None else ""
