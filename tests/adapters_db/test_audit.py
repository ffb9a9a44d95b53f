"""The audit trail: the store's contract and the chain, on every database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from syncd.core.audit.chain import link_hash
from syncd.core.audit.record import AuditRecord
from syncd.ports.store.transaction import Store
from tests.builders import NOW
from tests.databases import Direct


def a_record(subject: str = "apt-1", action: str = "booked", **details: Any) -> AuditRecord:
    return AuditRecord(at=NOW, actor="cli", action=action, subject=subject, details=details)


def test_records(store: Store) -> None:
    """Records come back equal, oldest first; or those about one subject, or the first few."""
    first, second, third = a_record(), a_record("drf-1", minutes=50, names=["é"]), a_record(action="cancelled")
    with store.transaction() as tx:
        tx.audit.append([first, second])
        tx.audit.append([third])
        assert tx.audit.list() == [first, second, third]
    with store.reading() as tx:
        assert tx.audit.list() == [first, second, third]
        assert tx.audit.list(subject="apt-1") == [first, third]
        assert tx.audit.list(limit=1) == [first]


def test_in_a_transaction_that_fails(store: Store) -> None:
    """What did not take place is not on record."""

    def attempt() -> None:
        with store.transaction() as tx:
            tx.audit.append([a_record()])
            raise LookupError

    with pytest.raises(LookupError):
        attempt()
    with store.reading() as tx:
        assert tx.audit.list() == []


def test_chain(store: Store, direct: Direct) -> None:
    """Each record holds the hash of the one before, numbers have no gap, and the head is the last link."""
    for number in range(3):
        with store.transaction() as tx:
            tx.audit.append([a_record(f"apt-{number}", ratio=0.1), a_record("drf-1")])
    rows = direct("SELECT number, previous, hash FROM audit ORDER BY number")
    assert [row[0] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row[1] for row in rows] == ["", *(row[2] for row in rows[:-1])]
    assert direct("SELECT number, hash FROM audit_head") == [(6, rows[-1][2])]
    with store.reading() as tx:
        records = tx.audit.list()
    assert [row[2] for row in rows] == [
        link_hash(row[0], record, row[1]) for row, record in zip(rows, records, strict=True)
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda number, record, previous: (number + 1, record, previous),
        lambda number, record, previous: (number, record, previous + "0"),
        lambda number, _, previous: (number, a_record(action="other"), previous),
        lambda number, _, previous: (number, a_record(minutes=51), previous),
        lambda number, r, previous: (
            number,
            AuditRecord(at=r.at + timedelta(seconds=1), actor="cli", action="booked", subject="apt-1"),
            previous,
        ),
    ],
)
def test_hash(change: Callable[[int, AuditRecord, str], tuple[int, AuditRecord, str]]) -> None:
    """The hash changes with everything that is on record, and with its place."""
    original = (1, a_record(), "")
    assert link_hash(*change(*original)) != link_hash(*original)
