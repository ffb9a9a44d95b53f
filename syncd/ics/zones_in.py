"""What a TZID means: by its name where the name tells, else by the VTIMEZONE in the same body.

Never by what another body said: programs call all sorts of zones ``Custom``, so nothing but names is remembered.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from syncd.core.errors import UnknownTimezoneError
from syncd.core.events.recurrence import occurrences
from syncd.core.times import zone
from syncd.ics.lines import Component, Line
from syncd.ics.values import moment, moments, offset, rule

_UTC_NAMES = frozenset(
    {"utc", "z", "gmt", "zulu", "utc/gmt", "(utc) coordinated universal time", "tzone://microsoft/utc"}
)
_FIXED = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", re.IGNORECASE | re.ASCII)
_DISPLAYED = re.compile(r"^\((?:UTC|GMT)[^)]*\)\s*(.*)$", re.IGNORECASE)
_DISPLAY_NAMES = {
    "alaska": "America/Anchorage",
    "amsterdam, berlin, bern, rome, stockholm, vienna": "Europe/Berlin",
    "arizona": "America/Phoenix",
    "athens, bucharest": "Europe/Bucharest",
    "atlantic time (canada)": "America/Halifax",
    "beijing, chongqing, hong kong, urumqi": "Asia/Shanghai",
    "belgrade, bratislava, budapest, ljubljana, prague": "Europe/Budapest",
    "brasilia": "America/Sao_Paulo",
    "brussels, copenhagen, madrid, paris": "Europe/Paris",
    "cairo": "Africa/Cairo",
    "canberra, melbourne, sydney": "Australia/Sydney",
    "central time (us & canada)": "America/Chicago",
    "chennai, kolkata, mumbai, new delhi": "Asia/Kolkata",
    "dublin, edinburgh, lisbon, london": "Europe/London",
    "eastern time (us & canada)": "America/New_York",
    "hawaii": "Pacific/Honolulu",
    "helsinki, kyiv, riga, sofia, tallinn, vilnius": "Europe/Kiev",
    "indiana (east)": "America/Indianapolis",
    "jerusalem": "Asia/Jerusalem",
    "kuala lumpur, singapore": "Asia/Singapore",
    "mountain time (us & canada)": "America/Denver",
    "newfoundland": "America/St_Johns",
    "osaka, sapporo, tokyo": "Asia/Tokyo",
    "pacific time (us & canada)": "America/Los_Angeles",
    "saskatchewan": "America/Regina",
    "sarajevo, skopje, warsaw, zagreb": "Europe/Warsaw",
}
"""Names that some programs show to people and put into TZID; the most common ones."""
_MOST_OBSERVANCES = 50
_MOST_ONSETS = 300
_EARLIEST = datetime.fromisoformat("2015-01-01")
"""Yearly onsets before this, and after the latest, are passed over; no appointment is older or planned that far."""
_LATEST = datetime.fromisoformat("2050-01-01")


class Onset(NamedTuple):
    """A moment (UTC) from which another offset holds."""

    at: datetime
    before: timedelta
    after: timedelta


class BodyZone(tzinfo):
    """A zone as one VTIMEZONE describes it. Gaps and repeated times follow PEP 495, as in `zoneinfo`."""

    def __init__(self, tzid: str, onsets: Iterable[Onset]) -> None:
        self._tzid = tzid
        self._onsets = sorted(set(onsets))
        self._moments = [onset.at for onset in self._onsets]
        walls = [onset.at.replace(tzinfo=None) for onset in self._onsets]
        pairs = list(zip(walls, self._onsets, strict=True))
        self._first = [wall + max(onset.before, onset.after) for wall, onset in pairs]
        self._second = [wall + min(onset.before, onset.after) for wall, onset in pairs]

    def _after(self, index: int) -> timedelta:
        return self._onsets[index - 1].after if index else self._onsets[0].before

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        """Return the offset at a local time: the one before it in a gap, unless its ``fold`` is set."""
        if when is None:
            return None
        walls = self._second if when.fold else self._first
        return self._after(bisect_right(walls, when.replace(tzinfo=None, fold=0)))

    def dst(self, when: datetime | None) -> timedelta | None:  # noqa: ARG002 - tzinfo's signature
        """Return None: a VTIMEZONE tells offsets, not what is summer time."""
        return None

    def tzname(self, when: datetime | None) -> str | None:  # noqa: ARG002 - tzinfo's signature
        """Return the TZID as spelled."""
        return self._tzid

    def fromutc(self, when: datetime) -> datetime:
        """Return the local time of a moment in UTC."""
        shift = self._after(bisect_right(self._moments, when.replace(tzinfo=UTC)))
        local = when + shift
        return local if local.utcoffset() == shift else local.replace(fold=1)


@lru_cache(maxsize=1024)
def named_zone(tzid: str) -> tzinfo | None:
    """Return the zone that the name alone tells: IANA, Windows, vendor-prefixed, displayed, or UTC with an offset."""
    name = tzid.strip().strip('"').strip()
    if name.casefold() in _UTC_NAMES:
        return ZoneInfo("UTC")
    if "/" in name and (known := _iana(name)):  # no Windows name has a slash, and their table takes long to load
        return known
    windows = _windows_names().get(name.casefold())
    if windows is not None:
        return ZoneInfo(windows)
    if shown := _DISPLAYED.fullmatch(name):
        place = _DISPLAY_NAMES.get(shown[1].casefold().strip())
        return ZoneInfo(place) if place else None
    return _iana(name) or _fixed(name)


@lru_cache(maxsize=1)
def _windows_names() -> dict[str, str]:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # here: it loads all of icalendar

    return {windows.casefold(): iana for windows, iana in WINDOWS_TO_OLSON.items()}


def _iana(name: str) -> ZoneInfo | None:
    """Return the IANA zone that ``name`` is or, after a vendor's prefix, ends with; whatever its case."""
    parts = [part for part in name.split("/") if part]
    for length in range(min(len(parts), 3), 0, -1):
        if length < len(parts) and not name.startswith("/"):  # a prefix begins with a slash (RFC 5545 section 3.2.19)
            continue
        found = _exact("/".join(parts[-length:]))
        if found is not None:
            return found
    return None


