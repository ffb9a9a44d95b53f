"""iTIP messages (RFC 5546): what an attendee's program is told of an event, always of the whole of it.

Receivers were seen to lose the rest of a series over a message about one instance, so a change of one instance or of a
tail goes out as the full set (master, EXDATEs, all overrides), and a cancellation is of the whole event only.

A message's SEQUENCE is ``desired.sequence``: the ledger that gives it out has to raise it for every change that
RFC 5546 section 2.1.4 names, and for every cancellation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from syncd.core.events.desired import Desired, Session
from syncd.core.times import instant
from syncd.ics import fields
from syncd.ics.lines import Component, Line, escape, line, write
from syncd.ics.vtimezone import vtimezone


def request(desired: Desired, stamp: datetime) -> bytes:
    """Return the REQUEST that asks ``desired.attendee`` to an event, or tells of its change (RFC 5546 section 3.2.2).

    Cancelled instances are excluded from the series. Raises `ValueError` without an organizer and an attendee, and for
    an event that is cancelled as a whole, of which `cancel` tells.
    """
    if desired.master.cancelled:
        raise ValueError(f"{desired.uid} is cancelled: nobody can be asked to it")
    full = _with_cancelled_instances_excluded(desired)
    overrides = sorted(full.overrides, key=_identity)
    extra = [line("STATUS", "CONFIRMED"), *_people(full, fields.UNANSWERED)]
    return _message("REQUEST", full, [_event(full, session, stamp, extra) for session in (full.master, *overrides)])


def cancel(desired: Desired, stamp: datetime, reason: str = "") -> bytes:
    """Return the CANCEL of a whole event (RFC 5546 section 3.2.5); ``reason`` is what the attendee may read.

    Raises `ValueError` without an organizer and an attendee.
    """
    return _cancellation(desired, stamp, reason, [line("STATUS", "CANCELLED")])


def take_off(desired: Desired, stamp: datetime, reason: str = "") -> bytes:
    """Return the CANCEL for ``desired.attendee``, who is no longer asked to an event that takes place all the same.

    So there is no STATUS in it (RFC 5546 section 3.2.5). Raises `ValueError` without an organizer and an attendee.
    """
    return _cancellation(desired, stamp, reason, [])


def _cancellation(desired: Desired, stamp: datetime, reason: str, status: Sequence[Line]) -> bytes:
    comment = [line("COMMENT", escape(reason))] if reason else []
    whole = replace(desired, overrides=())
    return _message("CANCEL", whole, [_event(whole, whole.master, stamp, [*status, *comment, *_people(whole, {})])])


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
        fields.person("ORGANIZER", desired.organizer),
        fields.person("ATTENDEE", desired.attendee, asked.items()),
    ]


def _event(desired: Desired, session: Session, stamp: datetime, extra: Iterable[Line]) -> Component:
    lines = [*fields.identity(session, desired), fields.utc("DTSTAMP", stamp), line("SEQUENCE", str(desired.sequence))]
    lines += fields.times(session)
    if session.recurrence_id is None:
        lines += fields.recurrence(desired)
    return Component("VEVENT", (*lines, *fields.texts(session, None), *fields.relation(desired), *extra))


def _message(method: Literal["REQUEST", "CANCEL"], desired: Desired, events: Sequence[Component]) -> bytes:
    head = (line("VERSION", "2.0"), line("PRODID", fields.PRODUCT), line("METHOD", method))
    return write(Component("VCALENDAR", head, (*map(vtimezone, fields.zones(desired)), *events)))
