"""Three attendees' programs, written from what receivers of iTIP do; they share nothing with what writes the messages.

Each takes messages one by one and keeps components; what it then shows is read with another library.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import icalendar
import recurring_ical_events


class Shown(NamedTuple):
    """One session as an attendee's program shows it: instants, and where."""

    start: datetime
    end: datetime
    location: str


class Attendee(Protocol):
    """An attendee's program: takes the calendar part of mails, in the order in which they arrive."""

    def receive(self, body: bytes) -> None: ...

    def components(self) -> Iterable[Any]: ...


class ByTheRfc:
    """Keeps the newest of each UID and RECURRENCE-ID by SEQUENCE, then DTSTAMP (RFC 5546 section 2.1.5).

    A master is newer for all of its set: instances of an older one go. A CANCEL without RECURRENCE-ID is remembered,
    so that what it has overtaken is ignored when it comes (section 5.2.1).
    """

    def __init__(self) -> None:
        self._masters: dict[str, tuple[int, datetime]] = {}
        self._kept: dict[tuple[str, datetime | None], Any] = {}

    def receive(self, body: bytes) -> None:
        calendar = icalendar.Calendar.from_ical(body)
        for event in sorted(calendar.events, key=lambda event: _instance(event) is not None):
            self._take(str(calendar["METHOD"]), event)

    def _take(self, method: str, event: Any) -> None:
        uid, version = str(event["UID"]), (int(event["SEQUENCE"]), event["DTSTAMP"].dt)
        newest = self._masters.get(uid)
        if newest is not None and version < newest:
            return
        if _instance(event) is None:
            self._masters[uid] = version
            self._forget(uid, before=version)
        if method == "REQUEST":
            self._kept[uid, _instance(event)] = event
        else:
            self._kept.pop((uid, _instance(event)), None)

    def _forget(self, uid: str, before: tuple[int, datetime]) -> None:
        older = [
            key
            for key, event in self._kept.items()
            if key[0] == uid and (int(event["SEQUENCE"]), event["DTSTAMP"].dt) < before
        ]
        for key in older:
            del self._kept[key]

    def components(self) -> Iterable[Any]:
        return self._kept.values()


class BySequenceAlone:
    """Ignores every message whose SEQUENCE is not higher than that of all before; else takes it as the whole."""

    def __init__(self) -> None:
        self._highest: dict[str, int] = {}
        self._sets: dict[str, list[Any]] = {}

    def receive(self, body: bytes) -> None:
        calendar = icalendar.Calendar.from_ical(body)
        events: list[Any] = list(calendar.events)
        uid, sequence = str(events[0]["UID"]), max(int(event["SEQUENCE"]) for event in events)
        if sequence > self._highest.get(uid, -1):
            self._highest[uid] = sequence
            self._sets[uid] = events if str(calendar["METHOD"]) == "REQUEST" else []

    def components(self) -> Iterable[Any]:
        return (event for events in self._sets.values() for event in events)


class Naive:
    """Looks at no SEQUENCE: a REQUEST replaces all components of its UID, a CANCEL cancels all of them."""

    def __init__(self) -> None:
        self._sets: dict[str, list[Any]] = {}

    def receive(self, body: bytes) -> None:
        calendar = icalendar.Calendar.from_ical(body)
        events: list[Any] = list(calendar.events)
        self._sets[str(events[0]["UID"])] = events if str(calendar["METHOD"]) == "REQUEST" else []

    def components(self) -> Iterable[Any]:
        return (event for events in self._sets.values() for event in events)


def shown(attendee: Attendee, since: datetime, until: datetime) -> list[Shown]:
    """Return the sessions that the attendee's program shows in a period, by start."""
    return sorted(_sessions(attendee, since, until))


def _sessions(attendee: Attendee, since: datetime, until: datetime) -> Iterator[Shown]:
    by_uid: dict[str, icalendar.Calendar] = {}
    for event in attendee.components():
        by_uid.setdefault(str(event["UID"]), icalendar.Calendar()).add_component(event)
    for calendar in by_uid.values():
        for event in recurring_ical_events.of(calendar).between(since, until):
            yield Shown(event.start, event.start + event.duration, str(event.get("LOCATION", "")))


def _instance(event: Any) -> datetime | None:
    return event["RECURRENCE-ID"].dt if "RECURRENCE-ID" in event else None