def _exact(name: str) -> ZoneInfo | None:
    try:
        return zone(name)
    except UnknownTimezoneError:
        known = _iana_names().get(name.casefold())
        return ZoneInfo(known) if known else None


@lru_cache(maxsize=1)
def _iana_names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def _fixed(name: str) -> tzinfo | None:
    match = _FIXED.fullmatch(name)
    if match is None or int(match[2]) > 14:
        return None
    shift = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-shift if match[1] == "-" else shift)


class ZonesIn:
    """The zones of one body, by TZID."""

    def __init__(self, components: Iterable[Component]) -> None:
        """Take the VTIMEZONEs of the body; none is looked into before its TZID is asked for."""
        self._described: dict[str, Component] = {}
        for component in components:
            if (tzid := component.first("TZID")) is not None:
                self._described.setdefault(_key(tzid.value), component)
        self._known: dict[str, tzinfo | None] = {}

    def __call__(self, tzid: str) -> tzinfo | None:
        """Return what ``tzid`` means here, None where neither its name nor a VTIMEZONE tells."""
        key = _key(tzid)
        if key not in self._known:
            self._known[key] = named_zone(key) or self._by_description(key)
        return self._known[key]

    def _by_description(self, key: str) -> tzinfo | None:
        component = self._described.get(key)
        if component is None:
            return None
        observances = [each for each in component.components if each.name in {"STANDARD", "DAYLIGHT"}]
        onsets = [onset for each in observances[:_MOST_OBSERVANCES] for onset in _onsets(each)]
        return BodyZone(key, onsets) if onsets else None


def _key(tzid: str) -> str:
    return tzid.strip().strip('"').strip()


def _onsets(observance: Component) -> Iterator[Onset]:
    """Yield when an observance sets in (RFC 5545 section 3.6.5): DTSTART, RDATEs and RRULE, in the offset before."""
    begin, before, after = (observance.first(name) for name in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"))
    if begin is None or before is None or after is None:
        return
    shifts = offset(before.value), offset(after.value)
    for wall in _walls(observance, begin, timezone(shifts[0])):
        yield Onset((wall - shifts[0]).replace(tzinfo=UTC), *shifts)


def _walls(observance: Component, begin: Line, zone_before: timezone) -> Iterator[datetime]:
    start = moment(begin, _unzoned, _UTC).wall
    yield start
    for line in observance.named("RDATE"):
        yield from (each.wall for each in islice(moments(line, _unzoned, _UTC), _MOST_ONSETS))
    for line in observance.named("RRULE"):
        yield from occurrences(rule(line), start, _LATEST, _MOST_ONSETS, zone=zone_before, after=_EARLIEST)


_UTC = ZoneInfo("UTC")


def _unzoned(tzid: str) -> tzinfo | None:  # noqa: ARG001 - inside a VTIMEZONE there is no TZID to look up
    return None
