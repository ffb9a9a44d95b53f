"""What a TZID means: by its name where the name tells, else by the VTIMEZONE in the same body.

Never by what another body said: programs call all sorts of zones ``Custom``, so nothing but names is remembered.
"""

import re
from collections.abc import Iterable
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from syncd.core.errors import UnknownTimezoneError
from syncd.core.events.recurrence import Work
from syncd.core.times import zone
from syncd.ics.described import described_zone
from syncd.ics.errors import UnreadableError
from syncd.ics.lines import Component, unescape

_UTC_NAMES = frozenset(
    {"utc", "z", "gmt", "zulu", "utc/gmt", "(utc) coordinated universal time", "tzone://microsoft/utc"}
)
_FIXED = re.compile(r"(?:UTC|GMT)? ?([+\-\u2212])(\d{1,2}):?(\d{2})?", re.IGNORECASE | re.ASCII)
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
_LONGEST = 200
"""Characters of the longest name that may be one of a zone that is known."""


@lru_cache(maxsize=1024)
def named_zone(tzid: str) -> tzinfo | None:
    """Return the zone that the name alone tells, whatever describes it: IANA, Windows, vendor-prefixed, displayed."""
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
    return _iana(name)


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
    """Return the offset that a name is: what it means where nothing describes it, for a zone may have summer time."""
    match = _FIXED.fullmatch(name)
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        return None
    shift = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(shift if match[1] == "+" else -shift)


class ZonesIn:
    """The zones of one body, by TZID: the only place that tells what a TZID means."""

    def __init__(self, components: Iterable[Component], work: Work | None = None) -> None:
        """Take the VTIMEZONEs of the body; none is looked into before its TZID is asked for. ``work``: the body's."""
        self._described: dict[str, list[Component]] = {}
        for component in components:
            if (tzid := component.first("TZID")) is not None:
                self._described.setdefault(_key(tzid.value), []).append(component)
        self._work = work or Work()
        self._known: dict[str, tzinfo | None] = {}

    def __call__(self, tzid: str) -> tzinfo | None:
        """Return what ``tzid`` means here, None where neither its name nor a VTIMEZONE tells.

        Raises `UnreadableError` where a VTIMEZONE is there to tell and cannot be used.
        """
        if tzid not in self._known:
            name = _plain(tzid)
            named = named_zone(name) if len(name) <= _LONGEST else None
            self._known[tzid] = named or self._by_description(name) or _fixed(name)
        return self._known[tzid]

    def _by_description(self, name: str) -> tzinfo | None:
        """Return what the VTIMEZONE says; of several under one name the first that can be used, in any order."""
        descriptions = sorted(self._described.get(name.casefold(), ()), key=lambda each: tuple(each.texts()))
        failure: UnreadableError | None = None
        for description in descriptions:
            try:
                return described_zone(name, description, self._work)
            except UnreadableError as error:
                failure = failure or error
                if (known := _located(description)) is not None:
                    return known
        if failure is not None:
            raise failure
        return None


def _located(description: Component) -> tzinfo | None:
    """Return the IANA zone that a VTIMEZONE names beside its TZID, as libical does."""
    line = description.first("X-LIC-LOCATION")
    return _iana(_plain(line.value)) if line is not None else None


def _key(tzid: str) -> str:
    """Return what is the same for two spellings of a TZID, as a text or as a parameter."""
    return _plain(tzid).casefold()


def _plain(tzid: str) -> str:
    """Return a TZID without quotes, escapes (RFC 5545 section 3.3.11, RFC 6868) and needless blanks."""
    name = tzid.strip()
    name = name[1:-1] if len(name) > 1 and name[0] == name[-1] == '"' else name
    if "^" in name:
        name = name.replace("^^", "\0").replace("^'", '"').replace("^n", " ").replace("\0", "^")
    return " ".join(unescape(name).split())
