"""What people see in a calendar, found by a reader of RFC 5545 that is not ours."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import icalendar
import recurring_ical_events

from tests.stateful.program_body import ZONE, ProgramBody


class Shown(NamedTuple):
    """A session as it is shown: its start in UTC."""

    start: datetime
    minutes: int
    location: str


def sessions(body: bytes, since: datetime, before: datetime) -> list[Shown]:
    """Return the sessions of a body that start in that time. Raises ValueError for one that cannot be read.

    Zones are called by their own name first: the reader does not know all the names that programs give them.
    """
    sheet = ProgramBody(body)
    sheet.name_zones(ZONE)
    events = recurring_ical_events.of(icalendar.Calendar.from_ical(sheet.body())).between(since, before)
    found = (
        Shown(event.start.astimezone(UTC), event.duration // timedelta(minutes=1), str(event.get("LOCATION", "")))
        for event in events
        if isinstance(event.start, datetime) and event.get("STATUS") != "CANCELLED"
    )
    return sorted(one for one in found if since <= one.start < before)
