"""Migrations: up, down, twice, at once; and that they make the tables that the code works with."""

import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Inspector, inspect

from syncd.adapters.db import SqlStore, downgrade, upgrade
from syncd.adapters.db.access_tables import metadata
from syncd.adapters.db.engine import make_engine
from syncd.adapters.db.schema import REVISION
from syncd.core.audit.record import AuditRecord
from syncd.core.claims.claim import ClaimStatus
from syncd.ports.errors import StoreUnavailableError
from tests.builders import (
    NOW,
    a_calendar,
    a_client,
    a_provider,
    a_publication,
    a_series,
    an_appointment,
    an_instance,
)
from tests.claims.builders import a_drift
from tests.databases import Direct, note_oldest

Open = Callable[[str], SqlStore]


def tables(url: str) -> set[str]:
    engine = make_engine(url)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def described(inspector: Inspector, table: str) -> Iterator[str]:
    """Yield what a database says of a table, one sentence a part, whatever the order of its columns."""
    for column in inspector.get_columns(table):
        yield f"{table}.{column['name']} {column['type']} {column['nullable']} {column['default']}"
    yield f"{table} primary key {inspector.get_pk_constraint(table)}"
    for check in inspector.get_check_constraints(table):
        yield f"{table} check {check['name']} {check['sqltext']}"
    for unique in inspector.get_unique_constraints(table):
        yield f"{table} unique {unique['name']} {unique['column_names']}"
    for key in inspector.get_foreign_keys(table):
        referred = f"{key['constrained_columns']} {key['referred_table']} {key['referred_columns']} {key['options']}"
        yield f"{table} foreign key {key['name']} {referred}"
    for index in inspector.get_indexes(table):
        conditions = {name: str(text) for name, text in index.get("dialect_options", {}).items()}
        yield f"{table} index {index['name']} {index['column_names']} {index['unique']} {conditions}"


def schema(url: str) -> set[str]:
    engine = make_engine(url)
    inspector = inspect(engine)
    names = set(inspector.get_table_names()) - {"alembic_version"}
    found = {sentence for name in names for sentence in described(inspector, name)}
    engine.dispose()
    return found


TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "
    "UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}


def triggers(url: str) -> set[str]:
    """Return the names of the triggers and of their functions."""
    engine = make_engine(url)
    with engine.connect() as connection:
        found = {str(row[0]) for row in connection.exec_driver_sql(TRIGGERS[engine.dialect.name])}
    engine.dispose()
    return found


