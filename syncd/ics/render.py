"""Writes what the practice wants over what stands in a calendar: its fields from `Desired`, the rest as it was."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from syncd.core.events.clocks import spelled_out
from syncd.core.events.desired import Desired, Session
from syncd.core.times import instant
from syncd.ics import fields
from syncd.ics.lines import Component, Line, escape, line, unescape, write
from syncd.ics.observed import StandingBody, additions, inner, kept, observe
from syncd.ics.vtimezone import vtimezone

_FIRST_YEAR = 1970  # what was created earlier has no clock that can be trusted
_NO_MAIL = {"SCHEDULE-AGENT": "CLIENT"}
_OURS_OF_CALENDAR = frozenset({"PRODID", "VERSION", "CALSCALE", "METHOD"})


def render(desired: Desired, over: bytes | None, stamp: datetime) -> bytes:
    """Return the calendar object resource that means ``desired`` and keeps what the provider owns in ``over``.

    ``over`` is the body that stands there, None for a fresh resource; it may be anything at all, and what can be read
    of it decides only what is kept:

    - Alarms, categories, colours, private properties and all else that is not the practice's stay line by line, on the
      master and on each override. A new override starts with what stands on the master.
    - The provider's answer and other parameters of our ATTENDEE stay, except a decline: it goes back to NEEDS-ACTION.
      Other attendees go.
    - An override that the practice does not want stays with the rule's own values where the provider has something on
      it alone, else it goes; a cancelled or excluded instance comes back.
    - A session at a change of clocks is spelled out (`spelled_out`), so that no program shows it at another time.
    - SEQUENCE is the same on all components, and never lower than in ``over``.

    Rendering over the result changes nothing but the stamps, which are always new: compare meaning, not bytes.
    """
    desired = spelled_out(desired, stamp)
    observed = observe(over, desired)
    sequence = max(desired.sequence, observed.sequence)
    events = [
        _event(desired, session, standing, _bookkeeping(sequence, standing, stamp))
        for session, standing in _sessions(desired, observed)
    ]
    kept_lines = (
        each
        for each in observed.lines
        if each.name not in _OURS_OF_CALENDAR and (not each.is_opaque or each.name.startswith("X-"))
    )
    head = (line("VERSION", "2.0"), line("PRODID", fields.PRODUCT), *kept_lines)
    others = observed.others
    return write(Component("VCALENDAR", head, (*_zones(desired, observed, [*events, *others]), *events, *others)))


def _sessions(desired: Desired, observed: StandingBody) -> Iterator[tuple[Session, Component | None]]:
    """Yield what each VEVENT is to say and the component that it is laid over: master first, overrides in order."""
    yield desired.master, observed.master
    wanted = {instant(one.recurrence_id): one for one in desired.overrides if one.recurrence_id is not None}
    for at, standing in observed.overrides.items():
        if at not in wanted and additions(standing, observed.master, desired):
            start = at.astimezone(desired.master.start.tzinfo)
            wanted[at] = replace(desired.master, start=start, recurrence_id=start)
    for at in sorted(wanted):
        yield wanted[at], observed.overrides.get(at, observed.master)


def _event(desired: Desired, session: Session, over: Component | None, bookkeeping: Iterable[Line]) -> Component:
    is_master = session.recurrence_id is None
    lines = [*fields.identity(session, desired), *bookkeeping, *fields.times(session)]
    lines += fields.recurrence(desired) if is_master else ()
    lines.append(line("STATUS", "CANCELLED" if session.cancelled else "CONFIRMED"))
    lines += fields.texts(session, over)
    lines += _people(desired, over)
    lines += fields.relation(desired)
    lines += [line(fields.REFERENCE, escape(desired.reference))] if desired.reference else ()
    if over is None:
        return Component("VEVENT", tuple(lines))
    written = {each.text for each in lines}
    own = (each for each in kept(over, fields.rewritten(session, over)) if each.text not in written)
    return Component("VEVENT", (*lines, *own), inner(over))


def _bookkeeping(sequence: int, over: Component | None, stamp: datetime) -> list[Line]:
    return [
        fields.utc("DTSTAMP", stamp),
        fields.utc("CREATED", _created(over, stamp)),
        fields.utc("LAST-MODIFIED", stamp),
        line("SEQUENCE", str(sequence)),
    ]


def _created(over: Component | None, stamp: datetime) -> datetime:
    """Return when the event came to be: now, unless ``over`` tells."""
    standing = over.first("CREATED") if over is not None else None
    try:
        created = datetime.strptime(standing.value if standing is not None else "", "%Y%m%dT%H%M%SZ")  # noqa: DTZ007 - zoned below
    except ValueError:
        return stamp
    return created.replace(tzinfo=UTC) if created.year >= _FIRST_YEAR else stamp


def _people(desired: Desired, over: Component | None) -> Iterator[Line]:
    """Yield ORGANIZER and ATTENDEE such that the server sends no mail about them (RFC 6638 section 7.1)."""
    if desired.organizer is not None:
        yield fields.person("ORGANIZER", desired.organizer, _NO_MAIL.items())
    if desired.attendee is not None:
        params = _NO_MAIL | fields.UNANSWERED | fields.answer(desired.attendee, over)
        yield fields.person("ATTENDEE", desired.attendee, params.items())


def _zones(desired: Desired, observed: StandingBody, components: Iterable[Component]) -> Iterator[Component]:
    """Yield our own VTIMEZONE of each zone that we use, then those of ``over`` that kept lines refer to.

    An observed definition of one of our zones is replaced: it must not change what our times mean.
    """
    ours = fields.zones(desired)
    yield from map(vtimezone, ours)
    needed = {tzid for one in components for tzid in _tzids(one)} - set(ours)
    for zone in observed.zones:
        tzid = zone.first("TZID")
        if tzid is not None and unescape(tzid.value) in needed:
            needed.discard(unescape(tzid.value))
            yield zone


def _tzids(component: Component) -> Iterator[str]:
    for each in component.lines:
        if (tzid := each.param("TZID")) is not None:
            yield tzid
    for part in component.components:
        yield from _tzids(part)
