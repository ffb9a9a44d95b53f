"""`syncd run` is told to stop while there is much to do: series to extend and claims to prove by the thousand."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.adapters.db import SqlStore, open_store
from syncd.core.work import WorkKind
from tests.builders import a_client, a_provider, a_series, an_appointment, an_instance
from tests.entrypoints.command import Shell
from tests.entrypoints.running import Daemon, becomes

pytestmark = pytest.mark.server

SERIES = 3_000
SESSIONS = 20_000


def fill(store: SqlStore, now: datetime) -> None:
    """Store endless series with one session each, and sessions that are over and whose claims nobody has proven."""
    start = (now + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    series = [
        a_series(provider_id=f"prv-{number}", client_id=f"cli-{number}", rule="FREQ=WEEKLY", start=start)
        for number in range(SERIES)
    ]
    over = [an_appointment(start=start - timedelta(days=number // SERIES + 2)) for number in range(SESSIONS)]
    with store.transaction() as tx:
        for number, each in enumerate(series):
            tx.providers.add(a_provider(id=f"prv-{number}"))
            tx.clients.add(a_client(id=f"cli-{number}"))
            tx.series.add(replace(each, extended_until=start + timedelta(days=1)))
        tx.appointments.add([an_instance(each) for each in series])
        tx.appointments.add(over)


def done(database: Path) -> tuple[int, int]:
    """Return how many series were extended, and how many sessions that are over were dealt with."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        extended = connection.execute("SELECT count(*) FROM series WHERE version > 1").fetchone()[0]
        completed = connection.execute("SELECT count(*) FROM appointments WHERE status = 'completed'").fetchone()[0]
    return extended, completed


def test_it_is_told_to_stop(shell: Shell) -> None:
    """Within ten seconds, in good order; what is left stands in the record as due, and nobody has it."""
    (shell.folder / "syncd.toml").write_text("")
    shell.json("init")
    database = shell.folder / "var" / "syncd.db"
    store = open_store(f"sqlite:///{database}")
    try:
        fill(store, datetime.now(UTC))
        with Daemon(shell.folder) as daemon:
            assert becomes(lambda: all(done(database)), within=120), daemon.log
            code, seconds = daemon.stop()
            assert (code, seconds < 10) == (0, True), daemon.log
            assert '"clean": true' in daemon.log
        extended, completed = done(database)
        assert (extended < SERIES, completed < SESSIONS) == (True, True)
        with store.reading() as tx:
            loads = tx.works.load(datetime.now(UTC), timedelta(minutes=15))
            assert not tx.works.owners()
        assert loads[WorkKind.SERIES].due == SERIES - extended
        assert loads[WorkKind.CLAIM].due >= SESSIONS - completed
    finally:
        store.close()
