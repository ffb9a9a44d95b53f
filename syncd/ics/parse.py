"""Reads a calendar object resource into a snapshot. No body whatever makes it raise anything but `UnreadableError`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from syncd.core.events.snapshot import Attendee, Event, Extra, Form, Moment, Snapshot, Span, Written
from syncd.ics import texts, values
from syncd.ics.errors import UnreadableError
from syncd.ics.lines import Component, Line, parse, unescape
from syncd.ics.zones_in import ZonesIn

MAX_BYTES = 1 << 20
_MOST_EVENTS = 1_000
_MOST_DATES = 2_000
_DEEPEST = 8
_NOMENCLATURE = re.compile(r"\s*(?:BEGIN|END)\s*:", re.IGNORECASE)
_FOLD = re.compile(rb"\r?\n[ \t]")
_LOGICAL = re.compile(rb"(?<=\n)(?![ \t])")
_COMMA = re.compile(r"(?<!\\),")
_REFERENCE = "X-SYNCD-REF"
_CONFERENCES = ("URL", "CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL")
_ENUMERATED = frozenset({"CLASS", "TRANSP", "STATUS", "ACTION"})
_WITHOUT_START = frozenset({"REPLY", "CANCEL", "REFRESH", "DECLINECOUNTER"})
"""iTIP methods whose events need no DTSTART (RFC 5546 section 3.2)."""
_LONG_AGO = Moment(datetime.fromisoformat("1970-01-01"), UTC, Form.UTC)


def read(body: bytes, zone: ZoneInfo, *, max_bytes: int = MAX_BYTES) -> Snapshot:
    """Return the meaning of ``body``; ``zone`` is the provider's: floating times and dates are read there.

    Raises `UnreadableError` for what is too large, no UTF-8, incomplete, no event, or holds a time or rule that nobody
    can follow. Of several events with one identity the one with the highest SEQUENCE counts.
    """
    lines = _decoded(body, max_bytes)
    calendars = [component for component in parse("\n".join(lines).encode()) if component.name == "VCALENDAR"]
    parts = [part for calendar in calendars for part in calendar.components]
    components = [part for part in parts if part.name == "VEVENT"]
    if not 0 < len(components) <= _MOST_EVENTS:
        raise UnreadableError("There is no event in it." if not components else "There are too many events in it.")
    method = next((line.value.strip().upper() for calendar in calendars for line in calendar.named("METHOD")), None)
    zones = ZonesIn(part for part in parts if part.name == "VTIMEZONE")
    uid = _uid(components[0])
    reader = _Reader(zones, zone, method)
    events = [reader.event(component) for component in components if _uid(component) == uid]
    own = [component for component in components if _uid(component) == uid]
    return Snapshot(
        uid=uid,
        zone=zone,
        master=_latest(event for event in events if event.recurrence_id is None),
        overrides=_overrides(events),
        sequence=max(event.sequence for event in events),
        last_modified=max(filter(None, map(_last_modified, own)), default=None),
        method=method,
        written=tuple(_outside(calendars)),
        layout=tuple(zip(lines, _LOGICAL.split(body), strict=True)),
    )


# --- the body as a whole ---------------------------------------------------------------------------------------------


def _decoded(body: bytes, max_bytes: int) -> list[str]:
    """Return the content lines, unfolded before they are decoded: a fold may stand inside a letter."""
    if len(body) > max_bytes:
        raise UnreadableError(f"It is larger than {max_bytes} bytes.")
    if b"\0" in body:
        raise UnreadableError("There are NUL characters in it.")
    try:
        lines = [_FOLD.sub(b"", physical).decode("utf-8-sig").rstrip("\r\n") for physical in _LOGICAL.split(body)]
    except UnicodeDecodeError as error:
        raise UnreadableError("It is not UTF-8.") from error
    _check_nesting(lines)
    return lines


def _check_nesting(lines: Iterable[str]) -> None:
    """Refuse half a file, and what is nested deeper than any calendar is."""
    depth = 0
    for line in lines:
        if _NOMENCLATURE.match(line) is not None:
            depth += 1 if line.lstrip()[:1] in {"B", "b"} else -1
            if not 0 <= depth <= _DEEPEST:
                raise UnreadableError("Its components are not nested properly.")
    if depth:
        raise UnreadableError("It is incomplete.")


def _uid(component: Component) -> str:
    line = component.first("UID")
    return unescape(line.value).strip() if line is not None else ""


def _latest(events: Iterable[Event]) -> Event | None:
    """Return the event with the highest SEQUENCE, of several the last."""
    latest: Event | None = None
    for event in events:
        if latest is None or event.sequence >= latest.sequence:
            latest = event
    return latest


def _overrides(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return one override for each instance and range, by instance."""
    named = [
        ((event.recurrence_id.instant, event.and_future), event) for event in events if event.recurrence_id is not None
    ]
    named.sort(key=itemgetter(0))
    latest = (_latest(event for _, event in group) for _, group in groupby(named, itemgetter(0)))
    return tuple(override for override in latest if override is not None)


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

    def event(self, component: Component) -> Event:
        recurrence_id = component.first("RECURRENCE-ID")
        instance = self._moment(recurrence_id) if recurrence_id is not None else None
        start = self._start(component, instance)
        end = self._moment(line) if (line := component.first("DTEND")) is not None else None
        event = Event(
            start=start,
            span=self._span(component, start, end),
            end=end,
            recurrence_id=instance,
            and_future=recurrence_id is not None and _is_range(recurrence_id),
            rules=tuple(values.rule(line) for line in component.named("RRULE")),
            excluded_rules=tuple(values.rule(line) for line in component.named("EXRULE")),
            extras=tuple(self._extras(component.named("RDATE"))),
            exdates=tuple(self._exdates(component.named("EXDATE"))),
            cancelled=_value(component, "STATUS").upper() == "CANCELLED",
            sequence=_sequence(component),
            reference=_value(component, _REFERENCE),
            related_to=frozenset(_text(line) for line in component.named("RELATED-TO")),
            written=tuple(_everything(component)),
        )
        return _with_people(_with_texts(event, component), component)

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
        _check_number(lines)
        for line in lines:
            yield from values.extras(line, self.zones, self.zone)

    def _exdates(self, lines: Sequence[Line]) -> Iterator[Moment]:
        _check_number(lines)
        for line in lines:
            yield from values.moments(line, self.zones, self.zone)


