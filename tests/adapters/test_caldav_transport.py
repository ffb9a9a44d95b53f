"""Logins, lost connections, slow and busy servers: what is asked again, what is not, and what the caller is told."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import structlog

from syncd.adapters.caldav import CalDavServers
from syncd.adapters.caldav.auth import Login
from syncd.adapters.caldav.urls import Origin
from syncd.ports.remote.errors import LoginRefusedError, RateLimitedError, UnavailableError
from syncd.ports.remote.values import Account
from tests.adapters.certificates import a_tls_server
from tests.adapters.events import same_lines
from tests.adapters.scripted_calendars import ScriptedCalendar, ScriptedCalendars
from tests.adapters.worlds import a_calendar, server_world
from tests.servers.quirks import Auth, Refusal
from tests.servers.scripted import Fault, status


def read(play: ScriptedCalendar) -> None:
    found = play.remote().fetch([play.href()])
    for error in found.failed.values():
        raise error


def write(play: ScriptedCalendar) -> None:
    play.remote().create(play.href(9), play.body(9))


class TestLogins:
    @pytest.mark.parametrize("auth", Auth)
    def test_accepted(self, stage: ScriptedCalendars, auth: Auth) -> None:
        """Basic, Digest and Bearer: reading and writing work; only Digest has to be asked for, once."""
        play = stage(auth=auth)
        play.put_events(1)
        read(play)
        write(play)
        read(play)
        assert play.server.count() == 3 + (auth is Auth.DIGEST)

    @pytest.mark.parametrize("auth", Auth)
    def test_refused(self, stage: ScriptedCalendars, auth: Auth) -> None:
        """A wrong secret is refused after one try, or two where the server first has to say what it wants."""
        play = stage(auth=auth)
        remote = play.world.servers.open(play.world.calendar, replace(play.world.account, secret="wrong"))
        with pytest.raises(LoginRefusedError):
            remote.changes(None)
        assert play.server.count() == 1 + (auth is Auth.DIGEST)

    def test_put_is_repeated_only_after_a_challenge(self, stage: ScriptedCalendars) -> None:
        """A PUT that was answered with a challenge took no place, so it may be sent again, with the login."""
        play = stage(auth=Auth.DIGEST)
        write(play)
        assert [seen.method for seen in play.server.seen] == ["PUT", "PUT"]

    def test_plain_http_to_another_machine(self) -> None:
        """Over plain HTTP no password goes out before the server asked, and none at all where it offers Digest."""
        account = Account(url="http://calendar.example.com/", username="provider", secret="secret")
        login = Login(Origin.of(account.url), account)
        assert login.header("GET", "/") is None
        assert login.take_challenge(['Basic realm="a"', 'Digest realm="a", nonce="1", qop="auth"'])
        assert (login.header("GET", "/") or "").startswith("Digest ")

    def test_plain_http_with_basic_only(self) -> None:
        """Where nothing better is offered the password is not sent, and the reason is said in words."""
        account = Account(url="http://calendar.example.com/", username="provider", secret="secret")
        login = Login(Origin.of(account.url), account)
        assert not login.take_challenge(['Basic realm="a, b", charset="UTF-8"'])
        assert login.header("GET", "/") is None
        assert "--allow-plain-http" in (login.why_silent or "")

    def test_plain_http_that_is_allowed(self) -> None:
        """On a person's word the password is sent when it is asked for, and a second refusal is final."""
        account = Account(url="http://calendar.example.com/", username="provider", secret="secret")
        login = Login(Origin.of(account.url), account, in_the_clear=True)
        assert login.header("GET", "/") is None
        assert login.take_challenge(['Basic realm="a, b", charset="UTF-8"'])
        assert (login.header("GET", "/") or "").startswith("Basic ")
        assert not login.take_challenge(['Basic realm="a, b", charset="UTF-8"'])

    def test_published_example_of_digest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The answers to the challenges of RFC 7616 section 3.9.1 are the ones printed there."""
        cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
        nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
        monkeypatch.setattr("secrets.token_hex", lambda _: cnonce)
        account = Account(url="http://www.example.org/", username="Mufasa", secret="Circle of Life")
        expected = {
            "MD5": "8ca523f5e9506fed4657c9700eebdbec",
            "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        }
        for algorithm, response in expected.items():
            login = Login(Origin.of(account.url), account)
            challenge = (
                f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="{nonce}"'
            )
            assert login.take_challenge([challenge])
            assert f'response="{response}"' in (login.header("GET", "/dir/index.html") or "")

    def test_digest_of_an_unknown_algorithm(self) -> None:
        """A Digest that cannot be computed is passed over for the next offer."""
        account = Account(url="http://calendar.example.com/", username="provider", secret="secret")
        login = Login(Origin.of(account.url), account)
        assert login.take_challenge(
            ['Digest realm="a", nonce="1", algorithm=NEW-512', 'Digest realm="a", nonce="2", opaque="x"y"']
        )
        assert 'nonce="2"' in (login.header("GET", "/") or "")

    def test_challenges_in_one_header(self) -> None:
        """Several challenges may stand in one header, and strange ones among them."""
        account = Account(url="http://calendar.example.com/", username="provider", secret="secret")
        login = Login(Origin.of(account.url), account)
        assert not login.take_challenge(["Negotiate"])
        assert login.take_challenge(['Negotiate , Digest realm="a", nonce="1", qop="auth", Basic realm="a"'])


class TestLostConnections:
    def test_read(self, stage: ScriptedCalendars) -> None:
        """A read that gets no answer is asked again."""
        play = stage()
        play.put_events(1)
        play.server.fail("GET", Fault(drops=True), Fault(drops=True))
        read(play)
        assert play.server.count() == 3

    def test_read_that_never_works(self, stage: ScriptedCalendars) -> None:
        """After three tries the server is unavailable."""
        play = stage()
        play.server.fail("GET", *[Fault(drops=True)] * 5)
        with pytest.raises(UnavailableError):
            read(play)
        assert play.server.count("GET") == 3

    def test_slow_answer(self, stage: ScriptedCalendars) -> None:
        """The time is for the whole answer: a server that drips is given up, and not asked again."""
        play = stage(timeout=0.5)
        play.put_events(1)
        play.server.fail("GET", Fault(drips=True))
        with pytest.raises(UnavailableError, match="in time"):
            read(play)
        assert play.server.count("GET") == 1


class TestBusyServers:
    @pytest.mark.parametrize("act", [read, write])
    @pytest.mark.parametrize("code", [429, 503])
    def test_pause_in_seconds(
        self, stage: ScriptedCalendars, act: Callable[[ScriptedCalendar], None], code: int
    ) -> None:
        """A server that asks for a pause is not asked again, and the pause is told."""
        play = stage()
        play.server.fail("GET", status(code, Retry_After="120"))
        play.server.fail("PUT", status(code, Retry_After="120"))
        with pytest.raises(RateLimitedError) as busy:
            act(play)
        assert busy.value.details["retry_after"] == 120
        assert play.server.count() == 1

    def test_pause_until_a_date(self, stage: ScriptedCalendars) -> None:
        """A pause may be given as a date."""
        play = stage()
        until = datetime.now(UTC) + timedelta(hours=1)
        play.server.fail("GET", status(429, Retry_After=format_datetime(until, usegmt=True)))
        with pytest.raises(RateLimitedError) as busy:
            read(play)
        assert 3500 < busy.value.details["retry_after"] <= 3600

    @pytest.mark.parametrize("value", ["soon", "", "-5"])
    def test_pause_of_no_known_length(self, stage: ScriptedCalendars, value: str) -> None:
        """A pause that cannot be read is one of unknown length."""
        play = stage()
        play.server.fail("GET", status(429, Retry_After=value))
        with pytest.raises(RateLimitedError) as busy:
            read(play)
        assert busy.value.details["retry_after"] is None

    @pytest.mark.parametrize("code", [502, 503, 504])
    def test_gateway_in_trouble(self, stage: ScriptedCalendars, code: int) -> None:
        """A gateway's trouble is waited out for a moment, for reads only."""
        play = stage()
        play.put_events(1)
        play.server.fail("GET", status(code))
        read(play)
        play.server.fail("PUT", status(code))
        with pytest.raises(UnavailableError):
            write(play)
        assert (play.server.count("GET"), play.server.count("PUT")) == (2, 1)


