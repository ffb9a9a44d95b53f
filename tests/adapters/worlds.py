"""What the contract suite runs on: one calendar at one server, seen by syncd and by the provider's own program."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urlsplit

from syncd.adapters.caldav import CalDavServers
from syncd.adapters.memory import MemoryCollection, MemoryServers
from syncd.core.sync.calendars import Calendar, CalendarKind
from syncd.ports.remote.access import CalendarServers, Remote
from syncd.ports.remote.values import Account
from tests.adapters.events import same_lines
from tests.servers.base import Server


class ProvidersHand(Protocol):
    """The provider's own program at work in the calendar."""

    def put(self, href: str, body: bytes) -> object: ...
    def get(self, href: str) -> bytes: ...
    def delete(self, href: str) -> None: ...


@dataclass(frozen=True)
class World:
    servers: CalendarServers
    account: Account
    home: str
    calendar: Calendar
    hand: ProvidersHand
    vanish: Callable[[], object]
    recreate: Callable[[], object]
    close: Callable[[], object]

    def remote(self) -> Remote:
        return self.servers.open(self.calendar, self.account)

    def href(self, name: str) -> str:
        return urlsplit(self.calendar.url).path + name

    def another_calendar(self) -> "World":
        found = self.servers.discover(replace(self.account, url=self.home), "Another")
        return replace(self, calendar=replace(self.calendar, url=found.url))


class _MemoryHand:
    def __init__(self, collection: MemoryCollection) -> None:
        self._collection = collection
        self.put = collection.put
        self.delete = collection.delete

    def get(self, href: str) -> bytes:
        return self._collection.bodies()[href]


def a_calendar(url: str) -> Calendar:
    return Calendar(id="cal-1", provider_id="prv-1", kind=CalendarKind.CALDAV, name="Work", url=url)


def memory_world() -> World:
    servers = MemoryServers()
    account = servers.add_account("https://calendars.example.com/provider/")
    collection = servers.add_collection(account, "Work")
    return World(
        servers=servers,
        account=account,
        home=account.url,
        calendar=a_calendar(collection.url),
        hand=_MemoryHand(collection),
        vanish=collection.vanish,
        recreate=collection.recreate,
        close=collection.vanish,
    )


def server_world(server: Server, servers: CalDavServers | None = None) -> World:
    url = server.make_collection("Work")
    path = urlsplit(url).path

    def recreate() -> None:
        server.hand.delete(path)
        server.hand.make_collection(path, "Work")

    servers = servers or CalDavServers(same_lines, timeout=20)
    return World(
        servers=servers,
        account=server.account,
        home=server.url,
        calendar=a_calendar(url),
        hand=server.hand,
        vanish=lambda: server.hand.delete(path),
        recreate=recreate,
        close=servers.close,
    )
