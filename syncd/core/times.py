"""Zones and instants: where a wall clock's reading becomes a moment, and nowhere else.

A local time is an aware ``datetime`` whose ``tzinfo`` is a ``ZoneInfo`` by its IANA name; an instant is one in UTC.
Python compares two datetimes of the same zone by their wall clocks, so compare what :func:`instant` returns.
"""

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.errors import AmbiguousTimeError, NonexistentTimeError, UnknownTimezoneError


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone called ``name``; raise `UnknownTimezoneError` for anything else, paths included."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise UnknownTimezoneError(
            f"Unknown time zone {name!r}. Give a name of the IANA database, such as America/New_York.",
            timezone=name,
        ) from error


def zone_name(moment: datetime) -> str:
    """Return the IANA name of the zone in which ``moment`` is given (``UTC`` for UTC)."""
    return moment.tzinfo.key if isinstance(moment.tzinfo, ZoneInfo) else str(moment.tzinfo)


def instant(moment: datetime) -> datetime:
    """Return ``moment`` in UTC. A time that occurs twice is the one that its ``fold`` says; in a gap, as before it."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)


def exists(local: datetime) -> bool:
    """Tell whether clocks in the zone of ``local`` ever show that time (False inside a spring-forward gap)."""
    return instant(local).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)


def is_ambiguous(local: datetime) -> bool:
    """Tell whether clocks in the zone of ``local`` show that time twice."""
    return exists(local) and instant(local.replace(fold=0)) != instant(local.replace(fold=1))


def lenient_local(wall: datetime, tz: tzinfo) -> datetime:
    """Return the naive ``wall`` in ``tz`` as RFC 5545 section 3.3.5 reads it.

    In a gap the offset before it, twice: first.
    """
    moment = wall.replace(tzinfo=tz, fold=0)
    if isinstance(tz, ZoneInfo) and moment.utcoffset() == moment.replace(fold=1).utcoffset():
        return moment  # far from any change, as nearly always: much cheaper than to convert and compare
    return moment if exists(moment) else instant(moment).astimezone(tz)


def exact_local(wall: datetime, tz: ZoneInfo) -> datetime:
    """Return the naive ``wall`` in ``tz`` where it is one moment only.

    Raises `NonexistentTimeError` in a gap and `AmbiguousTimeError` where it occurs twice, each naming what to give
    instead.
    """
    moment = wall.replace(tzinfo=tz, fold=0)
    shown = wall.isoformat(timespec="minutes")
    if not exists(moment):
        after = instant(moment).astimezone(tz)
        raise NonexistentTimeError(
            f"{shown} does not exist in {tz.key}: the clocks go forward over it. "
            f"Did you mean {after.isoformat(timespec='minutes')}?",
            start=shown,
            timezone=tz.key,
            suggestion=after.isoformat(timespec="minutes"),
        )
    if is_ambiguous(moment):
        choices = [moment.replace(fold=fold).isoformat(timespec="minutes") for fold in (0, 1)]
        raise AmbiguousTimeError(
            f"{shown} occurs twice in {tz.key}. Give it with its offset: {choices[0]} or {choices[1]}.",
            start=shown,
            timezone=tz.key,
            choices=choices,
        )
    return moment


def plus_minutes(moment: datetime, minutes: int) -> datetime:
    """Return the moment that many elapsed minutes later, in the zone of ``moment``."""
    return (instant(moment) + timedelta(minutes=minutes)).astimezone(moment.tzinfo)


class DayHours(NamedTuple):
    """A time of the day, from ``start`` until before ``end``; past midnight where the end is the smaller."""

    start: time
    end: time

    def holds(self, moment: time) -> bool:
        """Tell whether a wall clock that shows ``moment`` is within these hours."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end