class TestTls:
    def test_private_authority(self, tmp_path: Path) -> None:
        """A certificate is verified: by the system's authorities, and by one's own where its file is given."""
        with a_tls_server(tmp_path) as (server, servers):
            url = server_world(server).calendar.url.replace("http://", "https://")
            account = replace(server.account, url=url)
            with CalDavServers(same_lines, timeout=10) as strangers, pytest.raises(UnavailableError, match="ca_file"):
                strangers.open(a_calendar(url), account).changes(None)
            assert servers.open(a_calendar(url), account).changes(None).present == {}


def test_refused_report_that_asks_for_a_pause(stage: ScriptedCalendars) -> None:
    """A server that is busy with a report is left alone, not listed instead."""
    play = stage()
    play.server.behave(sync=Refusal(status=429))
    with pytest.raises(RateLimitedError):
        play.remote().changes("sync:token")
    assert play.server.count() == 1


class TestSecrets:
    def test_log(self, stage: ScriptedCalendars, caplog: pytest.LogCaptureFixture) -> None:
        """Logs name methods, hrefs and statuses; no login, and no content."""
        play = stage()
        with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as logs:
            write(play)
            read(play)
        (put,) = (each for each in logs if each["method"] == "PUT")
        assert (put["event"], put["href"], put["status"]) == ("request answered", play.href(9), 201)
        logged = f"{logs} {caplog.text}"
        assert not any(word in logged for word in ("Authorization", play.server.hand.login, "SUMMARY", "Session"))

    def test_token_that_no_header_can_carry(self, stage: ScriptedCalendars) -> None:
        """A token with a line end is refused without being shown."""
        play = stage(auth=Auth.BEARER)
        account = replace(play.world.account, secret="first line\nsecond line")
        with pytest.raises(LoginRefusedError) as refused:
            play.world.servers.open(play.world.calendar, account).changes(None)
        assert "line\n" not in str(refused.value)
        assert refused.value.__cause__ is None

    def test_name_beyond_latin(self, stage: ScriptedCalendars) -> None:
        """A user name may be written in any script, also where Digest sends it as it is."""
        play = stage(auth=Auth.DIGEST)
        account = replace(play.world.account, username="提供者")
        with pytest.raises(LoginRefusedError, match="refused the login"):
            play.world.servers.open(play.world.calendar, account).changes(None)


def test_many_threads(stage: ScriptedCalendars) -> None:
    """One pool serves many threads: each gets its own answer."""
    play = stage()
    hrefs = play.put_events(8)

    def body_of(number: int) -> bytes:
        href = hrefs[number % 8]
        return play.remote().fetch([href])[href].body

    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(body_of, range(80)))
    assert bodies == [play.body(number % 8) for number in range(80)]


def test_upgrade_to_tls(stage: ScriptedCalendars, tmp_path: Path) -> None:
    """The same host over TLS may be followed to: a login is safer there."""
    with a_tls_server(tmp_path) as (safe, servers):
        address = f"https://127.0.0.1:{safe.port}/"
        play = stage(root_redirects_to=f"{address}principal/")
        found = servers.discover(play.world.account, "Practice appointments")
    assert found.url.startswith(address)
