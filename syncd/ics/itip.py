"""iTIP messages (RFC 5546): what an attendee's program is told of an event, always of the whole of it.

Receivers were seen to lose the rest of a series over a message about one instance, so a change of one instance or of a
tail goes out as the full set (master, EXDATEs, all overrides). A cancellation is of the whole event only; it names the
overrides too, since there are receivers that leave a moved instance standing otherwise.

A message's SEQUENCE is ``desired.sequence``: the ledger that gives it out has to raise it for every change that
RFC 5546 section 2.1.4 names, and for every cancellation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from syncd.core.events.clocks import spelled_out
from syncd.core.events.desired import Desired, Person, Session
from syncd.core.times import instant
from syncd.ics import fields
from syncd.ics.lines import Component, Line, escape, line, write
from syncd.ics.vtimezone import vtimezone

_PLAIN_IN_MAILTO = "@!$'*+-._~"
"""RFC 6068 section 2, and no more of it than all programs read."""
_INVITED = fields.UNANSWERED | {"RSVP": "FALSE"}
"""Nobody waits for an answer: what an attendee answers in their calendar is read by nobody."""
_ASKED = fields.UNANSWERED | {"RSVP": "TRUE"}


def request(desired: Desired, stamp: datetime, *, asks: bool = False) -> bytes:
    """Return the REQUEST that asks ``desired.attendee`` to an event, or tells of its change (RFC 5546 section 3.2.2).

    Cancelled instances are excluded from the series. ``asks``: an answer is waited for. Raises `ValueError` without an
    organizer and an attendee, and for an event that is cancelled as a whole, of which `cancel` tells.
    """
    if desired.master.cancelled:
        raise ValueError(f"{desired.uid} is cancelled: nobody can be asked to it")
    full = spelled_out(_with_cancelled_instances_excluded(desired), stamp)
    return _message("REQUEST", full, stamp, [line("STATUS", "CONFIRMED"), *_people(full, _ASKED if asks else _INVITED)])


def cancel(desired: Desired, stamp: datetime, reason: str = "") -> bytes:
    """Return the CANCEL of a whole event (RFC 5546 section 3.2.5); ``reason`` is what the attendee may read.

    ``desired.overrides`` are those that the attendee may hold; each is cancelled by its RECURRENCE-ID too. Raises
    `ValueError` without an organizer and an attendee.
    """
    return _cancellation(desired, stamp, reason, [line("STATUS", "CANCELLED")])


def take_off(desired: Desired, stamp: datetime, reason: str = "") -> bytes:
    """Return the CANCEL for ``desired.attendee``, who is no longer asked to an event that takes place all the same.

    So there is no STATUS in it (RFC 5546 section 3.2.5). Raises `ValueError` without an organizer and an attendee.
    """
    return _cancellation(desired, stamp, reason, [])


def decline_counter(desired: Desired, stamp: datetime, instance: datetime | None) -> bytes:
    """Return the DECLINECOUNTER that refuses ``desired.attendee`` another time (RFC 5546 section 3.2.8).

    ``instance`` is the original start of the session of a series that it was about. Raises `ValueError` without an
    organizer and an attendee.
    """
    lines = [
        line("UID", desired.uid),
        fields.utc("DTSTAMP", stamp),
        line("SEQUENCE", str(desired.sequence)),
        *([fields.utc("RECURRENCE-ID", instant(instance))] if instance is not None else ()),
        *_people(desired, {}),
    ]
    head = (line("VERSION", "2.0"), line("PRODID", fields.PRODUCT), line("METHOD", "DECLINECOUNTER"))
    return write(Component("VCALENDAR", head, (Component("VEVENT", tuple(lines)),)))


def _cancellation(desired: Desired, stamp: datetime, reason: str, status: Sequence[Line]) -> bytes:
    comment = [line("COMMENT", escape(reason))] if reason else []
    full = spelled_out(desired, stamp)
    return _message("CANCEL", full, stamp, [*status, *comment, *_people(full, {})])


def _with_cancelled_instances_excluded(desired: Desired) -> Desired:
    """A REQUEST has no STATUS:CANCELLED (RFC 5546 section 3.2.2)."""
    cancelled = tuple(_identity(session) for session in desired.overrides if session.cancelled)
    held = tuple(session for session in desired.overrides if not session.cancelled)
    return replace(desired, exdates=desired.exdates + cancelled, overrides=held)


def _identity(override: Session) -> datetime:
    return instant(override.recurrence_id or override.start)


def _people(desired: Desired, asked: dict[str, str]) -> list[Line]:
    if desired.organizer is None or desired.attendee is None:
        raise ValueError(f"a message about {desired.uid} needs an organizer and an attendee")
    return [
        fields.person("ORGANIZER", _in_uri(desired.organizer)),
        fields.person("ATTENDEE", _in_uri(desired.attendee), asked.items()),
    ]


def _in_uri(who: Person) -> Person:
    """Return the person with the address as it stands in a mailto: what means something else there is encoded."""
    return who._replace(email=quote(who.email, safe=_PLAIN_IN_MAILTO))


def _message(method: Literal["REQUEST", "CANCEL"], desired: Desired, stamp: datetime, extra: Sequence[Line]) -> bytes:
    """Return the message about all components, the master first; each has the ``extra`` lines."""
    sessions = (desired.master, *sorted(desired.overrides, key=_identity))
    events = (_event(desired, session, stamp, extra) for session in sessions)
    head = (line("VERSION", "2.0"), line("PRODID", fields.PRODUCT), line("METHOD", method))
    return write(Component("VCALENDAR", head, (*map(vtimezone, fields.zones(desired)), *events)))


def _event(desired: Desired, session: Session, stamp: datetime, extra: Iterable[Line]) -> Component:
    lines = [*fields.identity(session, desired), fields.utc("DTSTAMP", stamp), line("SEQUENCE", str(desired.sequence))]
    lines += fields.times(session)
    lines += fields.recurrence(desired) if session.recurrence_id is None else ()
    return Component("VEVENT", (*lines, *fields.texts(session, None), *fields.relation(desired), *extra))
