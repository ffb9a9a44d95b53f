"""One deadline for look-up, connecting and answer; proxies by the usual variables."""

import base64
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from syncd.adapters.caldav import CalDavServers
from syncd.adapters.caldav.dialing import Proxy, proxy_for
from syncd.adapters.caldav.urls import Origin
from syncd.core.access.networks import Guard
from syncd.ports.remote.errors import AddressRefusedError, LoginRefusedError, UnavailableError
from tests.adapters.events import same_lines
from tests.adapters.scripted_calendars import ScriptedCalendars
from tests.adapters.worlds import a_calendar
from tests.servers.base import free_port


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@contextmanager
def a_silent_port() -> Iterator[int]:
    """A port that takes connections into its full queue and never answers: the next connect hangs."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)
        yield port
        for one in waiting:
            one.close()


@pytest.mark.usefixtures("no_proxies")
class TestBounds:
    """What holds for addresses that somebody typed."""

    @pytest.mark.parametrize("also", [(), ("93.184.216.34",)])
    def test_a_private_network(self, monkeypatch: pytest.MonkeyPatch, also: tuple[str, ...]) -> None:
        """A name that leads into one is refused before anything is sent, even where it leads elsewhere as well."""
        addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("10.1.2.3", *also)]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: addresses)
        with CalDavServers(same_lines, longest=5, guard=Guard()) as servers, pytest.raises(AddressRefusedError):
            servers.collections(replace(the_account(), url="https://inside.example/"))

    def test_a_network_that_is_allowed(self, stage: ScriptedCalendars) -> None:
        """An operator may name the networks in which servers may be connected."""
        play = stage()
        account = replace(play.world.account, url=play.server.url)
        guard = Guard((ip_network("127.0.0.0/8"),))
        with CalDavServers(same_lines, longest=5, guard=guard) as servers:
            assert [one.name for one in servers.collections(account)] == ["Work"]

    def test_all_requests_share_the_time(self) -> None:
        """However many requests a trial takes, and however long one may: it ends in time."""
        with a_silent_port() as port, CalDavServers(same_lines, timeout=30, longest=0.6) as servers:
            started = time.monotonic()
            with pytest.raises(UnavailableError, match="in time"):
                servers.collections(replace(the_account(), url=f"http://127.0.0.1:{port}/"))
        assert time.monotonic() - started < 2


class TestDeadline:
    def test_dead_addresses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However many addresses a host has, all of them share the time of one request."""
        with a_silent_port() as port, CalDavServers(same_lines, timeout=0.6) as servers:
            dead = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
            monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [dead] * 4)
            started = time.monotonic()
            with pytest.raises(UnavailableError, match="in time"):
                servers.open(a_calendar("http://dead.example/cal/"), the_account()).changes(None)
        assert time.monotonic() - started < 1.5

    def test_dead_address_before_a_living_one(self, stage: ScriptedCalendars, monkeypatch: pytest.MonkeyPatch) -> None:
        """A dead address does not use up the time of the next."""
        play = stage()
        with a_silent_port() as port, CalDavServers(same_lines, timeout=4) as servers:
            family = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
            found = [(*family, ("127.0.0.1", port)), (*family, ("127.0.0.1", play.server.port))]
            monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
            url = play.world.calendar.url.replace("127.0.0.1", "localhost")
            assert servers.open(a_calendar(url), play.world.account).changes(None).complete

    def test_name_service_that_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The look-up is within the time too."""
        released = threading.Event()

        def hang(*_: Any, **__: Any) -> list[Any]:
            released.wait(10)
            return []

        monkeypatch.setattr("socket.getaddrinfo", hang)
        started = time.monotonic()
        with CalDavServers(same_lines, timeout=0.3) as servers, pytest.raises(UnavailableError, match="in time"):
            servers.open(a_calendar("http://slow.example/cal/"), the_account()).changes(None)
        released.set()
        assert time.monotonic() - started < 2

    def test_no_such_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name that nobody has is said to be none."""

        def unknown(*_: Any, **__: Any) -> list[Any]:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        monkeypatch.setattr("socket.getaddrinfo", unknown)
        with CalDavServers(same_lines, timeout=5) as servers, pytest.raises(UnavailableError, match="no host called"):
            servers.open(a_calendar("http://nobody.example/cal/"), the_account()).changes(None)

    def test_tls_that_never_begins(self) -> None:
        """A port that takes the connection and says nothing is given up in time."""
        with socket.create_server(("127.0.0.1", 0)) as mute, CalDavServers(same_lines, timeout=0.4) as servers:
            url = f"https://127.0.0.1:{mute.getsockname()[1]}/cal/"
            started = time.monotonic()
            with pytest.raises(UnavailableError, match="in time"):
                servers.open(a_calendar(url), the_account()).changes(None)
        assert time.monotonic() - started < 2


