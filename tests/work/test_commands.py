"""Work as commands show it, and the engines as settings choose them."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.adapters.db import SqlStore, open_store
from syncd.core.work import Key, Trouble, WorkKind
from syncd.services.work.leases import Leases
from syncd.services.work.owners import process_owner
from syncd.services.work.units import due_at
from tests.entrypoints.command import Shell
from tests.servers.scripted import Scripted

pytestmark = pytest.mark.server

TROUBLE = Trouble("unreachable", "Nobody answers.")


@pytest.fixture
def store(shell: Shell) -> SqlStore:
    """The store of an installation whose calendar cannot be reached."""
    shell.json("init")
    store = open_store("sqlite:///./var/syncd.db")
    with store.transaction() as tx:
        tx.works.poke(Key(WorkKind.CLAIM, "clm-1"))
    with Leases(store).now(WorkKind.CLAIM, "clm-1") as held:
        now = datetime.now(UTC)
        held.leases.finish(held, due_at(now + timedelta(minutes=1)), now, TROUBLE)
    return store


def test_what_fails(shell: Shell, store: SqlStore) -> None:
    """Is shown by `status` with attempts, words and the next try, and by `check` as something to see to."""
    shown = shell.json("status")
    (failing,) = shown["failing"]
    assert (failing["subject"], failing["attempts"], failing["last_error"]) == ("clm-1", 1, "Nobody answers.")
    assert failing["next_try_at"] > failing["last_tried_at"]
    assert shown["work"]["claim"] == {"due": 0, "late": 0, "late_seconds": 0}
    checks = {check["name"]: check for check in shell.run("check", "--json").document["checks"]}
    assert not checks["work"]["ok"]
    assert "clm-1" in checks["work"]["message"]
    assert "Nobody answers." in checks["work"]["message"]


def test_what_is_due(shell: Shell, store: SqlStore) -> None:
    """Is counted by kind, and what is late besides."""
    with store.transaction() as tx:
        tx.works.add(Key(WorkKind.SERIES, "ser-1"), datetime.now(UTC) - timedelta(hours=1))
    shown = shell.json("status")["work"]["series"]
    assert (shown["due"], shown["late"]) == (1, 1)
    assert shown["late_seconds"] >= 3600


def test_who_works(shell: Shell, store: SqlStore) -> None:
    """Who has work at this moment is listed with it."""
    with Leases(store).now(WorkKind.CLAIM, "clm-1"):
        (worker,) = shell.json("workers")["workers"]
    assert worker["id"] == process_owner()
    assert [(unit["kind"], unit["subject"]) for unit in worker["work"]] == [("claim", "clm-1")]
    assert shell.json("workers") == {"workers": []}


def test_a_failing_calendar(shell: Shell, store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """`calendar list` shows its attempts, its last error and when it is tried again; it healed, nothing of it."""
    with Scripted() as server:
        shell.json("provider", "add", "--name", "Dana", "--email", "dana@example.com", "--timezone", "Europe/Berlin")
        monkeypatch.setattr("sys.stdin", io.StringIO(server.password))
        url = server.make_collection()
        login = ["--username", server.username, "--password-stdin"]
        shell.json("calendar", "add", "--provider", "dana@example.com", "--url", url, *login)
    assert shell.run("reconcile", "--json").code == 1
    (listed,) = shell.json("calendar", "list")["calendars"]
    assert (listed["state"], listed["attempts"]) == ("unreachable", 1)
    assert listed["last_error"]
    assert datetime.fromisoformat(listed["due_at"]) > datetime.now(UTC)


def test_jobs_on_sqlite(shell: Shell) -> None:
    """Is a configuration that cannot work: the error says what to set."""
    (Path(shell.folder) / "syncd.toml").write_text('engine = "procrastinate"\n')
    error = shell.refused("status", "--config", "syncd.toml", code=2)
    assert "PostgreSQL" in error["message"]
    assert 'engine = "threads"' in error["message"]


def test_a_worker_without_jobs(shell: Shell, store: SqlStore) -> None:
    """Says what it needs."""
    assert "procrastinate" in shell.refused("worker", code=2)["message"]
