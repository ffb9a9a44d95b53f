"""Units of work: what is seen when, what is undone, and what the database's refusals become."""

import socket
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier, Event
from urllib.parse import quote

import pytest
from sqlalchemy import make_url

from syncd.adapters.db import SqlStore, engine
from syncd.core.errors import ConflictError, NotFoundError, SyncdError
from syncd.core.scheduling.appointments import Appointment
from syncd.ports.errors import ConfigurationError, StoreUnavailableError
from syncd.ports.store.transaction import Store
from tests.adapters_db.test_messages import a_message
from tests.builders import START, a_calendar, a_provider, an_appointment

Open = Callable[[str], SqlStore]


class TestUnitOfWork:
    def test_a_block_that_raises(self, store: Store) -> None:
        """Nothing of a block that raises is stored, and its error comes out as it is."""

        def attempt() -> None:
            with store.transaction() as tx:
                tx.providers.add(a_provider())
                raise LookupError

        with pytest.raises(LookupError):
            attempt()
        with store.reading() as tx:
            assert tx.providers.list() == []

    def test_a_refusal_that_the_block_handles(self, store: Store) -> None:
        """After a refused addition the same transaction goes on."""
        with store.transaction() as tx:
            tx.providers.add(a_provider(email="pat@example.com"))
            with pytest.raises(SyncdError):
                tx.providers.add(a_provider(email="pat@example.com"))
            tx.providers.add(a_provider(email="sam@example.com"))
        with store.reading() as tx:
            assert {provider.email for provider in tx.providers.list()} == {"pat@example.com", "sam@example.com"}

    def test_while_another_writes(self, store: Store) -> None:
        """A reader waits for no writer and sees nothing of what is not committed."""
        with store.transaction() as writing:
            writing.providers.add(a_provider())
            with store.reading() as reading:
                assert reading.providers.list() == []

    def test_a_reader_while_another_commits(self, store: Store) -> None:
        """A reader sees one moment to its end."""
        with store.reading() as reading:
            assert reading.providers.list() == []
            with store.transaction() as writing:
                writing.providers.add(a_provider())
            assert reading.providers.list() == []

    def test_a_write_by_a_reader(self, store: Store) -> None:
        """Who asked only to look cannot write; whoever comes next can."""

        def attempt() -> None:
            with store.reading() as tx:
                tx.providers.add(a_provider())

        with pytest.raises(StoreUnavailableError, match="only be read"):
            attempt()
        with store.transaction() as tx:
            tx.providers.add(a_provider())

    def test_a_closed_store(self, store: SqlStore) -> None:
        """Closing gives the connections back; nothing is lost by it."""
        with store.transaction() as tx:
            tx.providers.add(a_provider())
        store.close()
        with store.reading() as tx:
            assert len(tx.providers.list()) == 1


class TestConcurrency:
    def test_two_bookings_of_one_provider(self, practice_store: Store) -> None:
        """Who looks for overlaps has the provider to itself until the end: the second booking sees the first."""
        first_looked, second_ended = Event(), Event()

        def second() -> list[Appointment]:
            first_looked.wait(5)
            with practice_store.transaction() as tx:
                seen = list(tx.appointments.overlapping("prv-1", START, an_appointment().end))
            second_ended.set()
            return seen

        with ThreadPoolExecutor() as threads:
            other = threads.submit(second)
            with practice_store.transaction() as tx:
                assert not tx.appointments.overlapping("prv-1", START, an_appointment().end)
                first_looked.set()
                assert not second_ended.wait(0.3)
                tx.appointments.add([one := an_appointment()])
            assert other.result(timeout=10) == [one]

    def test_many_writers(self, practice_store: Store) -> None:
        """Threads that read and then write in one transaction take turns; none fails and none is lost."""
        together = Barrier(8)

        def book(_number: int) -> None:
            together.wait(10)
            for _ in range(5):
                with practice_store.transaction() as tx:
                    tx.appointments.overlapping("prv-1", START, an_appointment().end)
                    tx.appointments.add([an_appointment()])

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(book, range(8)))
        with practice_store.reading() as tx:
            assert len(tx.appointments.overlapping("prv-1", START, an_appointment().end)) == 40

    def test_read_and_saved_by_two(self, practice_store: Store) -> None:
        """What a transaction got by id stays until its end: a message is not counted once for two attempts."""
        appointment, message = an_appointment(), a_message()
        together = Barrier(2)
        with practice_store.transaction() as tx:
            tx.appointments.add([appointment])
            tx.messages.add([a_message(id=message.id, appointment_id=appointment.id)])

        def attempt(_number: int) -> None:
            together.wait(10)
            with practice_store.transaction() as tx:
                found = tx.messages.get(message.id)
                tx.messages.save(a_message(id=found.id, appointment_id=appointment.id, attempts=found.attempts + 1))

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(attempt, range(2)))
        with practice_store.reading() as tx:
            assert tx.messages.get(message.id).attempts == 2

    def test_two_that_wait_for_each_other(self, postgres_store: Store) -> None:
        """PostgreSQL breaks a ring of waiting transactions; the one that loses is told to look again."""
        calendars = a_calendar(), a_calendar()
        with postgres_store.transaction() as tx:
            tx.providers.add(a_provider(id="prv-1"))
            for calendar in calendars:
                tx.calendars.add(calendar)
        together = Barrier(2)

        def cross(order: tuple[int, int]) -> bool:
            try:
                with postgres_store.transaction() as tx:
                    tx.calendars.get(calendars[order[0]].id)
                    together.wait(10)
                    tx.calendars.get(calendars[order[1]].id)
            except ConflictError:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(cross, [(0, 1), (1, 0)])) == [False, True]


