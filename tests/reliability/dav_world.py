"""The reconcile tests' small practice, with its calendar on an HTTP server: whole cycles over the CalDAV adapter."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from syncd.adapters.caldav import CalDavServers
from syncd.core.events.comparison import same_meaning
from syncd.core.scheduling.appointments import Appointment, Series
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import Capabilities
from syncd.core.sync.drift import Drift, DriftAction
from syncd.ics.errors import UnreadableError
from syncd.ics.parse import read
from syncd.ports.store.transaction import Store
from syncd.services.decisions.drifts import Decisions
from syncd.services.scheduling.changes import By, Terms
from syncd.services.sync.reconcile import Reconciler
from tests.builders import START, a_calendar, an_admin
from tests.servers.base import Server
from tests.servers.quirks import Quirks
from tests.servers.scripted import Scripted
from tests.services.world import VAULT, World


def mean_the_same(sent: bytes, stored: bytes) -> bool:
    zone = ZoneInfo("UTC")
    try:
        return same_meaning(read(sent, zone), read(stored, zone))
    except UnreadableError:
        return False


@dataclass
class DavWorld(World):
    """A world whose calendar is a collection on ``server``; the provider's hand is a program of its own there."""

    server: Server = field(kw_only=True)
    dav: CalDavServers = field(kw_only=True)

    def __post_init__(self) -> None:
        account = self.server.account
        self.url = self.server.make_collection("Practice appointments")
        self.path = urlsplit(self.url).path
        self.hand = self.server.hand
        self.calendar = a_calendar(
            provider_id=self.provider.id, url=self.url, username=account.username, secret=VAULT.seal(account.secret)
        )
        with self.store.transaction() as tx:
            tx.providers.add(self.provider)
            tx.clients.add(self.client)
            tx.calendars.add(self.calendar)

    @property
    def reconciler(self) -> Reconciler:
        return replace(super().reconciler, servers=self.dav)

    @property
    def capabilities(self) -> Capabilities:
        """What is remembered of the server."""
        return self.stored_calendar().capabilities

    @property
    def terms(self) -> Terms:
        """The terms under which an admin asks for something now."""
        return Terms(rules=BookingRules(), messages_for=lambda *_: (), by=By(Party.ADMIN, an_admin()), now=self.now)

    def published(self, count: int = 1) -> list[Appointment]:
        """Book so many appointments, one a day, and publish them."""
        booked = [self.book(start=START + timedelta(days=day)) for day in range(count)]
        assert self.cycle().counts["published"] == count
        self.cycle()
        return booked

    def publish(self, series: Series, weeks: int = 4) -> Series:
        """Book a weekly series and publish it."""
        self.book_series(series, weeks)
        self.cycle()
        self.cycle()
        return series

    def href(self, one: Appointment | Series) -> str:
        return self.publication(one.source).href

    def edit(self, one: Appointment | Series, change: Callable[[bytes], bytes]) -> None:
        href = self.href(one)
        self.hand.put(href, change(self.hand.get(href)))

    def delete(self, one: Appointment | Series) -> None:
        self.hand.delete(self.href(one))

    def decide(self, drift: Drift, action: DriftAction = DriftAction.REVERT) -> Drift:
        """Take a person's decision on a drift."""
        decisions = Decisions(self.reconciler)
        decided = decisions.revert if action is DriftAction.REVERT else decisions.dismiss
        return decided(drift.id, self.terms)

    def recreate(self) -> None:
        """Delete the collection and make another at the same address."""
        self.hand.delete(self.path)
        self.hand.make_collection(self.path, "Practice appointments")

    def body(self, one: Appointment | Series) -> str:
        return self.hand.get(self.href(one)).decode().replace("\r\n ", "")

    def stands(self, one: Appointment | Series) -> bool:
        with self.store.reading() as tx:
            standing = tx.publications.of_source(one.source)
        return any(self.hand.request("GET", publication.href).status == 200 for publication in standing)


@dataclass
class ScriptedWorld(DavWorld):
    """A world on a server that does as it is told."""

    server: Scripted = field(kw_only=True)

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The requests of syncd that change something, by method and href."""
        return [(seen.method, seen.href) for seen in self.server.seen if seen.method in {"PUT", "DELETE"}]

    def bodies(self) -> dict[str, bytes]:
        """Return what stands in the calendar, by href."""
        return {href: held.body for href, held in self.server.dav.calendars[self.path].resources.items()}

    def settles(self) -> bool:
        """Tell whether two further cycles write nothing, neither there nor in the record of drifts."""
        before = (self.writes, self.bodies(), self.drifts())
        self.cycle()
        self.cycle(verify=True)
        return before == (self.writes, self.bodies(), self.drifts())


@dataclass
class WorldMaker:
    """Sets up worlds on scripted servers, and clears them away."""

    store: Store
    clean_up: ExitStack = field(default_factory=ExitStack)

    def __call__(self, **quirks: Any) -> ScriptedWorld:
        server = self.clean_up.enter_context(Scripted(Quirks(**quirks)))
        dav = self.clean_up.enter_context(CalDavServers(mean_the_same, timeout=20))
        return ScriptedWorld(self.store, server=server, dav=dav)