def _check_number(lines: Iterable[Line]) -> None:
    if sum(line.value.count(",") + 1 for line in lines) > _MOST_DATES:
        raise UnreadableError(f"A series in it names more than {_MOST_DATES} dates.")


def _is_range(line: Line) -> bool:
    return (line.param("RANGE") or "").upper() == "THISANDFUTURE"


def _sequence(component: Component) -> int:
    text = _value(component, "SEQUENCE")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _with_texts(event: Event, component: Component) -> Event:
    location, description = _value(component, "LOCATION"), _value(component, "DESCRIPTION")
    shown = texts.links(location)
    elsewhere = (texts.links(unescape(line.value)) for name in _CONFERENCES for line in component.named(name))
    return replace(
        event,
        summary=_value(component, "SUMMARY"),
        location=location,
        place=texts.without_links(location),
        shown_links=shown,
        links=shown.union(*elsewhere),
        description=description,
        words=texts.words(description),
        has_markup=texts.has_markup(description),
    )


def _with_people(event: Event, component: Component) -> Event:
    organizer = component.first("ORGANIZER")
    return replace(
        event,
        organizer=_address(organizer) if organizer is not None else "",
        attendees=frozenset(
            Attendee(_address(line), (line.param("PARTSTAT") or "NEEDS-ACTION").upper())
            for line in component.named("ATTENDEE")
        ),
    )


def _address(line: Line) -> str:
    """Return the calendar user's address; where it is a server's own URI, the EMAIL parameter tells (RFC 7986)."""
    value = line.value.strip().casefold()
    email = (line.param("EMAIL") or "").strip().casefold()
    return email if email and not value.startswith("mailto:") else value.removeprefix("mailto:").strip()


def _value(component: Component, name: str) -> str:
    line = component.first(name)
    return _text(line) if line is not None else ""


def _text(line: Line) -> str:
    return texts.plain(unescape(line.value))


# --- as written ------------------------------------------------------------------------------------------------------


def _everything(component: Component) -> Iterator[Written]:
    for line in component.lines:
        if line.name == "CATEGORIES":  # some servers split a list into properties of their own
            yield from (_written(replace(line, value=item)) for item in _COMMA.split(line.value))
        else:
            yield _written(line)
    yield from (_nested(part) for part in component.components)


def _written(line: Line) -> Written:
    value = _text(line).upper() if line.name in _ENUMERATED else _text(line)
    params = sorted(f"{key}={raw.strip(chr(34))}" for key, raw in line.params)
    return Written(line.name, ";".join([line.name, *params]) + ":" + value, line.text)


def _nested(part: Component) -> Written:
    meaning = sorted(
        [*(_written(line).meaning for line in part.lines), *(_nested(each).meaning for each in part.components)]
    )
    return Written(part.name, "\n".join([part.name, *meaning]), "\n".join(part.texts()))
