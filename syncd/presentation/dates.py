"""Dates and times as people read them: local, with the day of the week, to the minute."""

from datetime import datetime

from syncd.core.times import zone


def day(moment: datetime) -> str:
    """Return the local date: Tue 2026-12-01."""
    return f"{_DAYS[moment.weekday()]} {moment.date().isoformat()}"


def minute(moment: datetime | None, timezone: str | None = None) -> str:
    """Return a moment to the minute: Tue 2026-12-01 10:00, in ``timezone`` where one is given; nothing for none."""
    if moment is None:
        return ""
    local = moment.astimezone(zone(timezone)) if timezone else moment
    return f"{day(local)} {local:%H:%M}"


def session(start: datetime, end: datetime) -> str:
    """Return when a session takes place: Tue 2026-12-01 10:00–10:50, with the day where it ends on another."""
    ending = f"{end:%H:%M}" if start.date() == end.date() else minute(end)
    return f"{minute(start)}–{ending}"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
