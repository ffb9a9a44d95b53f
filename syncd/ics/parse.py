"""Reads a calendar object resource into a snapshot. No body whatever makes it raise anything but `UnreadableError`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from syncd.core.events.comparison.course import is_affordable
from syncd.core.events.recurrence import RecurrenceRule, Work
from syncd.core.events.snapshot import Attendee, Event, Extra, Form, Moment, Snapshot, Span, Written
from syncd.ics import texts, values
from syncd.ics.addresses import address, answers
from syncd.ics.errors import UnreadableError
from syncd.ics.fields import PRACTICE_OWNED, REFERENCE
from syncd.ics.lines import Component, Line, Logical, content_line, is_utf8, logical_lines, tree, unescape
from syncd.ics.zones_in import ZonesIn

MAX_BYTES = 1 << 20
MOST_WORK = 30_000
"""Candidate times of all rules, dates and time zones of a body together; one rule of days never takes so much."""
_MOST_EVENTS = 500
_MOST_LINES = 12_000
_MOST_PHYSICAL_LINES = 100_000
_MOST_DATES = 2_000
_MOST_RULES = 4
_MOST_DATE_LINES = 500
_MOST_GUESTS = 500
_MOST_CATEGORIES = 200
_WORK_OF_A_DATE = 5
_COMMA = re.compile(r"(?<!\\),")
_CONFERENCES = ("URL", "CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL")
_ENUMERATED = frozenset({"CLASS", "TRANSP", "STATUS", "ACTION"})
_ONCE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "STATUS", "SUMMARY", "LOCATION", "DESCRIPTION", "ORGANIZER")
_WITHOUT_START = frozenset({"REPLY", "CANCEL", "REFRESH", "DECLINECOUNTER"})
"""iTIP methods whose events need no DTSTART (RFC 5546 section 3.2)."""
_LONG_AGO = Moment(datetime.fromisoformat("1970-01-01"), UTC, Form.UTC)


def read(body: bytes, zone: ZoneInfo, *, max_bytes: int = MAX_BYTES) -> Snapshot:
    """Return the meaning of ``body``; ``zone`` is the provider's: floating times and dates are read there.

    Raises `UnreadableError` for what is too large or too much work, no UTF-8, incomplete, no event, or holds a line,
    time or rule of the practice's that nobody can follow. Of several events with one identity the one with the highest
    SEQUENCE counts. Events with another UID are ``beside`` the first one, or beside the one with our reference.
    """
    lines = _decoded(body, max_bytes)
    calendars = _calendars(lines)
    parts = [part for calendar in calendars for part in calendar.components]
    components = [part for part in parts if part.name == "VEVENT"]
    if not 0 < len(components) <= _MOST_EVENTS:
        raise UnreadableError("There is no event in it." if not components else "There are too many events in it.")
    method = next((line.value.strip().upper() for calendar in calendars for line in calendar.named("METHOD")), None)
    work = Work(MOST_WORK)
    reader = _Reader(ZonesIn((part for part in parts if part.name == "VTIMEZONE"), work), zone, method, work)
    uid, *others = _uids(components)
    own = _snapshot(reader, uid, components)
    own = replace(own, written=tuple(_outside(calendars)), layout=tuple(lines))
    return _with_others(own, reader, others, components) if others else own


def _snapshot(reader: "_Reader", uid: str, components: Iterable[Component]) -> Snapshot:
    """Return the resource that the events with that UID make up."""
    if reader.work.is_spent:
        raise UnreadableError("To follow its dates and time zones would be too much work.")
    own = [component for component in components if _uid(component) == uid]
    master, overrides = _sorted(map(reader.event, own))
    if master is not None and not is_affordable(master, reader.work):
        raise UnreadableError("To follow its rules would be too much work.", property="RRULE")
    if reader.work.is_spent:
        raise UnreadableError("To follow its dates and time zones would be too much work.")
    return Snapshot(
        uid=uid,
        zone=reader.zone,
        master=master,
        overrides=overrides,
        sequence=max(values.sequence(component.first("SEQUENCE")) for component in own),
        last_modified=max(filter(None, map(_last_modified, own)), default=None),
        method=reader.method,
    )


def _with_others(own: Snapshot, reader: "_Reader", uids: Iterable[str], components: Iterable[Component]) -> Snapshot:
    """Return the snapshot with the other resources in its body, and the UIDs of those that cannot be read."""
    groups: dict[str, list[Component]] = {}
    for component in components:
        groups.setdefault(_uid(component), []).append(component)
    beside, unread = [], []
    for uid in uids:
        try:
            beside.append(_snapshot(reader, uid, groups[uid]))
        except UnreadableError:
            unread.append(uid)
    return replace(own, beside=tuple(beside), unread=frozenset(unread))


def _uids(components: Iterable[Component]) -> list[str]:
    """Return the UIDs that stand in a body: one of an event that bears our reference first, else as they come."""
    marked = [_uid(each) for each in components if each.first(REFERENCE) is not None]
    return list(dict.fromkeys([*marked, *map(_uid, components)]))


# --- the body as a whole ---------------------------------------------------------------------------------------------


def _is_damaged(one: Logical) -> bool:
    """Tell whether a line of the practice's is no UTF-8; the provider's own are kept as they are."""
    return not is_utf8(one.octets) and content_line(one.text).name in PRACTICE_OWNED


def _decoded(body: bytes, max_bytes: int) -> list[Logical]:
    """Return the content lines, as many as a calendar program may write."""
    if len(body) > max_bytes:
        raise UnreadableError(f"It is larger than {max_bytes} bytes.")
    if b"\0" in body:
        raise UnreadableError("There are NUL characters in it.")
    if body.count(b"\n") + body.count(b"\r") > 2 * _MOST_PHYSICAL_LINES:
        raise UnreadableError("There are too many lines in it.")
    lines = logical_lines(body, encoding="latin-1")
    if not is_utf8(body) and any(_is_damaged(each) for each in lines):
        raise UnreadableError("What the practice owns in it is not UTF-8.")
    if len(lines) > _MOST_LINES:
        raise UnreadableError("There are too many lines in it.")
    return lines


def _calendars(lines: Iterable[Logical]) -> list[Component]:
    """Return the iCalendar objects; half a file, or one whose components do not fit into each other, is refused."""
    components, is_proper = tree(content_line(each.text) for each in lines)
    if not is_proper:
        raise UnreadableError("It is incomplete, or its components are not nested properly.")
    return [component for component in components if component.name == "VCALENDAR"]


def _uid(component: Component) -> str:
    line = component.first("UID")
    return unescape(line.value).strip() if line is not None else ""


def _sorted(events: Iterable[Event]) -> tuple[Event | None, tuple[Event, ...]]:
    """Return the master and one override for each instance and range, by instance.

    Of several the one with the highest SEQUENCE counts, else the last by its stamps: never by its place in the body.
    A lone event that names an instance and has a rule of its own is a series from there on, as Evolution writes it.
    """
    masters, named = [], []
    for event in events:
        if event.recurrence_id is None:
            masters.append(event)
        else:
            named.append(((event.recurrence_id.instant, event.and_future), event))
    if not masters and len(named) == 1 and named[0][1].rules:
        return replace(named[0][1], recurrence_id=None, and_future=False), ()
    named.sort(key=itemgetter(0))
    overrides = tuple(_latest([event for _, event in group]) for _, group in groupby(named, itemgetter(0)))
    return _latest(masters) if masters else None, overrides


def _latest(events: Sequence[Event]) -> Event:
    return events[0] if len(events) == 1 else max(events, key=_age)


def _age(event: Event) -> tuple[int, str, str, list[str]]:
    """Return what orders several events of one identity (RFC 5546 section 2.1.5), at last their own text."""
    stamps = {each.name: each.text for each in event.named("DTSTAMP", "LAST-MODIFIED")}
    texts_ = sorted(each.text for each in event.written)
    return event.sequence, stamps.get("LAST-MODIFIED", ""), stamps.get("DTSTAMP", ""), texts_


def _last_modified(component: Component) -> datetime | None:
    line = component.first("LAST-MODIFIED")
    if line is None:
        return None
    try:
        return values.moment(line, lambda _: None, ZoneInfo("UTC")).instant
    except UnreadableError:
        return None  # evidence only: a resource is not unreadable for want of it


def _outside(calendars: Iterable[Component]) -> Iterator[Written]:
    for calendar in calendars:
        yield from (_written(line) for line in calendar.lines)
        yield from (_nested(part) for part in calendar.components if part.name != "VEVENT")


# --- one event -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the events of one body."""

    zones: ZonesIn
    zone: ZoneInfo
    method: str | None
    work: Work

    def event(self, component: Component) -> Event:
        _check_lines(component)
        written, said = _everything(component)
        recurrence_id = component.first("RECURRENCE-ID")
        instance = self._moment(recurrence_id) if recurrence_id is not None else None
        start = self._start(component, instance)
        end = values.end(line, self.zones, self.zone) if (line := component.first("DTEND")) is not None else None
        return Event(
            start=start,
            span=self._span(component, start, end),
            end=end,
            recurrence_id=instance,
            and_future=recurrence_id is not None and _is_range(recurrence_id),
            rules=self._rules(component.named("RRULE")),
            excluded_rules=self._rules(component.named("EXRULE")),
            extras=tuple(self._extras(component.named("RDATE"))),
            exdates=tuple(self._exdates(component.named("EXDATE"))),
            cancelled=said.get("STATUS", "").upper() == "CANCELLED",
            sequence=values.sequence(component.first("SEQUENCE")),
            reference=said.get(REFERENCE, ""),
            related_to=frozenset(_text(line) for line in component.named("RELATED-TO")),
            written=tuple(written),
            **_texts(component, said),
            **_people(component),
        )

    def _rules(self, lines: Sequence[Line]) -> tuple[RecurrenceRule, ...]:
        return tuple([values.rule(line) for line in lines])

    def _moment(self, line: Line) -> Moment:
        return values.moment(line, self.zones, self.zone)

    def _start(self, component: Component, instance: Moment | None) -> Moment:
        line = component.first("DTSTART")
        if line is not None:
            return self._moment(line)
        if self.method in _WITHOUT_START:
            return instance or _LONG_AGO
        raise UnreadableError("An event in it has no DTSTART.", property="DTSTART")

    def _span(self, component: Component, start: Moment, end: Moment | None) -> Span:
        if end is not None:
            return values.between(start, end)
        if (line := component.first("DURATION")) is not None:
            return values.duration(line.value)
        return Span(timedelta(days=1) if start.is_date else timedelta(), timedelta())  # RFC 5545 section 3.6.1

    def _extras(self, lines: Sequence[Line]) -> Iterator[Extra]:
        self._check_number(lines)
        for line in lines:
            yield from values.extras(line, self.zones, self.zone)

    def _exdates(self, lines: Sequence[Line]) -> Iterator[Moment]:
        self._check_number(lines)
        for line in lines:
            yield from values.moments(line, self.zones, self.zone)

    def _check_number(self, lines: Iterable[Line]) -> None:
        number = sum(line.value.count(",") + 1 for line in lines)
        if number > _MOST_DATES or not self.work.spend(_WORK_OF_A_DATE * number):
            raise UnreadableError(f"A series in it names more than {_MOST_DATES} dates.")


