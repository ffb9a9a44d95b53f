"""Processes that start at the same moment on one database: one migrates, the others wait and find it done."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from syncd.adapters.db import downgrade, schema, upgrade
from syncd.adapters.db.engine import make_engine
from syncd.adapters.db.schema import OLDEST_BESIDE, REVISION
from tests.adapters_db.releases import tables_of

PROCESSES = 3


def starting(folder: Path, url: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "SYNCD_DATABASE__URL": url}
    return subprocess.Popen(
        [sys.executable, "-m", "syncd", "init", "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Callable[[str], list["subprocess.Popen[str]"]]]:
    """Return a function that starts `syncd init` in several processes, in one folder, on one database."""
    started: list[subprocess.Popen[str]] = []

    def start(url: str) -> list["subprocess.Popen[str]"]:
        started.extend(starting(tmp_path, url) for _ in range(PROCESSES))
        return started

    yield start
    for process in started:
        process.kill()
        process.communicate()


def all_end_well(processes: list["subprocess.Popen[str]"]) -> None:
    for process in processes:
        out, err = process.communicate(timeout=180)
        assert process.returncode == 0, out + err
        assert json.loads(out)["revision"] == REVISION


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_new_installation(
    fresh_url: str, together: Callable[[str], list["subprocess.Popen[str]"]], tmp_path: Path
) -> None:
    """All end well, with all tables, and with one key among them."""
    all_end_well(together(fresh_url))
    engine = make_engine(fresh_url)
    with engine.connect() as connection:
        assert schema.current_revision(connection) == REVISION
        assert len(tables_of(connection)) > 10
    engine.dispose()
    assert [path.name for path in (tmp_path / "var").iterdir() if "key" in path.name] == ["secret.key"]


def test_an_upgrade_that_another_is_at(
    fresh_url: str, together: Callable[[str], list["subprocess.Popen[str]"]]
) -> None:
    """They wait as long as it takes, longer than for any other lock; nothing is migrated twice, no row is lost."""
    upgrade(fresh_url)
    downgrade(fresh_url, OLDEST_BESIDE)
    engine = make_engine(fresh_url, migrating=True)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO sign_in_tries VALUES ('someone', 1, '2026-12-01 10:00:00')"))
    with engine.begin() as connection:  # on SQLite its transaction is the lock
        if connection.dialect.name == "postgresql":
            schema._take_turn(connection)
        processes = together(fresh_url)
        wait_until(lambda: all(is_at(process, fresh_url) for process in processes))
        assert [process.poll() for process in processes] == [None] * PROCESSES
        assert schema.current_revision(connection) == OLDEST_BESIDE
    all_end_well(processes)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT subject FROM sign_in_tries")).scalars().all() == ["someone"]
    engine.dispose()


def is_at(process: "subprocess.Popen[str]", url: str) -> bool:
    """Tell whether a process has the database open: it then waits for its turn, and does nothing else before."""
    if url.startswith("sqlite"):
        opened = Path(f"/proc/{process.pid}/fd").iterdir()
        return url.removeprefix("sqlite:///") in {str(link.readlink()) for link in opened if link.is_symlink()}
    engine = make_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text(WAITING)).scalar_one()
    engine.dispose()
    return bool(found == PROCESSES)


WAITING = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
