"""Following the chain of the audit trail in the database, and finding in it what was done past the store."""

import pytest

from syncd.core.audit.chain import FaultKind, Head
from syncd.core.audit.record import AuditRecord
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.transaction import Store
from syncd.services.audit.trail import verify
from tests.builders import NOW
from tests.databases import Direct


@pytest.fixture
def kept(store: Store) -> Store:
    """A store with five records, of two transactions."""
    for numbers in ((1, 2, 3), (4, 5)):
        with store.transaction() as tx:
            tx.audit.append(
                AuditRecord(
                    at=NOW, actor="cli", action=f"claim.step{number}", subject=f"apt-{number % 2}", details={"é": [1.5]}
                )
                for number in numbers
            )
    return store


@pytest.fixture
def unguarded(direct: Direct, database_url: str) -> Direct:
    """The database without the triggers that keep the trail append-only, as whoever owns it can make it."""
    if database_url.startswith("sqlite"):
        direct("DROP TRIGGER audit_no_update")
        direct("DROP TRIGGER audit_no_delete")
    else:
        direct("ALTER TABLE audit DISABLE TRIGGER USER")
    return direct


def test_a_trail_that_nobody_touched(kept: Store) -> None:
    """Is whole, and its head can be noted."""
    result = verify(kept)
    assert (result.ok, result.faults, result.head.number) == (True, (), 5)
    assert verify(kept, result.head).ok
    assert not verify(kept, Head(5, "other")).ok


def test_a_trail_on_which_nothing_stands(store: Store) -> None:
    """Is whole."""
    assert verify(store).ok


TAMPERINGS = {
    "edited": (["UPDATE audit SET actor = 'somebody' WHERE number = 3"], FaultKind.ALTERED, 3),
    "details edited": (["UPDATE audit SET details = '{}' WHERE number = 3"], FaultKind.ALTERED, 3),
    "deleted": (["DELETE FROM audit WHERE number = 3"], FaultKind.GAP, 4),
    "last deleted": (["DELETE FROM audit WHERE number = 5"], FaultKind.CUT_OFF, 5),
    "swapped": (
        [
            "UPDATE audit SET number = 9 WHERE number = 2",
            "UPDATE audit SET number = 2 WHERE number = 3",
            "UPDATE audit SET number = 3 WHERE number = 9",
        ],
        FaultKind.BROKEN,
        2,
    ),
}


@pytest.mark.parametrize(("statements", "kind", "number"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_a_trail_that_was_tampered_with(
    kept: Store, unguarded: Direct, statements: list[str], kind: FaultKind, number: int
) -> None:
    """Tells the first place at which it does not hold."""
    for statement in statements:
        unguarded(statement)
    first = verify(kept).faults[0]
    assert (first.kind, first.number) == (kind, number)


def test_records_that_fit(kept: Store) -> None:
    """The latest by subject, action, actor and time, oldest first."""

    def numbers(query: AuditQuery, limit: int = 9) -> list[int]:
        with kept.reading() as tx:
            return [link.number for link in tx.audit.latest(query, limit)]

    assert numbers(AuditQuery()) == [1, 2, 3, 4, 5]
    assert numbers(AuditQuery(), 2) == [4, 5]
    assert numbers(AuditQuery(subject="apt-1")) == [1, 3, 5]
    assert numbers(AuditQuery(action="claim")) == [1, 2, 3, 4, 5]
    assert numbers(AuditQuery(action="claim.step2")) == [2]
    assert numbers(AuditQuery(action="clai")) == []
    assert numbers(AuditQuery(actor="nobody")) == []
    assert numbers(AuditQuery(since=NOW)) == [1, 2, 3, 4, 5]
    assert numbers(AuditQuery(until=NOW)) == []
