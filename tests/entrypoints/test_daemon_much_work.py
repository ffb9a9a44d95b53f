"""`syncd run` is told to stop while there is much to do: series to extend and claims to prove by the thousand."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncd.adapters.db import SqlStore, open_store
from syncd.core.work import WorkKind
from tests.builders import a_client, a_provider, a_series, an_appointment, an_instance
from tests.entrypoints.command import Shell
from tests.entrypoints.running import Daemon

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


def left(store: SqlStore) -> dict[WorkKind, int]:
    now = datetime.now(UTC)
    with store.reading() as tx:
        loads = tx.works.load(now, timedelta(minutes=15))
    return {kind: loads[kind].due for kind in (WorkKind.SERIES, WorkKind.CLAIM)}


def test_it_is_told_to_stop(shell: Shell) -> None:
    """Within ten seconds, in good order; what is left stands in the record as due, and nobody has it."""
    (shell.folder / "syncd.toml").write_text("")
    shell.json("init")
    store = open_store(f"sqlite:///{shell.folder}/var/syncd.db")
    try:
        fill(store, datetime.now(UTC))
        before = left(store)
        with Daemon(shell.folder) as daemon:
            deadline = time.monotonic() + 120
            while time.monotonic() < deadline and not all(left(store)[kind] < before[kind] for kind in before):
                time.sleep(0.1)
            code, seconds = daemon.stop()
            assert (code, seconds < 10) == (0, True), daemon.log
            assert '"clean": true' in daemon.log
        after = left(store)
        assert all(0 < after[kind] < before[kind] for kind in before), after
        with store.reading() as tx:
            assert not tx.works.owners()
    finally:
        store.close()
