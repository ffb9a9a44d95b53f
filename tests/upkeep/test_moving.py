"""The whole record moves from one kind of database to another and back, and is the same there."""

import gzip
import json
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select

from syncd.adapters.db import SqlStore
from syncd.adapters.db.bulk import TABLES
from syncd.adapters.db.engine import make_engine
from syncd.adapters.db.transfers import SqlTransfers
from syncd.adapters.db.vault import FernetVault, new_key
from syncd.core.access.permissions import NotPermittedError
from syncd.core.access.principal import Role, local_administrator
from syncd.core.audit.record import AuditRecord
from syncd.core.sync.calendars import CalendarState
from syncd.core.work import Key, Worker, WorkKind
from syncd.ports.transfers import TransferError
from syncd.services.audit.trail import verify
from syncd.services.upkeep.moving import Exported, Imported, export, import_store
from tests.adapters_db.test_messages import a_message
from tests.builders import NOW, a_provider
from tests.entrypoints.command import Shell
from tests.growth.years import Years, fill_in

ADMIN = local_administrator("root")
KEY = "the key"
SEALING = FernetVault(new_key())


@dataclass
class Database:
    """One database and how it is moved."""

    url: str
    store: SqlStore

    def export(self, target: Path) -> Exported:
        return export(self.store, SqlTransfers(self.url), target, KEY, ADMIN, NOW)

    def take(self, source: Path, *, resume: bool = True, key: str = KEY) -> Imported:
        return import_store(SqlTransfers(self.url), source, frozenset({key}), ADMIN, NOW, resume=resume)

    def rows(self) -> dict[str, list[Any]]:
        """Return every row there is, but for who works and what the move itself puts on record."""
        engine = make_engine(self.url)
        with engine.connect() as connection:
            found = {
                table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
                for table in TABLES
                if table.name not in {"audit", "audit_head", "workers"}
            }
        engine.dispose()
        return found


@pytest.fixture
def databases(sqlite_url: str, postgres_url: str, open_stores: Callable[[str], SqlStore]) -> dict[str, Database]:
    return {kind: Database(url, open_stores(url)) for kind, url in (("sqlite", sqlite_url), ("postgres", postgres_url))}


@pytest.fixture
def old(request: pytest.FixtureRequest, databases: dict[str, Database]) -> Database:
    """A database that holds some of everything: of the kind that the test asks for, else SQLite."""
    one = databases[getattr(request, "param", "sqlite")]
    counts = dict.fromkeys(("appointments", "claims", "drifts", "messages", "audit", "publications"), 60)
    fill_in(one.url, Years(now=NOW, providers=20, clients=30, **counts))
    with one.store.transaction() as tx:
        first, *_ = tx.calendars.list()
        tx.calendars.save(replace(first, secret=SEALING.seal("hunter2")))
        details = {"é": [1.5, None, "\u2028"]}
        tx.audit.append([AuditRecord(at=NOW, actor="Zoë", action="x", subject="y", details=details)])
    return one


@pytest.fixture
def new(old: Database, databases: dict[str, Database]) -> Database:
    """The empty database of the other kind."""
    return next(one for one in databases.values() if one is not old)


both_ways = pytest.mark.parametrize("old", ["sqlite", "postgres"], indirect=True)


