"""A claim that becomes clear while a drift on its session is put on record, by two connections to PostgreSQL."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import psycopg
import pytest

from syncd.adapters.db import SqlStore
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import ClaimRules
from syncd.core.errors import InvalidValueError
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Transaction
from syncd.services.claims.claims import settle
from tests.builders import NOW, a_client, a_provider, an_admin, an_appointment
from tests.claims.builders import a_drift

ONE = an_appointment(id="apt-1")
OVER = ONE.end
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def kept(postgres_store: SqlStore) -> SqlStore:
    """A store with one session, and a drift on it that was settled before."""
    with postgres_store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-1"))
        tx.clients.add(a_client(id="cli-1"))
        tx.appointments.add([ONE])
        tx.drifts.add(a_drift(id="drift-old", status=DriftStatus.ACCEPTED, detected_at=NOW, resolved_at=NOW))
    return postgres_store


def clear_by_statement(tx: Transaction) -> None:
    """Save the claim as clear, without a look at what else there is."""
    claim = tx.claims.get(ONE.id)
    tx.claims.save(replace(claim, status=ClaimStatus.CLEAR, confirmed_at=OVER))


def settle_after_a_look(tx: Transaction) -> None:
    settle(tx, ONE.id, ClaimRules(), an_admin("test"), OVER, seen=ONE.version)


def record_a_drift(tx: Transaction) -> None:
    tx.drifts.add(a_drift(id="drift-new", detected_at=OVER))


def open_a_drift_again(tx: Transaction) -> None:
    tx.drifts.save(replace(tx.drifts.get("drift-old"), status=DriftStatus.OPEN, resolved_at=None))


def wait_until_blocked_or_done(url: str, other: Future[None]) -> None:
    """Return once the other transaction waits for a lock, or has ended."""
    until = time.monotonic() + 20
    with psycopg.connect(url, autocommit=True) as watcher:
        while not other.done() and time.monotonic() < until:
            row = watcher.execute(WAITING).fetchone()
            if row is not None and row[0]:
                return
    assert other.done(), "the other transaction neither waits nor ends"


@pytest.mark.parametrize("clears", [clear_by_statement, settle_after_a_look])
@pytest.mark.parametrize("drifts", [record_a_drift, open_a_drift_again])
@pytest.mark.parametrize("is_clear_first", [True, False])
def test_a_clear_and_a_drift_side_by_side(
    kept: SqlStore,
    postgres_url: str,
    clears: Callable[[Transaction], None],
    drifts: Callable[[Transaction], None],
    is_clear_first: bool,
) -> None:
    """Whoever comes second sees what the first did: no claim stays clear under an open drift."""
    first, second = (clears, drifts) if is_clear_first else (drifts, clears)

    def other() -> None:
        refusals = () if is_clear_first else (InvalidValueError,)
        with suppress(*refusals), kept.transaction() as tx:
            second(tx)

    with ThreadPoolExecutor(1) as threads:
        with kept.transaction() as tx:
            first(tx)
            done = threads.submit(other)
            wait_until_blocked_or_done(postgres_url, done)
        done.result(timeout=30)
    with kept.reading() as tx:
        assert tx.drifts.list(DriftQuery(status=DriftStatus.OPEN))
        assert tx.claims.get(ONE.id).status is not ClaimStatus.CLEAR
