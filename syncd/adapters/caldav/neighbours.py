"""The collections beside ours: whether ours is still among them, and what of ours was moved into another."""

from collections.abc import Sequence

from syncd.adapters.caldav import xml
from syncd.adapters.caldav.multistatus import Entry
from syncd.adapters.caldav.reading import Reader
from syncd.adapters.caldav.session import Session
from syncd.adapters.caldav.urls import as_collection
from syncd.adapters.caldav.xml import CALDAV, DAV
from syncd.ports.remote.errors import RemoteError

_KINDS = xml.propfind(DAV + "resourcetype")
_MOST_CALENDARS = 20
"""So many calendars of an account are searched for an event that was moved."""


class Neighbours:
    """The folder in which a collection lies: the account's home, where servers keep to RFC 4791 section 6.2.1."""

    def __init__(self, session: Session, path: str, reader: Reader) -> None:
        self._session = session
        self._path = path
        self._home = path.rstrip("/").rpartition("/")[0] + "/"
        self._reader = reader

    def prove_it_gone(self) -> bool:
        """Tell whether the home can be listed and our collection is not in it: no glitch, then, of one address."""
        try:
            listed = self._listed()
        except RemoteError:
            return False
        hrefs = {as_collection(entry.href) for entry in listed if not entry.is_absent}
        return self._home in hrefs and self._path not in hrefs

    def find_uid(self, uid: str) -> Sequence[str]:
        """Return the hrefs in the other calendars at which that UID stands. What cannot be searched is left out."""
        try:
            calendars = [
                as_collection(entry.href)
                for entry in self._listed()
                if CALDAV + "calendar" in entry.names(DAV + "resourcetype") and as_collection(entry.href) != self._path
            ]
        except RemoteError:
            return []
        return [href for calendar in calendars[:_MOST_CALENDARS] for href in self._found_in(calendar, uid)]

    def _found_in(self, calendar: str, uid: str) -> Sequence[str]:
        try:
            return self._reader.with_uid_in(calendar, uid)
        except RemoteError:
            return []

    def _listed(self) -> Sequence[Entry]:
        return self._session.multistatus("PROPFIND", self._home, _KINDS, 1).entries
