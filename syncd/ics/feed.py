"""A whole calendar for subscribers to read (RFC 5545, RFC 7986): a view, nothing to answer and nothing to send back.

The same content gives the same bytes: stamps are those of the last change, never those of the request.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from syncd.core.events.clocks import spelled_out
from syncd.core.events.desired import Desired, Session
from syncd.core.times import instant
from syncd.ics import fields
from syncd.ics.lines import Component, Line, escape, line, write
from syncd.ics.vtimezone import vtimezone


class FeedEvent(NamedTuple):
    """One event or series, and when it last changed."""

    desired: Desired
    changed_at: datetime


class FeedHead(NamedTuple):
    """What a feed says of itself: its name, how soon a subscriber may come again, a CSS colour name or ""."""

    name: str
    refresh: timedelta
    color: str = ""


def feed(head: FeedHead, events: Iterable[FeedEvent], today: datetime) -> bytes:
    """Return the calendar; ``today``: sessions at changes of clocks are spelled out from then on.

    There is no METHOD and nobody is named: with either, programs take it for an invitation.
    """
    return _calendar((*_format(), *_head(head)), events, today)


def event_file(event: FeedEvent, today: datetime) -> bytes:
    """Return one event as a file to be taken over into a calendar; without METHOD and people, as in `feed`."""
    return _calendar(tuple(_format()), [event], today)


def _calendar(head: tuple[Line, ...], events: Iterable[FeedEvent], today: datetime) -> bytes:
    shown = [event._replace(desired=spelled_out(event.desired, today)) for event in events]
    zones = sorted({zone for event in shown for zone in fields.zones(event.desired)})
    components = (*map(vtimezone, zones), *(each for event in shown for each in _components(event)))
    return write(Component("VCALENDAR", head, components))


def _format() -> Iterator[Line]:
    yield line("VERSION", "2.0")
    yield line("PRODID", fields.PRODUCT)
    yield line("CALSCALE", "GREGORIAN")


def _head(head: FeedHead) -> Iterator[Line]:
    minutes = max(1, int(head.refresh.total_seconds()) // 60)
    yield line("NAME", escape(head.name))
    yield line("X-WR-CALNAME", escape(head.name))
    yield line("REFRESH-INTERVAL", f"PT{minutes}M", [("VALUE", "DURATION")])
    yield line("X-PUBLISHED-TTL", f"PT{minutes}M")
    if head.color:
        yield line("COLOR", head.color)


def _components(event: FeedEvent) -> Iterator[Component]:
    sessions = (event.desired.master, *sorted(event.desired.overrides, key=_identity))
    return (Component("VEVENT", tuple(_lines(event, session))) for session in sessions)


def _identity(override: Session) -> datetime:
    return instant(override.recurrence_id or override.start)


def _lines(event: FeedEvent, session: Session) -> Sequence[Line]:
    desired, changed_at = event
    return [
        *fields.identity(session, desired),
        fields.utc("DTSTAMP", changed_at),
        fields.utc("LAST-MODIFIED", changed_at),  # subscribers were seen to pass over a change that moved neither
        line("SEQUENCE", str(desired.sequence)),
        *fields.times(session),
        *(fields.recurrence(desired) if session.recurrence_id is None else ()),
        line("STATUS", "CONFIRMED"),
        line("TRANSP", "OPAQUE"),
        *fields.texts(session, None),
        *fields.relation(desired),
    ]