@both_ways
def test_all_of_it_moves(old: Database, new: Database, tmp_path: Path) -> None:
    """Every row is the same there, the trail is whole, and the passwords open with the same key."""
    file = tmp_path / "export.gz"
    done = old.export(file)
    taken = new.take(file)
    assert taken.transfer.counts == done.transfer.counts
    assert new.rows() == old.rows()
    assert verify(new.store).ok
    with new.store.reading() as tx:
        secrets = [calendar.secret for calendar in tx.calendars.list()]
    assert "hunter2" in [SEALING.unseal(secret) for secret in secrets if secret != b"sealed"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_table_is_left_behind(databases: dict[str, Database]) -> None:
    """Every table that the migrations make is known to what moves the record."""
    engine = make_engine(databases["sqlite"].url)
    with engine.connect() as connection:
        made = set(inspect(connection).get_table_names())
    engine.dispose()
    assert made - {"alembic_version"} == {table.name for table in TABLES}


@both_ways
def test_life_goes_on_there(old: Database, new: Database, tmp_path: Path) -> None:
    """Numbers go on after the highest, and what guards the record is there again."""
    old.export(tmp_path / "export.gz")
    new.take(tmp_path / "export.gz")
    with new.store.transaction() as tx:
        last = tx.messages.list()[-1]
        tx.messages.add([a_message(id="msg-new", appointment_id=last.appointment_id, uid="other")])
        assert tx.messages.get("msg-new").number > last.number
        tx.audit.append([AuditRecord(at=NOW, actor="x", action="y", subject="z")])
    assert verify(new.store).ok
    engine = make_engine(new.url)
    with engine.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.exec_driver_sql("UPDATE audit SET actor = 'somebody'")
    engine.dispose()


@both_ways
def test_while_somebody_writes(old: Database, new: Database, tmp_path: Path) -> None:
    """The export is one moment: what comes after it is not in it, and it says that somebody works."""
    worker = Worker(id="w", host="h", pid=1, engine="threads", started_at=NOW, seen_at=NOW)
    with old.store.transaction() as tx:
        tx.works.see(worker)
    done = old.export(tmp_path / "export.gz")
    assert done.running
    with old.store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-late"))
    new.take(tmp_path / "export.gz")
    with new.store.reading() as tx:
        assert not tx.providers.by_id(["prv-late"])
        assert tx.works.workers() == []


def test_work_that_somebody_had(old: Database, new: Database, tmp_path: Path) -> None:
    """Is nobody's there, and due when the lease would have ended."""
    with old.store.transaction() as tx:
        lease = tx.works.take_now(Key(WorkKind.PRUNE, "all"), "somebody", NOW)
    old.export(tmp_path / "export.gz")
    new.take(tmp_path / "export.gz")
    with new.store.reading() as tx:
        work = tx.works.get(WorkKind.PRUNE, "all")
    assert lease.owner == "somebody"
    assert work is not None
    assert work.owner is None


def test_calendars_wait_for_a_person(old: Database, new: Database, tmp_path: Path) -> None:
    """Each may be newer than the record, unless somebody says that nothing has worked there since."""
    old.export(tmp_path / "export.gz")
    done = new.take(tmp_path / "export.gz", resume=False)
    with new.store.reading() as tx:
        calendars = tx.calendars.list()
        [record] = [one for one in tx.audit.list() if one.action == "store.imported"]
    assert {calendar.state for calendar in calendars} == {CalendarState.RESTORED}
    assert sorted(done.calendars) == sorted(calendar.id for calendar in calendars)
    assert sorted(record.details["calendars"]) == sorted(done.calendars)


def test_a_database_that_holds_something(old: Database, new: Database, tmp_path: Path) -> None:
    """Is refused, and stays as it is."""
    old.export(tmp_path / "export.gz")
    with new.store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-own"))
    before = new.rows()
    with pytest.raises(TransferError, match="holds providers already"):
        new.take(tmp_path / "export.gz")
    assert new.rows() == before


def altered(file: Path, change: Callable[[list[str]], list[str]]) -> None:
    lines = gzip.decompress(file.read_bytes()).decode().removesuffix("\n").split("\n")
    file.write_bytes(gzip.compress(("\n".join(change(lines)) + "\n").encode()))


def without_a_row(lines: list[str]) -> list[str]:
    place = next(n for n, line in enumerate(lines) if '"table": "messages"' in line)
    return lines[: place + 1] + lines[place + 2 :]


def of_another_revision(lines: list[str]) -> list[str]:
    return [json.dumps(json.loads(lines[0]) | {"revision": "0001"}), *lines[1:]]


def with_a_forged_record(lines: list[str]) -> list[str]:
    return [line.replace('"Zoë"', '"Zoe"') for line in lines]


DAMAGES: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "a row is missing": (without_a_row, "rows of messages"),
    "of another revision": (of_another_revision, "of revision 0001"),
    "a record of the trail was changed": (with_a_forged_record, "audit trail"),
    "the end is missing": (lambda lines: lines[:-1], "damaged"),
    "some other file": (lambda _: ["BEGIN:VCALENDAR"], "damaged"),
    "another program's": (lambda _: ["{}"], "was not written by: syncd export"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_not_whole(old: Database, new: Database, tmp_path: Path, damage: str) -> None:
    """Is refused with the reason, and leaves the database empty."""
    file = tmp_path / "export.gz"
    old.export(file)
    change, told = DAMAGES[damage]
    altered(file, change)
    with pytest.raises(TransferError, match=told):
        new.take(file)
    assert not any(rows for name, rows in new.rows().items() if name != "work")


def test_a_file_that_was_cut_off(old: Database, new: Database, tmp_path: Path) -> None:
    """Is refused, wherever it was cut; so is one that is no export at all."""
    file = tmp_path / "export.gz"
    old.export(file)
    whole = file.read_bytes()
    for cut in (whole[: len(whole) // 2], whole[:5], b"", b"nothing of the kind"):
        file.write_bytes(cut)
        with pytest.raises(TransferError):
            new.take(file)
    with pytest.raises(TransferError, match=r"nowhere\.gz"):
        new.take(tmp_path / "nowhere.gz")


def test_another_key(old: Database, new: Database, tmp_path: Path) -> None:
    """The passwords would not open: the key has to be there first."""
    old.export(tmp_path / "export.gz")
    with pytest.raises(TransferError, match="the key named the key"):
        new.take(tmp_path / "export.gz", key="another")


def test_a_file_that_is_there(old: Database, tmp_path: Path) -> None:
    """Nothing is written over; and where nothing can be written the refusal says why."""
    (tmp_path / "export.gz").write_text("mine")
    with pytest.raises(TransferError, match="there already"):
        old.export(tmp_path / "export.gz")
    assert (tmp_path / "export.gz").read_text() == "mine"
    with pytest.raises(TransferError, match="No such file"):
        old.export(tmp_path / "nowhere" / "export.gz")


def test_who_may(old: Database, new: Database, tmp_path: Path) -> None:
    """Only who may manage the system."""
    reviewer, file = replace(ADMIN, role=Role.REVIEWER), tmp_path / "export.gz"
    with pytest.raises(NotPermittedError):
        export(old.store, SqlTransfers(old.url), file, KEY, reviewer, NOW)
    with pytest.raises(NotPermittedError):
        import_store(SqlTransfers(new.url), file, frozenset({KEY}), reviewer, NOW, resume=True)


def test_by_hand(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Export, another database with the same key, init, import: the commands that the help names."""
    shell.json("init")
    person = ("--name", "Dana Doe", "--email", "d@example.com", "--timezone", "America/New_York")
    shell.json("provider", "add", *person)
    written = shell.json("export", "--to", "export.gz")
    assert (written["rows"]["providers"], written["running"]) == (1, False)
    assert shell.refused("import-store", "export.gz")["code"] == "transfer_failed"
    monkeypatch.setenv("SYNCD_DATABASE__URL", f"sqlite:///{shell.folder}/other.db")
    assert shell.refused("import-store", "export.gz")["code"] == "database_unavailable"
    shell.json("init")
    assert shell.json("import-store", "export.gz", "--resume")["rows"] == written["rows"]
    assert [one["name"] for one in shell.json("provider", "list")["providers"]] == ["Dana Doe"]
    assert shell.json("audit", "verify")["ok"]
    assert "Dana Doe" in shell.run("provider", "list").out
