"""What monitors hear of a worker and of the web part: where they listen, and what they answer."""

import json
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.db import upgrade
from syncd.adapters.db.engine import make_engine
from syncd.adapters.procrastinate import install
from tests.databases import note_oldest
from tests.entrypoints.command import Shell
from tests.entrypoints.running import Daemon
from tests.web.browser import Browser

pytestmark = pytest.mark.server


@pytest.fixture
def address() -> tuple[str, int]:
    """An address on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host, port = free.getsockname()
    return str(host), int(port)


@pytest.fixture
def worker_folder(shell: Shell, postgres_url: str, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation on PostgreSQL whose worker is to listen."""
    monkeypatch.setenv("SYNCD_DATABASE__URL", postgres_url)
    monkeypatch.setenv("SYNCD_ENGINE", "procrastinate")
    install(postgres_url)
    Path("syncd.toml").write_text('[worker]\nlisten = "{}:{}"\n'.format(*address))
    shell.json("init", "--config", "syncd.toml")
    return shell.folder


def ready(browser: Browser) -> tuple[int, dict[str, Any]]:
    page = browser.get("/readyz")
    return page.status, {one["name"]: one["message"] for one in json.loads(page.body)["checks"]}


def upgrade_by_a_newer_program(url: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    note_oldest(url, "9999")


def test_a_worker(worker_folder: Path, postgres_url: str, address: tuple[str, int]) -> None:
    """It says that it lives, whether it can work, and what it did; it shows no pages. It ends as it is told."""
    with Daemon(worker_folder, command="worker") as worker:
        browser = Browser(*address)
        assert json.loads(browser.get("/healthz").body) == {"ok": True}
        status, checks = ready(browser)
        assert (status, set(checks)) == (200, {"database", "key", "scheduler"})
        assert b"syncd_cycles_total" in browser.get("/metrics").body
        assert browser.get("/metrics", **{"X-Forwarded-For": "203.0.113.9"}).status == 401
        assert {browser.get(path).status for path in ("/", "/login", "/openapi.json")} == {404}
        upgrade_by_a_newer_program(postgres_url)
        status, checks = ready(browser)
        assert status == 503
        assert "Install a newer syncd and restart" in checks["database"]
        code, seconds = worker.stop()
        assert (code, seconds < 10) == (0, True), worker.log


def test_a_worker_whose_address_is_taken(worker_folder: Path, shell: Shell, address: tuple[str, int]) -> None:
    """It does not start, and names the setting."""
    with socket.socket() as taken:
        taken.bind(address)
        taken.listen()
        message = shell.refused("worker", "--config", "syncd.toml", code=2)["message"]
    assert message.startswith("worker.listen = ")


def test_the_web_part(shell: Shell, sqlite_url: str, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd hears that it is ready and lives on; it answers, and ends as it is told."""
    monkeypatch.setenv("SYNCD_DATABASE__URL", sqlite_url)
    upgrade(sqlite_url)
    Path("syncd.toml").write_text('[web]\nlisten = "{}:{}"\n'.format(*address))
    shell.json("init", "--config", "syncd.toml")
    with Daemon(shell.folder, command="web") as web:
        assert web.says("WATCHDOG=1")
        assert ready(Browser(*address))[0] == 200
        web.send(signal.SIGTERM)
        assert web.says("STOPPING=1")
        assert web.ended()[0] == 0, web.log
