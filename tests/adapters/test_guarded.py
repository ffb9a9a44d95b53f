"""Every place that opens a typed address refuses the forbidden ones, and connects to what it has checked."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.alerting import HttpPing, HttpWebhook, TlsCertificates
from syncd.adapters.caldav import CalDavServers
from syncd.bootstrap import System, build, initialise
from syncd.core.access.networks import Guard, guard_of
from syncd.core.access.principal import Channel, Principal, Role, local_administrator
from syncd.ports.alerting import ChannelError, Endpoint
from syncd.ports.remote.errors import AddressRefusedError, UnavailableError
from syncd.ports.remote.values import Account
from syncd.services.sync.calendars import NewCalendar
from syncd.settings import Settings, load
from tests.builders import NOW, a_provider
from tests.core.test_networks import FORBIDDEN
from tests.servers.radicale import Radicale

SECRET = "a secret of many characters"
WEB = Principal(name="usr-1", role=Role.ADMIN, channel=Channel.WEB)


def _leads_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name lead to these addresses, one a look-up, the last one ever after; return the names asked for."""
    asked: list[str] = []
    real, left = socket.getaddrinfo, list(addresses)

    def found(host: str, port: Any, *more: Any, **named: Any) -> Any:
        asked.append(host)
        text = left.pop(0) if len(left) > 1 else left[0]
        if text == "no address":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port))]
        return real(text, port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return asked


def discover(servers: CalDavServers, url: str, **told: bool) -> object:
    return servers.discover(Account(url, "pat", "secret", **told), None)


PLACES: dict[str, Callable[[str, Guard], object]] = {
    "calendar": lambda url, guard: discover(CalDavServers(lambda a, b: a == b, guard=guard), url),
    "webhook": lambda url, guard: HttpWebhook(url, SECRET, guard=guard).post("ntc-1", b"{}", NOW),
    "ping": lambda url, guard: HttpPing(url, guard=guard).ping(),
}


@pytest.mark.parametrize("address", FORBIDDEN)
@pytest.mark.parametrize("place", PLACES)
def test_each_place_refuses_each(place: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads there is refused before anything is sent."""
    _leads_to(monkeypatch, address)
    with pytest.raises((AddressRefusedError, ChannelError), match="where no address that is entered may lead"):
        PLACES[place]("https://cal.example.com/", Guard())


@pytest.mark.parametrize("place", PLACES)
def test_the_address_checked_is_the_one_connected_to(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere a moment later (rebinding) is looked up once for a connection."""
    connected: list[str] = []

    def refuse(_self: socket.socket, where: tuple[str, int]) -> None:
        connected.append(where[0])
        raise OSError("not in this test")

    _leads_to(monkeypatch, "93.184.216.34", "127.0.0.1")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises((UnavailableError, ChannelError)):
        PLACES[place]("http://cal.example.com/", Guard())
    assert connected == ["93.184.216.34"]


def test_certificates_are_not_looked_at_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of a server that may not be connected to."""
    _leads_to(monkeypatch, "169.254.169.254")
    assert TlsCertificates(guard=Guard(from_inside=True)).validity(Endpoint("cal.example.com", 443, False)) is None


@pytest.mark.server
def test_a_connection_of_one_serves_no_other(radicale_server: Radicale) -> None:
    """What the machine's owner may open is not reused for what came from a page."""
    collection = radicale_server.make_collection("practice")
    account = replace(radicale_server.account, url=collection)
    with CalDavServers(lambda a, b: a == b, guard=Guard()) as servers:
        servers.discover(replace(account, inside=True), None)
        with pytest.raises(AddressRefusedError):
            servers.discover(account, None)


@pytest.mark.server
def test_allowed_by_setting(radicale_server: Radicale) -> None:
    """A network that the settings name may be opened by everybody."""
    account = replace(radicale_server.account, url=radicale_server.make_collection("practice"))
    with CalDavServers(lambda a, b: a == b, guard=guard_of(["127.0.0.0/8"])) as servers:
        assert servers.discover(account, None).url == account.url


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.chdir(tmp_path)
    settings: Settings = load(None)
    initialise(settings)
    built = build(settings)
    with built.store.transaction() as tx:
        tx.providers.add(a_provider(email="pat@example.com"))
    yield built
    built.close()


@pytest.mark.server
class TestWhoTyped:
    """Through web and API a private network is refused; who runs the machine may use it."""

    def new(self, server: Radicale) -> NewCalendar:
        collection = server.make_collection("practice")
        return NewCalendar(
            provider="pat@example.com", url=collection, username=server.username, password=server.password
        )

    def test_on_a_page(self, system: System, radicale_server: Radicale) -> None:
        """Nothing is stored."""
        with pytest.raises(AddressRefusedError) as refused:
            system.calendars(WEB).connect(self.new(radicale_server), NOW)
        assert refused.value.code == "forbidden_address"
        with system.store.reading() as tx:
            assert tx.calendars.list() == []

    def test_at_the_command_line(self, system: System, radicale_server: Radicale) -> None:
        """It is stored as such, so that the daemon may go there, too."""
        calendar = system.calendars(local_administrator()).connect(self.new(radicale_server), NOW)
        with system.store.reading() as tx:
            assert tx.calendars.get(calendar.id).inside