def _check_lines(component: Component) -> None:
    """Refuse an event with a line of the practice's that nobody can read, or with more of a kind than any has."""
    for line in component.lines:
        if line.is_opaque and line.name in PRACTICE_OWNED:
            raise UnreadableError(f"{line.name} stands in it in a way that cannot be read.", property=line.name)
    numbers = Counter([line.name for line in component.lines])
    for name in _ONCE:
        if numbers[name] > 1 and len({(each.param("TZID"), _text(each)) for each in component.named(name)}) > 1:
            raise UnreadableError(f"{name} stands in an event twice, and says two things.", property=name)
    if numbers["RRULE"] + numbers["EXRULE"] > _MOST_RULES or numbers["RDATE"] > _MOST_DATE_LINES:
        raise UnreadableError("A series in it has too many rules.", property="RRULE")
    if numbers["ATTENDEE"] > _MOST_GUESTS:
        raise UnreadableError("An event in it has too many attendees.", property="ATTENDEE")


def _is_range(line: Line) -> bool:
    return (line.param("RANGE") or "").upper() == "THISANDFUTURE"


def _texts(component: Component, said: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of an `Event` that are texts or come of one; ``said``: the first text of each name."""
    location, description = said.get("LOCATION", ""), said.get("DESCRIPTION", "")
    shown = texts.links(location)
    elsewhere = (texts.links(unescape(line.value)) for name in _CONFERENCES for line in component.named(name))
    return {
        "summary": said.get("SUMMARY", ""),
        "location": location,
        "place": texts.without_links(location),
        "shown_links": shown,
        "links": shown.union(*elsewhere),
        "description": description,
        "words": texts.words(description),
        "has_markup": texts.has_markup(description),
    }


def _people(component: Component) -> dict[str, Any]:
    """Return the fields of an `Event` that are people."""
    organizer = component.first("ORGANIZER")
    given = answers(component.named("ATTENDEE"))
    return {
        "organizer": address(organizer) if organizer is not None else "",
        "attendees": frozenset(Attendee(who, answer) for who, answer in given.items()),
    }


def _text(line: Line) -> str:
    return texts.plain(unescape(line.value))


# --- as written ------------------------------------------------------------------------------------------------------


def _everything(component: Component) -> tuple[list[Written], dict[str, str]]:
    """Return all that stands in an event as written, and the first text of each name."""
    written: list[Written] = []
    said: dict[str, str] = {}
    is_listed = sum(line.value.count(",") for line in component.named("CATEGORIES")) <= _MOST_CATEGORIES
    for line in component.lines:
        if line.name == "CATEGORIES" and is_listed:  # some servers split a list into properties of their own
            written += [_written(replace(line, value=item)) for item in _COMMA.split(line.value)]
        else:
            text = _text(line)
            said.setdefault(line.name, text)
            written.append(_meant(line, text))
    written += [_nested(part) for part in component.components]
    return written, said


def _written(line: Line) -> Written:
    return _meant(line, _text(line))


def _meant(line: Line, text: str) -> Written:
    """Return a line with what it means: ``text``, in one spelling, with its parameters in one order."""
    head = line.name
    if line.params:
        head = ";".join([head, *sorted([f"{key}={raw.strip(chr(34))}" for key, raw in line.params])])
    return Written(line.name, f"{head}:{text.upper() if line.name in _ENUMERATED else text}", line.text)


def _nested(part: Component) -> Written:
    meaning = sorted(
        [*(_written(line).meaning for line in part.lines), *(_nested(each).meaning for each in part.components)]
    )
    return Written(part.name, "\n".join([part.name, *meaning]), "\n".join(part.texts()))
