"""Remote calendars that can be left between two requests: a stop waits for one request, not for a whole cycle."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from syncd.core.errors import SyncdError
from syncd.core.sync.calendars import Calendar, Capabilities
from syncd.ports.remote.access import CalendarServers, Remote
from syncd.ports.remote.values import Account, Changes, Discovered, Fetched, Receipt


class StoppingError(SyncdError):
    """The daemon is stopping; the next cycle goes on from what stands in the calendar."""

    code = "stopping"


@dataclass(frozen=True, slots=True)
class InterruptibleServers:
    """Servers whose requests are refused with `StoppingError` once ``stopping`` is set.

    That is what a crash before the request would leave behind, and cycles are made to recover from that.
    """

    servers: CalendarServers
    stopping: threading.Event

    def discover(self, account: Account, name: str | None) -> Discovered:
        """See `CalendarServers.discover`."""
        return self.servers.discover(account, name)

    def open(self, calendar: Calendar, account: Account) -> "InterruptibleRemote":
        """See `CalendarServers.open`."""
        return InterruptibleRemote(self.servers.open(calendar, account), self.stopping)


@dataclass(frozen=True, slots=True)
class InterruptibleRemote:
    """A `Remote` that lets a request under way finish and begins no further one."""

    remote: Remote
    stopping: threading.Event

    @property
    def capabilities(self) -> Capabilities:
        """See `Remote.capabilities`."""
        return self.remote.capabilities

    @property
    def requests(self) -> int:
        """See `Remote.requests`."""
        return self.remote.requests

    def changes(self, cursor: str | None) -> Changes:
        """See `Remote.changes`."""
        return self._going_on().changes(cursor)

    def distrust_changes(self) -> None:
        """See `Remote.distrust_changes`."""
        self.remote.distrust_changes()

    def remember_people_refused(self) -> None:
        """See `Remote.remember_people_refused`."""
        self.remote.remember_people_refused()

    def fetch(self, hrefs: Sequence[str]) -> Fetched:
        """See `Remote.fetch`."""
        return self._going_on().fetch(hrefs)

    def find_uid(self, uid: str) -> Sequence[str]:
        """See `Remote.find_uid`."""
        return self._going_on().find_uid(uid)

    def find_elsewhere(self, uid: str) -> Sequence[str]:
        """See `Remote.find_elsewhere`."""
        return self._going_on().find_elsewhere(uid)

    def href_for(self, name: str) -> str:
        """See `Remote.href_for`."""
        return self.remote.href_for(name)

    def create(self, href: str, body: bytes) -> Receipt:
        """See `Remote.create`."""
        return self._going_on().create(href, body)

    def replace(self, href: str, body: bytes, etag: str | None, schedule_tag: str | None = None) -> Receipt:
        """See `Remote.replace`."""
        return self._going_on().replace(href, body, etag, schedule_tag)

    def remove(self, href: str, etag: str | None) -> None:
        """See `Remote.remove`."""
        self._going_on().remove(href, etag)

    def close(self) -> None:
        """See `Remote.close`."""
        self.remote.close()

    def _going_on(self) -> Remote:
        if self.stopping.is_set():
            raise StoppingError
        return self.remote
