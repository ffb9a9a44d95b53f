"""Opens known collections and finds new ones, over one pool of connections."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Self

from syncd.adapters.caldav.auth import Login
from syncd.adapters.caldav.discovery import Discovery
from syncd.adapters.caldav.remote import CalDavRemote
from syncd.adapters.caldav.session import Session
from syncd.adapters.caldav.transport import Transport
from syncd.adapters.caldav.urls import Origin, Spellings, as_collection
from syncd.adapters.caldav.writing import SameMeaning
from syncd.core.access.networks import OPEN, Guard
from syncd.core.sync.calendars import Calendar, Capabilities
from syncd.ports.measures import Measures, Uncounted
from syncd.ports.remote.values import Account, Collection, Discovered

_MAX_BODY_BYTES = 1 << 20


class CalDavServers:
    """CalDAV servers (`syncd.ports.remote.access.CalendarServers`). Threads may share it.

    ``same_meaning`` compares a body that was sent with what the server made of it. ``timeout`` is the most that any one
    request may take, in seconds, connecting and reading included. ``ca_file`` holds the certificates of authorities
    that are trusted besides the system's. Of a resource longer than ``max_body_bytes`` only that much is read.
    ``guard`` says to which networks a typed address may lead. ``longest``: seconds after which nothing is asked.
    """

    def __init__(
        self,
        same_meaning: SameMeaning,
        *,
        timeout: float = 30.0,
        ca_file: Path | None = None,
        max_body_bytes: int = _MAX_BODY_BYTES,
        measures: Measures | None = None,
        longest: float | None = None,
        guard: Guard = OPEN,
    ) -> None:
        self._guard = guard
        self._measures = measures or Uncounted()
        self._same_meaning = same_meaning
        self._max_body_bytes = max_body_bytes
        self._transport = Transport(timeout, ca_file, longest)
        self._spellings = Spellings()
        self._logins: dict[tuple[Origin, Account], Login] = {}
        self._lock = Lock()

    def discover(self, account: Account, name: str | None) -> Discovered:
        """Find the collection that the account's address leads to, or make ``name`` there."""
        return Discovery(self._session, self._remote, account).discover(name)

    def collections(self, account: Account) -> Sequence[Collection]:
        """Return the calendars of the account to which an address leads; makes nothing."""
        return Discovery(self._session, self._remote, account).collections()

    def open(self, calendar: Calendar, account: Account) -> CalDavRemote:
        """Open a known collection."""
        origin = Origin.of(calendar.url)
        session = self._session(origin, _as_stored(account, calendar))
        return self._remote(session, session.learn(as_collection(calendar.url)), calendar.capabilities)

    def close(self) -> None:
        """Close the pooled connections. Whoever made it does so in the end."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _remote(self, session: Session, path: str, capabilities: Capabilities) -> CalDavRemote:
        return CalDavRemote(
            session, path, capabilities, same_meaning=self._same_meaning, max_body_bytes=self._max_body_bytes
        )

    def _session(self, origin: Origin, account: Account) -> Session:
        """Return a session with the account's login, which remembers what the origin asked for."""
        key = (origin, account)
        with self._lock:
            login = self._logins.get(key)
            if login is None:
                login = self._logins[key] = Login(origin, account, in_the_clear=account.plain_http)
        guard = replace(self._guard, from_inside=account.inside)
        return Session(self._transport, origin, login, self._spellings, self._measures.request, guard)


def _as_stored(account: Account, calendar: Calendar) -> Account:
    """Return an account with what a person allowed for the calendar."""
    return replace(
        account,
        plain_http=account.plain_http or calendar.plain_http,
        inside=account.inside or calendar.inside,
    )
