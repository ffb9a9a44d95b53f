"""Reads what comes back to an invitation: REPLY, COUNTER, REFRESH (RFC 5546), as every program writes them.

Answers lack what the RFC demands of them (Exchange leaves ORGANIZER out, others DTSTART), name zones as they like, and
put words in the user's language into SUMMARY: only what tells who answers what to which invitation is read.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from syncd.core.events.recurrence import Work
from syncd.core.events.snapshot import MOST_SEQUENCE, Moment
from syncd.core.inbound.answers import LONGEST_COMMENT, Answer, Said, unwrapped
from syncd.core.texts import printable
from syncd.ics import values
from syncd.ics.addresses import answers as answers_by_address
from syncd.ics.errors import UnreadableError
from syncd.ics.lines import Component, content_line, logical_lines, tree, unescape
from syncd.ics.zones_in import ZonesIn

MOST_BYTES = 256 * 1024
_MOST_EVENTS = 50
_MOST_LINES = 5_000
_MOST_WORK = 10_000
_MOST_GUESTS = 200
_LONGEST_UID = 2_000
_NOT_UNDERSTOOD = "3"
"""The first digit of a REQUEST-STATUS that says so (RFC 5545 section 3.8.8.3)."""
_MICROSOFT_SEQUENCE = "X-MICROSOFT-CDO-APPT-SEQUENCE"


def read_answers(body: bytes, local: tzinfo) -> Sequence[Answer]:
    """Return the events of a message; floating times and dates are read in the zone ``local``.

    Raises `UnreadableError`, and nothing else whatever the body is.
    """
    calendars = [one for one in _components(body) if one.name == "VCALENDAR"]
    parts = [part for calendar in calendars for part in calendar.components]
    events = [part for part in parts if part.name == "VEVENT"]
    if not 0 < len(events) <= _MOST_EVENTS:
        raise UnreadableError("There is no event in it." if not events else "There are too many events in it.")
    zones = ZonesIn((part for part in parts if part.name == "VTIMEZONE"), Work(_MOST_WORK))
    methods = {line.value.strip().upper() for calendar in calendars for line in calendar.named("METHOD")}
    if len(methods) != 1:
        raise UnreadableError("It names no method, or more than one.", property="METHOD")
    method = methods.pop()
    return [_answer(event, method, zones, local) for event in events]


def _components(body: bytes) -> Sequence[Component]:
    if len(body) > MOST_BYTES:
        raise UnreadableError(f"It is larger than {MOST_BYTES} bytes.")
    if b"\0" in body:
        raise UnreadableError("There are NUL characters in it.")
    plain = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").encode()
    lines = logical_lines(plain)
    if len(lines) > _MOST_LINES:
        raise UnreadableError("There are too many lines in it.")
    components, is_proper = tree(content_line(each.text) for each in lines)
    if not is_proper:
        raise UnreadableError("It is incomplete, or its components are not nested properly.")
    return components


def _answer(event: Component, method: str, zones: values.Zones, local: tzinfo) -> Answer:
    instance, start, end = event.first("RECURRENCE-ID"), event.first("DTSTART"), event.first("DTEND")
    attendees = event.named("ATTENDEE")
    if len(attendees) > _MOST_GUESTS:
        raise UnreadableError("It has too many attendees.", property="ATTENDEE")
    begins = values.moment(start, zones, local) if start is not None else None
    return Answer(
        method=method,
        uid=_uid(event),
        said=tuple(Said(who, partstat) for who, partstat in answers_by_address(attendees).items()),
        sequence=_sequence(event),
        stamp=_stamp(event, zones, local),
        recurrence_id=values.moment(instance, zones, local) if instance is not None else None,
        and_future=instance is not None and instance.param("RANGE") is not None,
        start=begins,
        end=values.end(end, zones, local).instant if end is not None else _ended(event, begins),
        comment=_comment(event),
        refused=any(line.value.strip().startswith(_NOT_UNDERSTOOD) for line in event.named("REQUEST-STATUS")),
    )


def _ended(event: Component, begins: Moment | None) -> datetime | None:
    lasts = event.first("DURATION")
    return values.duration(lasts.value).end_of(begins) if lasts is not None and begins is not None else None


def _uid(event: Component) -> str:
    named = {unescape(line.value).strip() for line in event.named("UID")}
    if len(named) != 1 or len(uid := named.pop()) > _LONGEST_UID or not uid:
        raise UnreadableError("It names no event, or more than one.", property="UID")
    return unwrapped(uid)


def _sequence(event: Component) -> int:
    """Return the SEQUENCE that is answered: Exchange has it in a property of its own, too."""
    own, theirs = event.first("SEQUENCE"), event.first(_MICROSOFT_SEQUENCE)
    text = own.value.strip() if own is not None else "0"
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_SEQUENCE))):
        return -1
    return int(text) or values.sequence(theirs)


def _stamp(event: Component, zones: values.Zones, local: tzinfo) -> datetime | None:
    line = event.first("DTSTAMP")
    return values.moment(line, zones, local).instant if line is not None else None


def _comment(event: Component) -> str:
    """Return what the sender wrote with the answer: as a COMMENT, or as Google has it beside the address."""
    said = [unescape(line.value).strip() for line in event.named("COMMENT")]
    said += [line.param("X-RESPONSE-COMMENT") or "" for line in event.named("ATTENDEE")]
    return printable("\n".join(dict.fromkeys(filter(None, said))))[:LONGEST_COMMENT]
