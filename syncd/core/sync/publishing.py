"""What should stand in a calendar for an appointment or a series: from the practice's record to `Desired`."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import assert_never

from syncd.core.events.desired import Desired, Person, Session
from syncd.core.events.snapshot import Snapshot
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Series
from syncd.core.scheduling.people import Client, Provider
from syncd.core.scheduling.series import deviates, given_instances, identity
from syncd.core.sync.calendars import Calendar, Privacy


class CancelledEvents(StrEnum):
    """What becomes of a cancelled appointment's event: it leaves the calendar, or stays there marked CANCELLED."""

    REMOVE = "remove"
    MARK = "mark"


DESCRIPTION = (
    "This appointment is managed by {practice}. Please reschedule or cancel it there: "
    "a change made in this calendar does not reach the client.\n"
    "Ref. {reference}"
)
"""The default description: ``{practice}`` and ``{reference}`` are replaced; nothing of the client stands in it."""


_REFERENCE = re.compile(r"\b(?:apt|ser)-[0-9a-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """Who publishes, and how its events look. ``email`` is the organizer's address.

    ``plain_events``: no ORGANIZER and ATTENDEE in any calendar (a single calendar can be set so as well).
    ``language``: the BCP 47 tag by which mails write times to those who have none of their own; "": 24 hours.
    """

    name: str
    email: str
    privacy: Privacy = Privacy.INITIALS
    description: str = DESCRIPTION
    cancelled_events: CancelledEvents = CancelledEvents.REMOVE
    plain_events: bool = False
    language: str = ""


def for_calendar(practice: Practice, calendar: Calendar) -> Practice:
    """Return the practice's settings as they hold in one calendar, its own ones laid over them."""
    return replace(
        practice,
        plain_events=practice.plain_events or calendar.is_plain,
        privacy=calendar.privacy or practice.privacy,
    )


@lru_cache(maxsize=256)
def look_of(practice: Practice) -> str:
    """Return what names the settings under which events are rendered: another one where any of them is another."""
    return hashlib.sha256(repr(astuple(practice)).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishable:
    """All that the record holds about one resource: its appointment or series, and the people.

    ``instances`` are the appointments of a series that stand in the store; of a single one there are none.
    """

    record: Appointment | Series
    provider: Provider
    client: Client
    instances: Sequence[Appointment] = ()

    @property
    def sessions(self) -> tuple[Appointment, ...]:
        """The appointments that the resource stands for, by start as the store lists them."""
        return (self.record,) if isinstance(self.record, Appointment) else tuple(self.instances)


def desired_of(item: Publishable, practice: Practice, *, plain_events: bool = False) -> Desired | None:
    """Return what should stand in a calendar for ``item``, None when nothing should.

    Nothing should stand for a cancelled appointment or for a series without a session left, unless the practice keeps
    such events marked. In a series, an instance that differs from the rule is an override, a cancelled one an EXDATE
    (or a cancelled override, where they are marked). ``plain_events`` is the calendar's own setting.
    """
    if practice.cancelled_events is CancelledEvents.REMOVE and not _stands(item):
        return None
    look = _Look(practice, item.client, item.record.id)
    match item.record:
        case Appointment() as single:
            desired = _of_single(single, look)
        case Series() as series:
            desired = _of_series(series, item.instances, look)
        case _:
            assert_never(item.record)
    if plain_events or practice.plain_events:
        return desired
    return replace(
        desired,
        organizer=Person(practice.email, practice.name),
        attendee=Person(item.provider.email, item.provider.name),
    )


def references_in(snapshot: Snapshot) -> frozenset[str]:
    """Return the ids of appointments and series that an event names, in our private property or in its description."""
    first = snapshot.first
    return frozenset({*_REFERENCE.findall(first.description), first.reference} - {""})


def initials(name: str) -> str:
    """Return the initials of the first and the last word of a name: ``Ada B. Example`` is ``A. E.``."""
    words = [word for word in name.split() if word[0].isalpha()]
    return " ".join(f"{word[0].upper()}." for word in ([*words[:1], words[-1]] if len(words) > 1 else words))


@dataclass(frozen=True, slots=True)
class _Look:
    """How the events of one record look, whatever their times."""

    practice: Practice
    client: Client
    reference: str

    @property
    def title(self) -> str:
        match self.practice.privacy:
            case Privacy.BUSY:
                return "Busy"
            case Privacy.REFERENCE:
                return f"Session {self.reference}"
            case Privacy.INITIALS:
                return f"Session {initials(self.client.name)}".strip()
            case Privacy.NAME:
                return f"Session {self.client.name}"
            case _:
                assert_never(self.practice.privacy)

    @property
    def description(self) -> str:
        text = self.practice.description.replace("{practice}", self.practice.name)
        return text.replace("{reference}", self.reference)

    def session(self, of: Appointment | Series) -> Session:
        return Session(
            start=of.start,
            minutes=of.minutes,
            summary=self.title,
            location=of.location,
            description=self.description,
            recurrence_id=of.recurrence_id if isinstance(of, Appointment) else None,
            cancelled=_is_cancelled(of),
        )


def _of_single(single: Appointment, look: _Look) -> Desired:
    return Desired(uid=single.uid, sequence=single.sequence, master=look.session(single), reference=single.id)


def _of_series(series: Series, instances: Iterable[Appointment], look: _Look) -> Desired:
    given = given_instances(series, instances)
    marks = look.practice.cancelled_events is CancelledEvents.MARK
    cancelled = [one for one in given if _is_cancelled(one)]
    return Desired(
        uid=series.uid,
        sequence=series.sequence,
        master=look.session(series),
        rule=series.rule,
        exdates=() if marks else tuple(identity(one) for one in cancelled),
        overrides=tuple(look.session(one) for one in given if _is_override(one, series, marks=marks)),
        reference=series.id,
        related_to=series.split_from,
    )


def _is_override(one: Appointment, series: Series, *, marks: bool) -> bool:
    if _is_cancelled(one):
        return marks and not series.cancelled
    return deviates(one, series)


def _is_cancelled(of: Appointment | Series) -> bool:
    return of.cancelled if isinstance(of, Series) else of.status is AppointmentStatus.CANCELLED


def _stands(item: Publishable) -> bool:
    if isinstance(item.record, Appointment):
        return not _is_cancelled(item.record)
    is_complete = item.record.extended_until is None
    return not item.record.cancelled and (not is_complete or not all(_is_cancelled(one) for one in item.instances))
