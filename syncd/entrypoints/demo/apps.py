"""Edits as calendar programs make them: on the text of an event, leaving all that they do not know as it was."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

_STAMP = "%Y%m%dT%H%M%S"
_TIME = re.compile(r"^(DTSTART|DTEND)(;[^:\n]*)?:(\d{8}T\d{6})$", re.MULTILINE)


class Event(NamedTuple):
    """The text of one resource, unfolded (RFC 5545 section 3.1), with bare newlines."""

    text: str

    @classmethod
    def of(cls, body: str) -> "Event":
        """Take a body as it came from the server."""
        return cls(re.sub(r"\r?\n[ \t]", "", body).replace("\r\n", "\n"))

    def body(self) -> str:
        """Return it as it is sent."""
        return self.text.replace("\n", "\r\n")


def drag(event: Event, by: timedelta) -> Event:
    """Move the event as a hand moves it in a week's view: start and end together."""
    head, main, tail = _first_component(event.text)
    return Event(head + _TIME.sub(lambda m: f"{m[1]}{m[2] or ''}:{_moved(m[3], by)}", main) + tail)


def drag_one(event: Event, number: int, by: timedelta) -> Event:
    """Move one instance of a weekly series, counted from 0: an override joins the master."""
    _, master, _ = _first_component(event.text)
    weeks = timedelta(weeks=number)
    start = re.search(r"^DTSTART(;[^:\n]*)?:(\d{8}T\d{6})$", master, re.MULTILINE)
    if start is None:
        raise ValueError("the series has no local start")
    instance = re.sub(r"^(RRULE|EXDATE|RDATE)[^\n]*\n", "", master, flags=re.MULTILINE)
    instance = _TIME.sub(lambda m: f"{m[1]}{m[2] or ''}:{_moved(m[3], weeks + by)}", instance)
    original = f"RECURRENCE-ID{start[1] or ''}:{_moved(start[2], weeks)}\n"
    instance = instance.replace("BEGIN:VEVENT\n", f"BEGIN:VEVENT\n{original}", 1)
    return Event(event.text.replace("END:VCALENDAR", f"{instance}END:VCALENDAR", 1))


def remind(event: Event, minutes: int) -> Event:
    """Add an alarm."""
    alarm = f"BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:Reminder\nTRIGGER:-PT{minutes}M\nEND:VALARM\n"
    return Event(event.text.replace("END:VEVENT\n", f"{alarm}END:VEVENT\n", 1))


def accept(event: Event) -> Event:
    """Answer the invitation."""
    return Event(re.sub(r"PARTSTAT=[A-Z-]+", "PARTSTAT=ACCEPTED", event.text))


def retitle(event: Event, title: str) -> Event:
    """Write another title."""
    return Event(re.sub(r"^SUMMARY[^\n]*$", f"SUMMARY:{title}", event.text, count=1, flags=re.MULTILINE))


def invite(event: Event, email: str) -> Event:
    """Add somebody."""
    return Event(event.text.replace("END:VEVENT\n", f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{email}\nEND:VEVENT\n", 1))


def _first_component(text: str) -> tuple[str, str, str]:
    start = text.index("BEGIN:VEVENT\n")
    end = text.index("END:VEVENT\n", start) + len("END:VEVENT\n")
    return text[:start], text[start:end], text[end:]


def _moved(stamp: str, by: timedelta) -> str:
    # Wall clock arithmetic, as programs do it when an event is dragged to another day.
    return (datetime.strptime(stamp, _STAMP) + by).strftime(_STAMP)  # noqa: DTZ007 - the zone stands beside it
