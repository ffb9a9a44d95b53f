"""What the databases refuse by themselves, to whoever sends them statements."""

import sqlite3
from datetime import date

import pytest
from sqlalchemy.exc import DBAPIError

from syncd.core.audit.record import AuditRecord
from syncd.core.scheduling.appointments import Change
from syncd.core.scheduling.people import Party
from syncd.ports.store.transaction import Store
from tests.builders import NOW, a_client, a_provider, an_appointment
from tests.databases import Direct

APPOINTMENT = an_appointment(id="apt-1")


def furnish(store: Store) -> None:
    """Store one appointment, a line of its history and an audit record."""
    with store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-1"))
        tx.clients.add(a_client(id="cli-1"))
        tx.appointments.add([APPOINTMENT])
        tx.appointments.record([Change(appointment_id="apt-1", at=NOW, kind="booked", by=Party.ADMIN, actor="cli")])
        tx.audit.append([AuditRecord(at=NOW, actor="cli", action="booked", subject="apt-1")])


@pytest.fixture
def kept(store: Store) -> Store:
    furnish(store)
    return store


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE claims SET date_of_service = '2026-12-02'",
        "INSERT INTO claims (id, appointment_id, date_of_service, status) VALUES ('c', 'apt-1', '2026-12-02', 'clear')",
        "UPDATE appointments SET date_of_service = '2026-12-02'",
        "UPDATE appointments SET start_wall = '2026-12-02 10:00:00.000000'",
        "DELETE FROM appointments",
    ],
)
def test_a_statement_that_would_part_claim_and_appointment(kept: Store, direct: Direct, statement: str) -> None:
    """No statement makes a claim's date differ from the local date of its appointment's start."""
    with pytest.raises(DBAPIError):
        direct(statement)
    with kept.reading() as tx:
        assert tx.claims.get("apt-1").date_of_service == tx.appointments.get("apt-1").date_of_service


def test_a_statement_that_moves_an_appointment(kept: Store, direct: Direct) -> None:
    """A move to another date that the database takes, carries the claim's date with it."""
    direct("UPDATE appointments SET start_wall = '2026-12-02 10:00:00.000000', date_of_service = '2026-12-02'")
    with kept.reading() as tx:
        assert tx.claims.get("apt-1").date_of_service == date(2026, 12, 2)


@pytest.mark.parametrize("table", ["audit", "appointment_changes"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET actor = 'somebody else'", "DELETE FROM {}"])
def test_a_statement_that_would_rewrite_the_past(kept: Store, direct: Direct, table: str, statement: str) -> None:
    """The audit trail and the appointments' histories can be added to, and nothing else."""
    before = direct(f"SELECT * FROM {table}")  # noqa: S608 - the table's name is one of this test's own
    with pytest.raises(DBAPIError, match="append-only"):
        direct(statement.format(table))
    assert direct(f"SELECT * FROM {table}") == before  # noqa: S608 - the same


def test_sqlite_opened_by_another_program(sqlite_store: Store, sqlite_url: str) -> None:
    """SQLite heeds foreign keys on request only; a claim's date holds, and follows, without the request."""
    furnish(sqlite_store)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="date of its appointment"):
        other.execute("UPDATE claims SET date_of_service = '2026-12-02'")
    with pytest.raises(sqlite3.IntegrityError, match="date of its appointment"):
        other.execute(
            "INSERT INTO claims (id, appointment_id, date_of_service, status) "
            "VALUES ('c', 'apt-none', '2026-12-02', 'pending')"
        )
    other.execute("UPDATE appointments SET start_wall = '2026-12-02 10:00:00', date_of_service = '2026-12-02'")
    assert other.execute("SELECT date_of_service FROM claims").fetchall() == [("2026-12-02",)]
    other.close()
