"""`syncd run` as a real process against a scripted CalDAV server."""

import io
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.entrypoints.command import Shell
from tests.entrypoints.running import Daemon, becomes
from tests.servers.scripted import Fault, Scripted
from tests.telemetry.collector import collecting

pytestmark = pytest.mark.server

SETTINGS = "[sync]\ninterval = 10\nsoon_interval = 5\n"
TWO_SECONDS = 2.0
FOREIGN = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@dataclass
class Office:
    """A practice with one calendar, whose daemon runs in another process."""

    shell: Shell
    server: Scripted
    home: str

    def daemon(self) -> Daemon:
        return Daemon(self.shell.folder)

    def configure(self, text: str) -> None:
        (self.shell.folder / "syncd.toml").write_text(text)

    def book(self, hours: float = 100, *more: str) -> dict[str, Any]:
        """Book a session in so many hours, on a full hour."""
        start = (datetime.now(UTC) + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
        who = ["--provider", "dana@example.com", "--client", "robin@example.org"]
        asked = ["appointment", "book", *who, "--start", start.isoformat(), "--minutes", "50", *more]
        booked: dict[str, Any] = self.shell.json(*asked)
        return booked

    def events(self) -> dict[str, bytes]:
        resources = dict(self.server.dav.calendars[self.home].resources)
        return {href: resource.body for href, resource in resources.items()}

    def has_nothing_to_write(self) -> bool:
        """Run one cycle, and tell whether it wrote nothing."""
        done = self.shell.json("reconcile")
        return not any(done[name] for name in ("published", "updated", "withdrawn", "reverted"))

    def stands(self, booked: dict[str, Any]) -> bool:
        return f"{self.home}{booked['uid']}.ics" in self.events()


@pytest.fixture
def office(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with Scripted() as server:
        url = server.make_collection()
        office = Office(shell, server, url.removeprefix(server.url.rstrip("/")))
        office.configure(SETTINGS)
        shell.json("init")
        shell.json("provider", "add", "--name", "Dana", "--email", "dana@example.com", "--timezone", "America/New_York")
        shell.json("client", "add", "--name", "Robin", "--email", "robin@example.org")
        monkeypatch.setattr("sys.stdin", io.StringIO(server.password))
        login = ["--username", server.username, "--password-stdin"]
        shell.json("calendar", "add", "--provider", "dana@example.com", "--url", url, *login)
        yield office


class Gate:
    """Holds requests up until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        self._open.wait(60)

    def open(self) -> None:
        self._open.set()


def test_something_is_booked(office: Office) -> None:
    """A change made by another process reaches the calendar within two seconds."""
    with office.daemon() as daemon:
        assert daemon.says("WATCHDOG=1")
        booked = office.book()
        assert becomes(lambda: office.stands(booked), within=TWO_SECONDS), daemon.log


def test_a_provider_edits(office: Office) -> None:
    """An edit is put back within one polling interval, and what is not ours is left as it is, byte for byte."""
    foreign = f"{office.home}dentist.ics"
    office.server.hand.put(foreign, FOREIGN)
    booked = office.book(hours=20)
    with office.daemon() as daemon:
        assert becomes(lambda: office.stands(booked)), daemon.log
        href = f"{office.home}{booked['uid']}.ics"
        body = office.events()[href]
        office.server.hand.put(href, body.replace(b"SUMMARY:Session", b"LOCATION:Elsewhere\r\nSUMMARY:Session"))
        assert becomes(lambda: b"Elsewhere" not in office.events()[href]), daemon.log
        assert office.events()[foreign] == FOREIGN


def test_it_is_watched(office: Office) -> None:
    """A scrape tells of the cycles, requests and drifts of this process, and goes on over a reload."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = "{}:{}".format(*free.getsockname())
    office.configure(f'{SETTINGS}[web]\nlisten = "{listen}"\n')
    booked = office.book(hours=20)
    with office.daemon() as daemon:
        assert becomes(lambda: office.stands(booked)), daemon.log
        href = f"{office.home}{booked['uid']}.ics"
        office.server.hand.put(href, office.events()[href].replace(b"SUMMARY:Session", b"SUMMARY:Other"))
        found = 'syncd_drifts_found_total{kind="title",severity="content"} 1.0'
        assert becomes(lambda: found in scraped(listen)), scraped(listen) + daemon.log
        assert 'syncd_requests_total{method="PUT",status="201"} 1.0' in scraped(listen)
        daemon.send(signal.SIGHUP)
        assert daemon.says("READY=1")
        assert found in scraped(listen)


def test_it_tells_a_collector(office: Office) -> None:
    """Cycles with their requests arrive as spans, the last as it stops; nobody is named."""
    with collecting() as collector:
        office.configure(f'{SETTINGS}[telemetry]\nendpoint = "{collector.url}"\n')
        booked = office.book(hours=20)
        with office.daemon() as daemon:
            assert becomes(lambda: office.stands(booked)), daemon.log
            code, seconds = daemon.stop()
        assert (code, seconds < 10) == (0, True), daemon.log
    cycles = {span.span_id for span in collector.spans if span.name == "work calendar"}
    assert {span.parent_span_id for span in collector.spans if span.name == "PUT"} <= cycles
    assert "PUT" in {span.name for span in collector.spans}
    assert "syncd.requests" in collector.metrics
    sent = b"".join(body for _, body in collector.bodies)
    assert not any(name in sent for name in (b"Chris", b"Pat", b"@example", office.home.encode()))


def scraped(listen: str) -> str:
    connection = HTTPConnection(listen, timeout=10)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_it_is_told_to_stop(office: Office) -> None:
    """SIGTERM ends an idle daemon at once, in good order."""
    with office.daemon() as daemon:
        code, seconds = daemon.stop()
        assert (code, seconds < 5) == (0, True)
        assert daemon.says("STOPPING=1")
        assert '"event": "stopped"' in daemon.log


def test_it_is_told_to_stop_while_it_writes(office: Office) -> None:
    """The write under way is finished and recorded, and no further one begun; the next start goes on from there."""
    gate = Gate()
    office.server.fail("PUT", Fault(during=gate, carried_out=True))
    first, second = office.book(100), office.book(200)
    with office.daemon() as daemon:
        assert gate.reached.wait(30), daemon.log
        daemon.send(signal.SIGTERM)
        assert daemon.says("STOPPING=1")
        gate.open()
        code, seconds = daemon.ended()
        assert (code, seconds < 10) == (0, True), daemon.log
    assert len(office.events()) == 1
    with office.daemon() as daemon:
        assert becomes(lambda: office.stands(first) and office.stands(second)), daemon.log
    assert office.has_nothing_to_write()


def test_a_request_hangs_when_it_is_told_to_stop(office: Office) -> None:
    """A server that does not answer cannot keep the daemon beyond ten seconds."""
    gate = Gate()
    office.server.fail("PUT", Fault(during=gate))
    office.book()
    with office.daemon() as daemon:
        assert gate.reached.wait(30), daemon.log
        code, seconds = daemon.stop()
        assert (code, seconds < 10) == (0, True), daemon.log
    gate.open()


def test_settings_change(office: Office) -> None:
    """SIGHUP takes new settings; wrong ones are refused with the reason, and the old ones kept."""
    with office.daemon() as daemon:
        office.configure("[sync]\nworkers = 0\n")
        daemon.send(signal.SIGHUP)
        assert daemon.says("READY=1"), daemon.log
        assert "reload refused" in daemon.log
        assert "sync.workers = 0" in daemon.log
        office.configure(SETTINGS + "workers = 3\n")
        daemon.send(signal.SIGHUP)
        assert daemon.says("READY=1"), daemon.log
        assert '"workers": 3' in daemon.log
        assert '"changed": ["sync.workers"]' in daemon.log
        booked = office.book()
        assert becomes(lambda: office.stands(booked)), daemon.log


def test_the_server_is_away(office: Office) -> None:
    """A calendar that cannot be reached is a state with back-off, not a busy loop."""
    office.server.fail("REPORT", *[Fault(drops=True)] * 50)
    office.server.fail("PROPFIND", *[Fault(drops=True)] * 50)
    with office.daemon() as daemon:
        assert becomes(lambda: "unreachable" in daemon.log), daemon.log
        seen = office.server.count()
        booked = office.book()
        assert not becomes(lambda: office.stands(booked) or office.server.count() > seen + 5, within=3), daemon.log
    assert office.shell.json("calendar", "list")["calendars"][0]["state"] == "unreachable"


def test_nothing_private_is_logged(office: Office) -> None:
    """Logs hold neither the password, nor the client's name, nor what stands in events."""
    office.server.hand.put(f"{office.home}dentist.ics", FOREIGN)
    booked = office.book(100, "--location", "Garden room")
    with office.daemon() as daemon:
        assert becomes(lambda: office.stands(booked))
        daemon.stop()
        assert not any(word in daemon.log for word in (office.server.password, "Robin", "dentist", "Garden room"))


def test_the_database_is_away_for_a_while(office: Office) -> None:
    """The daemon does not die of it: it says so, once, and goes on when the database is back."""
    database = office.shell.folder / "var" / "syncd.db"
    aside = database.rename(database.with_suffix(".aside"))
    with office.daemon() as daemon:
        assert becomes(lambda: "cannot work" in daemon.log)
        assert daemon.says("WATCHDOG=1")
        aside.rename(database)
        booked = office.book()
        assert becomes(lambda: office.stands(booked)), daemon.log
        assert daemon.log.count("cannot work") == 1


def test_there_is_no_key(shell: Shell) -> None:
    """A daemon that could log in nowhere does not start, and says what to run."""
    outcome = shell.run("run", "--json")
    assert outcome.code == 1
    assert outcome.error["code"] == "wrong_key"
    assert "syncd init" in outcome.error["message"]


def test_it_is_killed_while_it_writes(office: Office) -> None:
    """After SIGKILL the next start goes on at once: each event once, and nothing left to do."""
    gate = Gate()
    office.server.fail("PUT", Fault(during=gate))
    booked = [office.book(100), office.book(200)]
    with office.daemon() as daemon:
        assert gate.reached.wait(30), daemon.log
        daemon.send(signal.SIGKILL)
        assert daemon.ended()[0] == -signal.SIGKILL
        gate.open()
    assert office.shell.json("reconcile")["errors"] == []
    assert all(office.stands(one) for one in booked)
    assert len(office.events()) == 2
    assert office.has_nothing_to_write()