class TestUpgrade:
    def test_from_nothing(self, fresh_url: str, open_stores: Open) -> None:
        """Setting up makes all tables, and says the revision that the store then reports."""
        assert upgrade(fresh_url) == REVISION
        assert tables(fresh_url) == {*metadata.tables, "alembic_version"}
        store = open_stores(fresh_url)
        store.ping()
        assert store.revision() == REVISION

    def test_again(self, fresh_url: str, open_stores: Open) -> None:
        """Repeating it changes nothing and loses nothing."""
        upgrade(fresh_url)
        provider = a_provider()
        with open_stores(fresh_url).transaction() as tx:
            tx.providers.add(provider)
        before = schema(fresh_url)
        assert upgrade(fresh_url) == REVISION
        assert schema(fresh_url) == before
        with open_stores(fresh_url).reading() as tx:
            assert tx.providers.list() == [provider]

    def test_from_two_places_at_once(self, fresh_url: str, open_stores: Open) -> None:
        """Whoever comes second waits and finds it done."""
        with ThreadPoolExecutor(2) as threads:
            assert list(threads.map(upgrade, [fresh_url, fresh_url])) == [REVISION, REVISION]
        open_stores(fresh_url).ping()

    def test_a_new_file(self, fresh_sqlite_url: str) -> None:
        """Clients' names stand in the database: its file is for its owner only."""
        upgrade(fresh_sqlite_url)
        path = Path(fresh_sqlite_url.removeprefix("sqlite:///"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        """The message names the file and what stands in its way."""
        (tmp_path / "var").write_text("a file where the folder should be")
        with pytest.raises(StoreUnavailableError, match=r"var/syncd\.db cannot be created: .+"):
            upgrade(f"sqlite:///{tmp_path}/var/syncd.db")


class TestDowngrade:
    def test_to_nothing(self, fresh_url: str) -> None:
        """Every step can be taken back, and leaves nothing behind."""
        upgrade(fresh_url)
        downgrade(fresh_url, "base")
        assert tables(fresh_url) == {"alembic_version"}
        assert triggers(fresh_url) == set()

    def test_and_up_again(self, fresh_url: str) -> None:
        """Down and up ends in the same schema."""
        upgrade(fresh_url)
        before = schema(fresh_url), triggers(fresh_url)
        downgrade(fresh_url, "base")
        upgrade(fresh_url)
        assert (schema(fresh_url), triggers(fresh_url)) == before

    def test_by_one_step_with_records(self, database_url: str, open_stores: Open) -> None:
        """A step back and forth keeps the records of the tables that both know."""
        one = an_appointment()
        with open_stores(database_url).transaction() as tx:
            tx.providers.add(a_provider(id="prv-1"))
            tx.clients.add(a_client(id="cli-1"))
            tx.appointments.add([one])
        downgrade(database_url, "0001")
        upgrade(database_url)
        with open_stores(database_url).reading() as tx:
            assert tx.appointments.get(one.id) == one


class TestPeople:
    """The step that lets each instance of a series be there once."""

    def test_an_instance_that_was_stored_twice(self, database_url: str, direct: Direct, open_stores: Open) -> None:
        """The one that counts less stays on record, cancelled and no instance any more; its claim is void."""
        series = a_series()
        kept, doubled = an_instance(series, 1), an_instance(series, 2)
        with open_stores(database_url).transaction() as tx:
            tx.providers.add(a_provider(id="prv-1"))
            tx.clients.add(a_client(id="cli-1"))
            tx.series.add(series)
            tx.appointments.add([kept, doubled])
            tx.claims.save(replace(tx.claims.get(kept.id), status=ClaimStatus.HELD))
        downgrade(database_url, str(ScriptDirectory.from_config(_config()).get_revision("0011").down_revision))
        direct("UPDATE appointments SET recurrence_wall = (SELECT min(recurrence_wall) FROM appointments)")

        upgrade(database_url)

        with open_stores(database_url).reading() as tx:
            assert tx.appointments.get(kept.id) == kept
            detached = tx.appointments.get(doubled.id)
            assert (detached.status, detached.series_id, detached.recurrence_id) == ("cancelled", None, None)
            assert tx.claims.get(doubled.id).status is ClaimStatus.VOID
            assert tx.claims.get(kept.id).status is ClaimStatus.HELD

    def test_a_series_that_overlaps_for_its_client(self, database_url: str, open_stores: Open) -> None:
        """Counts as meant: nobody was asked when it was booked, and its next sessions are not cancelled for it."""
        series, other = a_series(), a_series(id="ser-other")
        with open_stores(database_url).transaction() as tx:
            for number in (1, 2):
                tx.providers.add(a_provider(id=f"prv-{number}"))
            tx.clients.add(a_client(id="cli-1"))
            tx.series.add(series)
            tx.series.add(other)
            tx.appointments.add([an_instance(series), an_instance(other, 1), an_appointment(provider_id="prv-2")])
        downgrade(database_url, str(ScriptDirectory.from_config(_config()).get_revision("0011").down_revision))

        upgrade(database_url)

        with open_stores(database_url).reading() as tx:
            assert (tx.series.get(series.id).allow_overlap, tx.series.get(other.id).allow_overlap) == (True, False)


class TestPublicationStates:
    def test_what_was_let_go_of_before(self, database_url: str, open_stores: Open) -> None:
        """Publications that were deleted come back as forgotten, by the trail's word; what stands is live."""
        lost, stands, never = an_appointment(), an_appointment(), an_appointment()
        calendar = a_calendar(provider_id="prv-1")
        with open_stores(database_url).transaction() as tx:
            tx.providers.add(a_provider(id="prv-1"))
            tx.clients.add(a_client(id="cli-1"))
            tx.calendars.add(calendar)
            tx.appointments.add([lost, stands, never])
            tx.publications.add(a_publication(calendar, stands.source, body="BEGIN:VCALENDAR", published_at=NOW))
            tx.publications.add(a_publication(calendar, never.source))
            for one in (lost, stands):
                tx.audit.append([AuditRecord(at=NOW, actor="policy", action="created", subject=one.id)])
        downgrade(database_url, "0005")
        upgrade(database_url)
        with open_stores(database_url).reading() as tx:
            found = {one.id: tx.publications.ever_of_source(one.source) for one in (lost, stands, never)}
        states = {one: [(p.state.value, p.first_seen_at) for p in publications] for one, publications in found.items()}
        assert states == {lost.id: [("forgotten", NOW)], stands.id: [("live", NOW)], never.id: [("waiting", None)]}

    def test_down_again_without_what_is_not_watched(self, database_url: str, direct: Direct, open_stores: Open) -> None:
        """The older schema knows no publication of a calendar that is gone; drifts stay."""
        one, calendar = an_appointment(), a_calendar(provider_id="prv-1")
        with open_stores(database_url).transaction() as tx:
            tx.providers.add(a_provider(id="prv-1"))
            tx.clients.add(a_client(id="cli-1"))
            tx.appointments.add([one])
            tx.calendars.add(calendar)
            tx.publications.add(publication := a_publication(calendar, one.source))
            tx.drifts.add(a_drift(appointment_id=one.id, publication_id=publication.id))
            tx.calendars.remove(calendar.id)
        downgrade(database_url, "0005")
        assert direct("SELECT count(*) FROM publications") == [(0,)]
        assert direct("SELECT publication_id FROM drifts") == [(None,)]


class TestAgreement:
    def test_of_tables_and_migrations(self, database_url: str) -> None:
        """The migrations make the tables that the code describes: Alembic finds nothing to add."""
        engine = make_engine(database_url)
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        engine.dispose()

    def test_of_what_alembic_does_not_compare(self, fresh_url: str) -> None:
        """Checks, partial indexes and what foreign keys do are as the tables say, too."""
        upgrade(fresh_url)
        migrated = schema(fresh_url)
        downgrade(fresh_url, "base")
        engine = make_engine(fresh_url)
        metadata.create_all(engine)
        engine.dispose()
        assert schema(fresh_url) == migrated

    def test_of_the_code_and_the_newest_migration(self) -> None:
        """The revision that the code asks for is the newest there is, and the only newest."""
        scripts = ScriptDirectory.from_config(_config())
        assert scripts.get_heads() == [REVISION]
        assert sorted(revision.revision for revision in scripts.walk_revisions()) == [
            f"{number:04}" for number in range(1, int(REVISION) + 1)
        ]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "syncd.adapters.db:migrations")
    return config


class TestRevision:
    @pytest.mark.parametrize(
        ("revision", "advice"),
        [("0000", "Run: syncd init"), ("9999", "Install a newer syncd")],
    )
    def test_another_than_the_codes(
        self, database_url: str, direct: Direct, open_stores: Open, revision: str, advice: str
    ) -> None:
        """A database that is older or newer than the program is not worked on; the message says what to do."""
        note_oldest(database_url, "9999")
        direct(f"UPDATE alembic_version SET version_num = '{revision}'")  # noqa: S608 - a word of this test's own
        store = open_stores(database_url)
        with pytest.raises(StoreUnavailableError, match=advice):
            store.ping()
        with pytest.raises(StoreUnavailableError, match=advice), store.reading():
            pytest.fail("no work begins on it")

    def test_newer_than_the_code_is_not_upgraded(self, database_url: str, direct: Direct) -> None:
        """A newer database with which this code cannot work is left as it is."""
        note_oldest(database_url, "9999")
        direct("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StoreUnavailableError, match="Install a newer syncd"):
            upgrade(database_url)

    def test_of_a_database_that_was_never_set_up(self, fresh_postgres_url: str, open_stores: Open) -> None:
        """An empty database is told from one that cannot be reached."""
        store = open_stores(fresh_postgres_url)
        assert store.revision() is None
        with pytest.raises(StoreUnavailableError, match=r"has not been set up\. Run: syncd init"):
            store.ping()


def test_a_reference_to_nothing_in_sqlite(sqlite_url: str) -> None:
    """References are not checked while SQLite's tables are copied, so they are before the step counts."""
    engine = make_engine(sqlite_url, migrating=True)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO link_revocations (appointment_id, revoked_at) VALUES ('apt-none', '2026-12-01 10:00:00')"
        )
    engine.dispose()
    with pytest.raises(StoreUnavailableError, match="references to records that are not there"):
        downgrade(sqlite_url, REVISION)
