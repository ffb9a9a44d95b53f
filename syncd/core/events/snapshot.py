"""A calendar object resource reduced to meaning: instants, zones, rules, texts, people, status.

What a program may spell in several ways is kept twice: as what it means, which `compare` looks at, and as it was
written, by which a difference of spelling gets its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.events.rule import RecurrenceRule
from syncd.core.times import instant, lenient_local

MOST_SEQUENCE = 2**31 - 1
"""The highest SEQUENCE that there is (RFC 5545 section 3.3.8)."""


class Form(StrEnum):
    """How a time is pinned down (RFC 5545 section 3.3.5); a date is a whole local day."""

    UTC = "utc"
    ZONED = "zoned"
    FLOATING = "floating"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as written: a wall clock's reading in ``zone``, which is the provider's for a floating time or a date.

    ``tzid`` is the TZID as spelled, empty where there was none.
    """

    wall: datetime
    zone: tzinfo
    form: Form
    tzid: str = ""

    @property
    def is_date(self) -> bool:
        """Tell whether it is a whole day."""
        return self.form is Form.DATE

    @property
    def local(self) -> datetime:
        """The aware local time; one that occurs twice is the first, one in a gap is read with the offset before it."""
        return lenient_local(self.wall, self.zone)

    @property
    def instant(self) -> datetime:
        """The moment in UTC; of a date the beginning of the day."""
        return instant(self.local)

    @property
    def spelling(self) -> tuple[Form, str]:
        """What tells two spellings of one instant apart."""
        return self.form, self.tzid

    def day_in(self, zone: tzinfo) -> date:
        """Return the local date in ``zone``; a date is that date everywhere."""
        return self.wall.date() if self.is_date else self.instant.astimezone(zone).date()

    def shown(self) -> str:
        """Return the time for a person: a date, or ISO 8601 with its offset."""
        return self.wall.date().isoformat() if self.is_date else self.local.isoformat()


class Span(NamedTuple):
    """How long: ``nominal`` on the wall clock (days, or the distance of DTEND), then ``exact`` elapsed time."""

    nominal: timedelta
    exact: timedelta

    def end_of(self, start: Moment) -> datetime:
        """Return the instant at which something that begins at ``start`` ends."""
        return lenient_local(start.wall + self.nominal, start.zone).astimezone(UTC) + self.exact


class Attendee(NamedTuple):
    """A calendar user's address (without mailto:, in lower case) and PARTSTAT (in capitals)."""

    address: str
    partstat: str


class Extra(NamedTuple):
    """An RDATE: a further instance, with a length of its own where it is given as a PERIOD."""

    start: Moment
    span: Span | None = None


class Written(NamedTuple):
    """A property or nested component as written: ``meaning`` is the same for two spellings of the same."""

    name: str
    meaning: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One VEVENT. ``and_future``: an override that also holds for later instances (RANGE=THISANDFUTURE).

    ``place`` is the location without links; ``links`` are those of LOCATION, URL and CONFERENCE together,
    ``shown_links`` those of LOCATION alone. ``words`` is the description without markup; ``has_markup`` tells whether
    there was any.
    """

    start: Moment
    span: Span
    end: Moment | None = None
    recurrence_id: Moment | None = None
    and_future: bool = False
    rules: tuple[RecurrenceRule, ...] = ()
    excluded_rules: tuple[RecurrenceRule, ...] = ()
    extras: tuple[Extra, ...] = ()
    exdates: tuple[Moment, ...] = ()
    cancelled: bool = False
    summary: str = ""
    location: str = ""
    place: str = ""
    shown_links: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    description: str = ""
    words: str = ""
    has_markup: bool = False
    organizer: str = ""
    attendees: frozenset[Attendee] = frozenset()
    sequence: int = 0
    reference: str = ""
    related_to: frozenset[str] = frozenset()
    written: tuple[Written, ...] = field(default=(), repr=False)

    @property
    def repeats(self) -> bool:
        """Tell whether the event names further instances, or is itself one of a series."""
        return bool(self.rules or self.extras or self.recurrence_id)

    @property
    def people(self) -> frozenset[str]:
        """The addresses of the attendees."""
        return _addresses(self.attendees)

    @property
    def answers(self) -> Mapping[str, str]:
        """The attendees' PARTSTAT by address."""
        return _answers(self.attendees)

    def named(self, *names: str) -> tuple[Written, ...]:
        """Return the properties with these names, as written."""
        return tuple(written for written in self.written if written.name in names)


@lru_cache(maxsize=64)  # hundreds of guests are asked for once for each override of a series
def _addresses(attendees: frozenset[Attendee]) -> frozenset[str]:
    return frozenset(attendee.address for attendee in attendees)


@lru_cache(maxsize=64)
def _answers(attendees: frozenset[Attendee]) -> Mapping[str, str]:
    return dict(attendees)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One resource: a master, overrides (one for each instance, the one with the highest SEQUENCE), or overrides alone.

    ``zone`` is the provider's: local dates are dates there. ``sequence`` is the highest seen. ``method`` is the iTIP
    METHOD. ``written`` holds what stands outside the events. ``layout`` pairs every content line with its physical
    form. ``beside`` are the events with another UID in the same body, ``unread`` the UIDs of those that cannot be read.
    """

    uid: str
    zone: ZoneInfo
    master: Event | None
    overrides: tuple[Event, ...] = ()
    sequence: int = 0
    last_modified: datetime | None = None
    method: str | None = None
    written: tuple[Written, ...] = field(default=(), repr=False)
    layout: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    beside: tuple["Snapshot", ...] = field(default=(), repr=False)
    unread: frozenset[str] = frozenset()

    @property
    def events(self) -> tuple[Event, ...]:
        """The master, if there is one, and the overrides."""
        return self.overrides if self.master is None else (self.master, *self.overrides)

    @property
    def first(self) -> Event:
        """The master, or where it is missing the earliest override."""
        return self.master or min(self.overrides, key=lambda override: override.start.instant)

    @property
    def is_series(self) -> bool:
        """Tell whether it has, or once had, more than one instance."""
        return bool(self.overrides) or self.first.repeats
