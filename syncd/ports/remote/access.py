"""The port to remote calendars: finding, opening, reading and writing one."""

from collections.abc import Sequence
from typing import Protocol

from syncd.core.sync.calendars import Calendar, Capabilities
from syncd.ports.remote.values import Account, Changes, Collection, Discovered, Fetched, Receipt


class RemoteReader(Protocol):
    """One remote collection, open for reading: all that a feed can offer. Every method may raise any `RemoteError`.

    Hrefs are absolute paths, decoded (``/user/cal/x.ics``) as far as that keeps their meaning, so that two spellings of
    one href are equal.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What the server has been seen to do so far, this cycle's observations included."""
        ...

    @property
    def requests(self) -> int:
        """How many requests this cycle has made so far."""
        ...

    def changes(self, cursor: str | None) -> Changes:
        """Return what changed since ``cursor``.

        The whole collection when it is None or no longer known. Idle: one request.
        """
        ...

    def distrust_changes(self) -> None:
        """Remember that the server does not tell all changes: from now on `changes` lists what there is."""
        ...

    def remember_people_refused(self) -> None:
        """Remember that the server refuses events with ORGANIZER and ATTENDEE, and takes them without."""
        ...

    def fetch(self, hrefs: Sequence[str]) -> Fetched:
        """Return the resources at ``hrefs``.

        One that is left out was proved absent, by a second request. One that the account may not see has an empty body.
        One for which the server only fails is in ``failed``, while it answers for the collection.
        """
        ...

    def find_uid(self, uid: str) -> Sequence[str]:
        """Return the hrefs of the collection's resources with that UID."""
        ...

    def find_elsewhere(self, uid: str) -> Sequence[str]:
        """Return the hrefs at which a UID stands in the account's other calendars, as far as the server tells."""
        ...

    def close(self) -> None:
        """Release what the cycle needed (connections stay pooled)."""
        ...


class RemoteWriter(Protocol):
    """What may be written to a remote collection, each write with its precondition. May raise any `RemoteError`."""

    def href_for(self, name: str) -> str:
        """Return the href that a resource called ``name`` (plain ASCII, ending in ``.ics``) has in this collection."""
        ...

    def create(self, href: str, body: bytes) -> Receipt:
        """PUT with ``If-None-Match: *``. Raises `PreconditionFailedError` if something stands there already."""
        ...

    def replace(self, href: str, body: bytes, etag: str | None, schedule_tag: str | None = None) -> Receipt:
        """PUT with ``If-Match``. Raises `PreconditionFailedError` if it is absent or not what ``etag`` says.

        Without an etag the resource is read first and its etag of that moment used.
        """
        ...

    def remove(self, href: str, etag: str | None) -> None:
        """DELETE with ``If-Match``. Being absent already is success; `PreconditionFailedError` if it has changed."""
        ...


class Remote(RemoteReader, RemoteWriter, Protocol):
    """One remote collection, open for reading and writing."""


class CalendarServers(Protocol):
    """Finds and opens remote collections."""

    def discover(self, account: Account, name: str | None) -> Discovered:
        """Find the collection that ``account.url`` leads to: itself one, or ``name`` under a principal or root.

        Creates ``name`` there if it is absent. RFC 6764 and RFC 4791 discovery. Raises `NotACalendarError` where
        nothing is found.
        """
        ...

    def collections(self, account: Account) -> Sequence[Collection]:
        """Return the calendars of the account to which ``account.url`` leads, or the one at that address.

        Makes nothing. Raises as `discover` does.
        """
        ...

    def open(self, calendar: Calendar, account: Account) -> Remote:
        """Open a known collection with what is remembered of its server. Makes no request."""
        ...
