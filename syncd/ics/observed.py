"""An observed body as the ground to render over: which component is which session, and what in it is the provider's."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from syncd.core.events.desired import Desired
from syncd.core.events.recurrence import RecurrenceRule, occurrences
from syncd.core.times import instant
from syncd.ics.errors import UnreadableError
from syncd.ics.fields import BOOKKEEPING, PRACTICE_OWNED, TWINS, UNANSWERED, answer
from syncd.ics.lines import Component, Line, parse, unescape
from syncd.ics.values import Zones, moment, sequence
from syncd.ics.zones_in import ZonesIn

_MOST_INSTANCES = 5000
_FAR = timedelta(days=36525)
"""No session of a series is that far from its first one."""
_OUTER = frozenset({"VCALENDAR", "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"})
_OURS_ALONE = PRACTICE_OWNED | BOOKKEEPING
"""What is never taken over from an observed VEVENT as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingBody:
    """An observed body, sorted by what it is to the resource that is to be rendered over it.

    ``overrides`` are keyed by the instant of the desired instance that each belongs to, those that belong to none are
    left out. ``others`` is what is no component of ours and no VTIMEZONE.
    """

    lines: tuple[Line, ...]
    master: Component | None
    overrides: Mapping[datetime, Component]
    others: tuple[Component, ...]
    zones: tuple[Component, ...]
    sequence: int


def observe(body: bytes | None, desired: Desired) -> StandingBody:
    """Sort ``body``, which may be anything at all; what is no iCalendar object counts as nothing observed."""
    calendar = next((one for one in parse(body or b"") if one.name == "VCALENDAR"), Component("VCALENDAR"))
    events = _events_of(desired.uid, calendar.components)
    master, exceptions = None, []
    for event in sorted(events, key=sequence_of):
        if event.first("RECURRENCE-ID") is None:
            master = event
        else:
            exceptions.append(event)
    ours = set(map(id, events))  # by identity: to compare every component with every event would take too long
    return StandingBody(
        lines=calendar.lines,
        master=master,
        overrides=_by_instance(exceptions, master, desired, _zones_of(calendar)),
        others=tuple(one for one in calendar.components if id(one) not in ours and one.name != "VTIMEZONE"),
        zones=tuple(one for one in calendar.components if one.name == "VTIMEZONE"),
        sequence=max(map(sequence_of, events), default=0),
    )


def _events_of(uid: str, components: Iterable[Component]) -> tuple[Component, ...]:
    """Return the VEVENTs with our UID or none; if there is none, all: some programs give a resource another UID."""
    events = tuple(one for one in components if one.name == "VEVENT")
    return tuple(one for one in events if _uid(one) in {uid, ""}) or events


def _uid(event: Component) -> str:
    standing = event.first("UID")
    return unescape(standing.value).strip() if standing is not None else ""


def sequence_of(event: Component) -> int:
    """Return the SEQUENCE of a component, 0 when it is absent or no number that may stand there."""
    return sequence(event.first("SEQUENCE"))


def additions(override: Component, master: Component | None, desired: Desired) -> bool:
    """Tell whether the provider has anything on an override that does not stand on the master as well."""
    of_master = _own(master, desired) if master is not None else Counter[str]()
    return bool(_own(override, desired) - of_master)


def _own(event: Component, desired: Desired) -> Counter[str]:
    own = Counter(one.text for one in event.lines if one.name not in _OURS_ALONE and one.name not in TWINS)
    own.update("\n".join(one.texts()) for one in inner(event))
    if desired.attendee is not None:
        params = answer(desired.attendee, event).items()
        own.update(f"{key}={value}" for key, value in params if UNANSWERED.get(key) != value.upper())
    return own


def kept(event: Component, rewritten: frozenset[str]) -> tuple[Line, ...]:
    """Return the lines of an observed VEVENT that are the provider's, given the texts that are about to be rewritten.

    What repeats such a text in another form goes with it.
    """
    return tuple(one for one in event.lines if one.name not in _OURS_ALONE and TWINS.get(one.name) not in rewritten)


def inner(event: Component) -> tuple[Component, ...]:
    """Return what may stand in a VEVENT, alarms above all: an event in an event is the work of a lost END."""
    return tuple(one for one in event.components if one.name not in _OUTER)


def _by_instance(
    exceptions: Iterable[Component], master: Component | None, desired: Desired, zones: Zones
) -> Mapping[datetime, Component]:
    """Assign overrides to the desired instances: of the same instant, else of the place that it had in a moved series.

    Of two of one instance the later in ``exceptions`` counts: the one with the higher SEQUENCE.
    """
    start = desired.master.start
    walls = [(wall, one) for one in exceptions if (wall := _wall(one.first("RECURRENCE-ID"), start, zones)) is not None]
    if desired.rule is None or not walls:
        return {}
    shift = _shift(master, start, zones)
    instances = _instances(desired, desired.rule, max(wall for wall, _ in walls) + abs(shift))
    exact = {at: one for wall, one in walls if (at := _at(wall, start)) in instances}
    moved = [(wall - shift, one) for wall, one in walls if _at(wall, start) not in exact]
    return {at: one for wall, one in moved if (at := _at(wall, start)) in instances} | exact


def _at(wall: datetime, start: datetime) -> datetime:
    """Return the instant at which the clocks that ``start`` goes by show ``wall``."""
    return instant(wall.replace(tzinfo=start.tzinfo))


def _instances(desired: Desired, rule: str, last: datetime) -> frozenset[datetime]:
    """Return the desired rule's instances up to ``last``, those that are EXDATEs left out."""
    start = desired.master.start
    walls = occurrences(
        RecurrenceRule.parse(rule), start.replace(tzinfo=None), last + timedelta(seconds=1), _MOST_INSTANCES
    )
    return frozenset(_at(wall, start) for wall in walls) - set(map(instant, desired.exdates))


def _shift(master: Component | None, start: datetime, zones: Zones) -> timedelta:
    """Return by how much the observed series' first session is off on the wall clock."""
    observed = _wall(master.first("DTSTART"), start, zones) if master is not None else None
    return observed - start.replace(tzinfo=None) if observed is not None else timedelta()


def _wall(standing: Line | None, start: datetime, zones: Zones) -> datetime | None:
    """Return the reading of a time property on the wall clock of ``start``, None when it cannot be read.

    A date alone stands for the session of that day; a zone that nothing tells mostly is the very one that the series
    was published in.
    """
    if standing is None or start.tzinfo is None:
        return None
    try:
        found = moment(standing, zones, start.tzinfo)
        read = found.wall.replace(hour=start.hour, minute=start.minute, second=start.second) if found.is_date else None
        wall = read or found.instant.astimezone(start.tzinfo).replace(tzinfo=None)
    except (UnreadableError, OverflowError):
        return None
    return wall if abs(wall - start.replace(tzinfo=None)) < _FAR else None


def _zones_of(calendar: Component) -> Zones:
    """Return the zones of the observed body; one whose description is of no use is taken for the series' own."""
    zones = ZonesIn(part for part in calendar.components if part.name == "VTIMEZONE")

    def find(tzid: str) -> tzinfo | None:
        try:
            return zones(tzid)
        except UnreadableError:
            return None

    return find