class TestProxies:
    @pytest.mark.usefixtures("no_proxies")
    @pytest.mark.parametrize(
        ("variables", "url", "expected"),
        [
            ({}, "http://a.example/", None),
            ({"HTTP_PROXY": "http://p.example:3128"}, "http://a.example/", Proxy("p.example", 3128)),
            ({"HTTP_PROXY": "p.example:3128"}, "http://a.example/", Proxy("p.example", 3128)),
            ({"http_proxy": "http://p.example:3128"}, "https://a.example/", None),
            ({"HTTPS_PROXY": "http://p.example"}, "https://a.example/", Proxy("p.example", 80)),
            ({"ALL_PROXY": "http://p.example"}, "https://a.example/", Proxy("p.example", 80)),
            ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "a.example"}, "https://a.example/", None),
            ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": ".example"}, "https://a.example/", None),
            ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "*"}, "https://a.example/", None),
            (
                {"HTTPS_PROXY": "http://p.example", "NO_PROXY": "b.example"},
                "https://a.example/",
                Proxy("p.example", 80),
            ),
        ],
    )
    def test_variables(
        self, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, expected: Proxy | None
    ) -> None:
        """The usual variables say which requests go through a proxy."""
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert proxy_for(Origin.of(url)) == expected

    @pytest.mark.usefixtures("no_proxies")
    @pytest.mark.parametrize("value", ["socks5://p.example", "https://p.example", "http://[bad"])
    def test_no_proxy_that_can_be_used(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        """One that cannot be used is said so; nothing goes past it."""
        monkeypatch.setenv("HTTPS_PROXY", value)
        with pytest.raises(UnavailableError):
            proxy_for(Origin.of("https://a.example/"))

    @pytest.mark.usefixtures("no_proxies")
    def test_plain_http(self, stage: ScriptedCalendars, monkeypatch: pytest.MonkeyPatch) -> None:
        """A proxy is given the whole address, and its login."""
        play = stage()
        seen: list[tuple[str, str | None]] = []
        handler = play.server._http.RequestHandlerClass  # the scripted server plays the proxy
        serve = handler.serve  # type: ignore[attr-defined]  # its own method

        def noting(self: Any) -> None:
            seen.append((self.path, self.headers.get("Proxy-Authorization")))
            serve(self)

        for method in ("PROPFIND", "REPORT"):
            monkeypatch.setattr(handler, f"do_{method}", noting)
        monkeypatch.setenv("HTTP_PROXY", f"http://me:secret@127.0.0.1:{play.server.port}")
        url = play.world.calendar.url.replace(f"127.0.0.1:{play.server.port}", "calendar.example")
        account = replace(play.world.account, plain_http=True)
        remote = play.world.servers.open(a_calendar(url), account)
        assert remote.changes(None).complete
        login = "Basic " + base64.b64encode(b"me:secret").decode()
        assert all(path.startswith("http://calendar.example/home/") and given == login for path, given in seen)
        assert seen

    @pytest.mark.usefixtures("no_proxies")
    def test_proxy_that_refuses_a_way_through(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its answer is told, and nothing is sent."""
        with socket.create_server(("127.0.0.1", 0)) as proxy, CalDavServers(same_lines, timeout=5) as servers:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
            asked: list[bytes] = []

            def refuse() -> None:
                for _ in range(1):
                    connection, _ = proxy.accept()
                    asked.append(connection.recv(4096))
                    connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                    connection.close()

            worker = threading.Thread(target=refuse)
            worker.start()
            with pytest.raises(UnavailableError, match=r"proxy 127\.0\.0\.1 answered 403"):
                servers.open(a_calendar("https://calendar.example/cal/"), the_account()).changes(None)
            worker.join()
        assert asked[0].startswith(b"CONNECT calendar.example:443 HTTP/1.1\r\n")
        assert b"Authorization" not in asked[0]


class TestPlainHttp:
    def test_password_in_the_clear(self, stage: ScriptedCalendars, monkeypatch: pytest.MonkeyPatch) -> None:
        """To another machine it is not sent, until a person has allowed that for the calendar."""
        play = stage()
        address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", play.server.port))
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [address])
        calendar = replace(a_calendar(play.world.calendar.url.replace("127.0.0.1", "calendar.example")))
        with pytest.raises(LoginRefusedError, match="--allow-plain-http"):
            play.world.servers.open(calendar, play.world.account).changes(None)
        assert not any("Authorization" in seen.headers for seen in play.server.seen)
        allowed = replace(calendar, plain_http=True)
        assert play.world.servers.open(allowed, play.world.account).changes(None).complete

    def test_nobody_listens(self) -> None:
        """A refused connection is told at once."""
        with (
            CalDavServers(same_lines, timeout=5) as servers,
            pytest.raises(UnavailableError, match="cannot be reached"),
        ):
            servers.open(a_calendar(f"http://127.0.0.1:{free_port()}/cal/"), the_account()).changes(None)


def the_account() -> Any:
    from syncd.ports.remote.values import Account

    return Account(url="http://127.0.0.1/", username="provider", secret="secret")
