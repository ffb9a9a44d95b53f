"""Many `syncd worker` beside each other: one is killed, one is cut off, and nothing is lost or doubled.

``CHAOS_CALENDARS`` and ``CHAOS_SECONDS`` make it longer: see `make chaos`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from syncd.adapters.db import SqlStore, open_store, upgrade
from syncd.adapters.db.vault import FernetVault, new_key
from syncd.adapters.procrastinate import Jobs, install
from syncd.core.messaging.content import News, SessionTime
from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.decision import Act
from syncd.core.work import Key, WorkKind
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.sync import DriftQuery
from syncd.services.sync.publications import publish_to
from tests.builders import a_calendar, a_client, a_provider, an_appointment
from tests.databases import PostgresServer
from tests.messages.builders import a_message
from tests.servers.scripted import Scripted
from tests.work.proxies import UnixProxy

pytestmark = [pytest.mark.server, pytest.mark.slow]

CALENDARS = int(os.environ.get("CHAOS_CALENDARS", "24"))
CUT_SECONDS = float(os.environ.get("CHAOS_SECONDS", "5"))
INTERVAL = 10
KEY = new_key()


class Practice:
    """Calendars on one server, each with a session of its own and a message about it."""

    def __init__(self, store: SqlStore, server: Scripted) -> None:
        self.store, self.server = store, server
        vault = FernetVault(KEY)
        self.provider, self.client = a_provider(), a_client()
        self.calendars: list[Calendar] = []
        self.sessions: list[Appointment] = []
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=30)
        with store.transaction() as tx:
            tx.providers.add(self.provider)
            tx.clients.add(self.client)
        for number in range(CALENDARS):
            url = server.make_collection()
            calendar = a_calendar(
                provider_id=self.provider.id,
                url=url,
                username=server.username,
                secret=vault.seal(server.password),
            )
            one = an_appointment(
                provider_id=self.provider.id,
                client_id=self.client.id,
                start=(start + timedelta(hours=number)).astimezone(an_appointment().start.tzinfo),
            )
            with store.transaction() as tx:
                tx.calendars.add(calendar)
                tx.appointments.add([one])
                publish_to(tx, calendar, [one.source])
                tx.messages.add(
                    [a_message([_news(one)], appointment_id=one.id, uid=one.uid, created_at=datetime.now(UTC))]
                )
            self.calendars.append(calendar)
            self.sessions.append(one)

    def change_all(self) -> None:
        """Move every session by a quarter of an hour."""
        for number, one in enumerate(self.sessions):
            with self.store.transaction() as tx:
                moved = replace(tx.appointments.get(one.id), start=one.start + timedelta(minutes=15), sequence=1)
                self.sessions[number] = tx.appointments.save(moved)
                tx.publications.mark_dirty(one.source)

    def body(self, number: int) -> bytes:
        path = urlsplit(self.calendars[number].url).path
        resources = self.server.dav.calendars[path].resources
        return b"".join(resource.body for resource in dict(resources).values())

    def stands(self, number: int) -> bool:
        start = self.sessions[number].start
        return f":{start:%Y%m%dT%H%M%S}".encode() in self.body(number)

    def all_stand(self) -> bool:
        return all(self.stands(number) for number in range(CALENDARS))

    def synced_since(self, moment: datetime) -> bool:
        with self.store.reading() as tx:
            return all((calendar.last_synced_at or moment) > moment for calendar in tx.calendars.list())


def _news(one: Appointment) -> News:
    slot = SessionTime(start=one.start, minutes=one.minutes, location=one.location)
    return News(appointment_id=one.id, before=None, after=slot)


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[str]:
    name = postgres_server.create()
    url = postgres_server.url(name)
    upgrade(url)
    install(url)
    yield url
    postgres_server.drop(name)


@pytest.fixture
def practice(database: str) -> Iterator[Practice]:
    store = open_store(database, Jobs(database).defer)
    with Scripted() as server:
        yield Practice(store, server)
    store.close()


def through(proxy_folder: Path, url: str) -> str:
    """Return the address of a database behind a proxy in that folder."""
    direct = str(socket_of(url).parent).replace("/", "%2F")
    return url.replace(direct, str(proxy_folder).replace("/", "%2F"))


def socket_of(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0]) / ".s.PGSQL.5432"


def a_worker(folder: Path, name: str, url: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "SYNCD_ENGINE": "procrastinate",
        "SYNCD_DATABASE__URL": url,
        "SYNCD_SECURITY__KEY": KEY,
        "SYNCD_SYNC__INTERVAL": str(INTERVAL),
        "SYNCD_SYNC__PER_HOST": "6",
        "SYNCD_MAIL__FOLDER": str(folder / "mail"),
    }
    log = (folder / f"{name}.log").open("wb")
    command = [sys.executable, "-m", "syncd", "worker"]
    with log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)


def becomes(is_so: Callable[[], bool], within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.1)
    return is_so()


def logs(folder: Path) -> str:
    return "\n".join(f"{path.name}\n{path.read_text()[-3000:]}" for path in sorted(folder.glob("*.log")))


def workers_shown(folder: Path, url: str) -> list[dict[str, object]]:
    environment = {**os.environ, "SYNCD_DATABASE__URL": url, "SYNCD_SECURITY__KEY": KEY}
    command = [sys.executable, "-m", "syncd", "workers", "--json"]
    shown = subprocess.run(command, env=environment, capture_output=True, cwd=folder, check=True, timeout=60)
    workers: list[dict[str, object]] = json.loads(shown.stdout)["workers"]
    return workers


def test_one_is_killed_and_one_is_cut_off(practice: Practice, database: str, tmp_path: Path) -> None:
    """Every calendar is right within two intervals, each event stands once, each message left once."""
    behind = Path("/tmp") / f"syncd-proxy-{os.getpid()}"  # noqa: S108 - a socket's path must be short
    with ExitStack() as stack:
        proxy = stack.enter_context(UnixProxy(socket_of(database), behind))
        urls = {"one": database, "two": database, "three": through(behind, database)}
        workers = {name: a_worker(tmp_path, name, url) for name, url in urls.items()}
        stack.callback(_end, workers.values())
        assert becomes(practice.all_stand, within=90), logs(tmp_path)
        assert len([w for w in workers_shown(tmp_path, database) if w["engine"] == "procrastinate"]) == 3

        workers["one"].send_signal(signal.SIGKILL)
        proxy.cut()
        since = datetime.now(UTC)
        practice.change_all()
        mended = time.monotonic() + CUT_SECONDS
        assert becomes(practice.all_stand, within=2 * INTERVAL + 60), logs(tmp_path)
        assert becomes(lambda: practice.synced_since(since), within=60), logs(tmp_path)
        time.sleep(max(mended - time.monotonic(), 0))
        proxy.mend()
        back = datetime.now(UTC)
        assert becomes(lambda: practice.synced_since(back), within=90), logs(tmp_path)

        for name in ("two", "three"):
            workers[name].send_signal(signal.SIGTERM)
        started = time.monotonic()
        assert [workers[name].wait(20) for name in ("two", "three")] == [0, 0], logs(tmp_path)
        assert time.monotonic() - started < 10

    _nothing_was_doubled(practice, tmp_path)


def _end(workers: Iterable[subprocess.Popen[bytes]]) -> None:
    for worker in workers:
        if worker.poll() is None:
            worker.kill()
        worker.wait(20)


def _nothing_was_doubled(practice: Practice, folder: Path) -> None:
    assert all(practice.body(number).count(b"BEGIN:VEVENT") == 1 for number in range(CALENDARS))
    mails = [message_from_bytes(path.read_bytes())["Message-ID"] for path in (folder / "mail").glob("*.eml")]
    assert (len(mails), len(set(mails))) == (CALENDARS, CALENDARS)
    with practice.store.reading() as tx:
        for action in (Act.CREATE, Act.UPDATE):
            told = tx.audit.latest(AuditQuery(action=action), 10 * CALENDARS)
            assert Counter(link.record.subject for link in told) == {one.id: 1 for one in practice.sessions}
        assert tx.drifts.list(DriftQuery()) == []
        assert tx.works.failing() == []
        assert tx.works.get(WorkKind.CALENDAR, practice.calendars[0].id) is not None


def test_a_change_wakes_a_worker(practice: Practice, database: str, tmp_path: Path) -> None:
    """What becomes due in a transaction has its job when that ends, and only then."""
    store = open_store(database, Jobs(database).defer)
    with store.transaction() as tx:
        tx.works.poke(Key(WorkKind.SERIES, "ser-none"))
        with practice.store.reading() as other:
            assert other.works.get(WorkKind.SERIES, "ser-none") is None
    worker = a_worker(tmp_path, "one", database)
    try:
        assert becomes(practice.all_stand, within=90), logs(tmp_path)
        practice.change_all()
        assert becomes(practice.all_stand, within=INTERVAL), logs(tmp_path)
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
        store.close()
