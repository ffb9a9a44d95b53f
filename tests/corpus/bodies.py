"""Builds the corpus's bodies: a default event whose lines are replaced or added to by name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from syncd.core.events.findings import Benign, Kind

UID = "apt-7m2k9qf3x1@practice.example.com"
DEFAULTS = (
    f"UID:{UID}",
    "DTSTAMP:20260101T120000Z",
    "DTSTART;TZID=America/New_York:20260303T100000",
    "DTEND;TZID=America/New_York:20260303T105000",
    "SUMMARY:Session A. B.",
    "LOCATION:Room 5",
    "DESCRIPTION:Managed by the practice. Please change it there.",
    "SEQUENCE:0",
    "STATUS:CONFIRMED",
)
HEAD = ("VERSION:2.0", "PRODID:-//syncd//EN")
NEW_YORK = """\
BEGIN:VTIMEZONE
TZID:America/New_York
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE
"""
ALARM = "BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:Reminder\nTRIGGER:-PT15M\nEND:VALARM"
WEEKLY = "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=10"
ENDLESS = "RRULE:FREQ=WEEKLY;BYDAY=TU"


def _name(line: str) -> str:
    return re.split("[;:]", line, maxsplit=1)[0]


def event(*lines: str, without: Iterable[str] = ()) -> str:
    """Return a VEVENT: each given line takes the place of the default one of that name, or is added."""
    given: dict[str, list[str]] = {}
    for line in lines:
        given.setdefault(_name(line), []).append(line)
    kept = [entry for line in DEFAULTS for entry in given.pop(_name(line), [line]) if _name(line) not in set(without)]
    return "\n".join(
        ["BEGIN:VEVENT", *kept, *(line for entries in given.values() for line in entries), "END:VEVENT", ""]
    )


def at(start: str, end: str | None = None, zone: str = "America/New_York") -> tuple[str, str]:
    """Return DTSTART and DTEND lines; by default a session lasts 50 minutes from the full hour."""
    return f"DTSTART;TZID={zone}:{start}", f"DTEND;TZID={zone}:{end or start[:11] + '5000'}"


def instance(day: str, *lines: str, time: str = "T100000") -> str:
    """Return an override of the weekly session on ``day``, equal to its instance unless ``lines`` say otherwise."""
    given = {_name(line) for line in lines}
    times = (line for line in at(f"{day}{time}") if _name(line) not in given)
    return event(f"RECURRENCE-ID;TZID=America/New_York:{day}{time}", *times, *lines)


def calendar(*components: str, head: Iterable[str] = HEAD) -> bytes:
    """Return a whole body with CRLF."""
    text = "\n".join(["BEGIN:VCALENDAR", *head, "".join(components) + "END:VCALENDAR", ""])
    return text.replace("\n", "\r\n").encode()


def body(*lines: str) -> bytes:
    """Return a body with one event."""
    return calendar(event(*lines))


@dataclass(frozen=True, kw_only=True)
class Case:
    """A pair with its verdict. ``observed`` None: the resource is gone."""

    situation: str
    published: bytes
    observed: bytes | None
    also: tuple[bytes, ...] = ()
    kinds: frozenset[Kind] = frozenset()
    benign: frozenset[Benign] = frozenset()
    claim: bool = False
    zone: str = "America/New_York"


def case(
    situation: str,
    published: bytes,
    observed: bytes | None,
    verdict: str = "",
    *,
    also: tuple[bytes, ...] = (),
    claim: bool = False,
    zone: str = "America/New_York",
) -> Case:
    """Return a case; ``verdict`` names the kinds, and after a slash the benign kinds."""
    material, _, benign = verdict.partition("/")
    return Case(
        situation=situation,
        published=published,
        observed=observed,
        also=also,
        kinds=frozenset(map(Kind, material.split())),
        benign=frozenset(map(Benign, benign.split())),
        claim=claim,
        zone=zone,
    )