def look(store: Store) -> None:
    with store.reading() as tx:
        tx.providers.list()


def write(store: Store) -> None:
    with store.transaction() as tx:
        tx.providers.add(a_provider())


class TestUnavailable:
    def test_a_file_that_is_not_there(self, tmp_path: Path, open_stores: Open) -> None:
        """A mistyped path is refused with the command that sets a database up, and makes no file."""
        store = open_stores(f"sqlite:///{tmp_path / 'absent.db'}")
        for ask in (look, write, SqlStore.ping, SqlStore.revision):
            with pytest.raises(StoreUnavailableError, match="syncd init"):
                ask(store)
        assert list(tmp_path.iterdir()) == []

    def test_a_file_that_is_no_database(self, tmp_path: Path, open_stores: Open) -> None:
        """A file of another kind is refused, not overwritten."""
        (tmp_path / "notes.txt").write_text("not a database at all\n" * 100)
        with pytest.raises(StoreUnavailableError, match="is no database of syncd's"):
            write(open_stores(f"sqlite:///{tmp_path / 'notes.txt'}"))

    def test_a_file_that_another_process_keeps_locked(
        self, sqlite_url: str, open_stores: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A writer does not wait for ever; readers are not concerned."""
        monkeypatch.setattr(engine, "_PATIENCE_SECONDS", 0.05)
        store = open_stores(sqlite_url)
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="busy"):
            write(store)
        look(store)
        other.close()

    def test_a_restored_file_that_another_process_uses(self, sqlite_url: str, open_stores: Open) -> None:
        """A copy made without write-ahead logging is switched to it as soon as nobody is in the way."""
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with ThreadPoolExecutor(1) as threads:
            looked = threads.submit(look, open_stores(sqlite_url))
            with pytest.raises(TimeoutError):
                looked.result(timeout=0.2)
            other.execute("COMMIT")
            looked.result(timeout=10)
        other.close()
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as fresh:
            assert fresh.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def test_a_server_that_does_not_listen(self, open_stores: Open) -> None:
        """The message says why the database cannot be reached, and not the password."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            store = open_stores(f"postgresql://syncd:hidden-word@127.0.0.1:{port}/syncd")
            with pytest.raises(StoreUnavailableError, match=r"cannot be reached: .*127\.0\.0\.1") as refusal:
                store.ping()
        assert "hidden-word" not in str(refusal.value)

    def test_a_server_without_that_database(self, postgres_url: str, open_stores: Open) -> None:
        """The message names the database that is missing."""
        url = make_url(postgres_url).set(database="absent").render_as_string(hide_password=False)
        with pytest.raises(StoreUnavailableError, match='database "absent" does not exist'):
            open_stores(url).ping()

    def test_more_at_once_than_there_are_connections(
        self, sqlite_url: str, open_stores: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who gets no connection in time is told so, and does not wait for ever."""
        monkeypatch.setattr(engine, "_POOL", {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.05})
        store = open_stores(sqlite_url)
        with store.reading(), pytest.raises(StoreUnavailableError, match="TimeoutError"):
            look(store)

    def test_a_value_in_a_failed_statement(self, practice_store: Store) -> None:
        """No database error, with the row's values in it, hangs on to a refusal and gets into a log."""
        with pytest.raises(NotFoundError) as refusal, practice_store.transaction() as tx:
            tx.appointments.add([an_appointment(provider_id="prv-none", location="Room of Chris Client")])
        assert refusal.value.__suppress_context__
        assert refusal.value.__cause__ is None
        assert "Room" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "syncd.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite://var/syncd.db",
        "mysql://example.com/syncd",
        "postgresql://example.com:port/syncd",
    ],
)
def test_an_address_of_another_kind(url: str, open_stores: Open) -> None:
    """What is neither an SQLite file nor a PostgreSQL server is refused with an example of what is."""
    with pytest.raises(ConfigurationError, match="sqlite:///"):
        open_stores(url)


def test_postgresql_without_its_driver(open_stores: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver is an extra; the message says how to install it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'syncd\[postgresql\]'"):
        open_stores("postgresql://example.com/syncd")


def test_a_path_with_odd_signs(tmp_path: Path, sqlite_template: Path, open_stores: Open) -> None:
    """A file's name may hold signs that mean something in addresses, as long as it is quoted."""
    path = tmp_path / "a b%20c?d#e.db"
    path.write_bytes(sqlite_template.read_bytes())
    open_stores(f"sqlite:///{quote(str(path))}").ping()
