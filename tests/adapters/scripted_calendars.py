"""Scripted servers, each with one calendar, for the tests of the CalDAV adapter."""

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from syncd.adapters.caldav import CalDavServers
from syncd.core.sync.calendars import Capabilities
from syncd.ports.remote.access import Remote
from tests.adapters.events import an_event, same_lines
from tests.adapters.worlds import World, server_world
from tests.servers.quirks import Quirks
from tests.servers.scripted import Scripted

KNOWN = Capabilities(
    sync_collection=True,
    multiget=True,
    etag_on_put=True,
    faithful=True,
    preconditions=True,
    distinct_etags=True,
    tells_deletions=True,
)
"""A server that holds no surprises any more: each request is there for what is asked."""


@dataclass
class ScriptedCalendar:
    """A scripted server with one calendar."""

    server: Scripted
    world: World

    def remote(self, capabilities: Capabilities = KNOWN) -> Remote:
        """Open the calendar, by default with a server that is known well."""
        calendar = replace(self.world.calendar, capabilities=capabilities)
        return self.world.servers.open(calendar, self.world.account)

    def stranger(self) -> Remote:
        """Open the calendar with a server of which nothing is known."""
        return self.remote(Capabilities())

    def href(self, number: int = 0) -> str:
        return self.world.href(f"event-{number}.ics")

    def body(self, number: int = 0, **fields: str) -> bytes:
        return an_event(f"event-{number}@example.com", **fields)

    def put_events(self, count: int) -> list[str]:
        for number in range(count):
            self.world.hand.put(self.href(number), self.body(number))
        self.server.seen.clear()
        return [self.href(number) for number in range(count)]

    def stored(self, number: int = 0) -> bytes:
        return self.world.hand.get(self.href(number))


@dataclass
class ScriptedCalendars:
    """Sets up stages, and clears them away."""

    clean_up: ExitStack = field(default_factory=ExitStack)

    def __call__(self, *, timeout: float = 20, max_body_bytes: int = 1 << 20, **quirks: Any) -> ScriptedCalendar:
        server = self.clean_up.enter_context(Scripted(Quirks(**quirks)))
        servers = self.clean_up.enter_context(CalDavServers(same_lines, timeout=timeout, max_body_bytes=max_body_bytes))
        return ScriptedCalendar(server, server_world(server, servers))
