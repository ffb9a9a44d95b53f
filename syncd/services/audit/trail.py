"""Reading the audit trail, and proving that it is whole."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from syncd.core.audit.chain import ChainLink, Fault, Head, faults_in
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.transaction import Store

_MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of following the whole chain: where it ends, and where it does not hold (the first hundred places).

    The head, noted outside the database, proves later that everything up to it is unchanged.
    """

    head: Head
    faults: tuple[Fault, ...]
    is_expected: bool

    @property
    def ok(self) -> bool:
        """Tell whether the trail is whole, and what it was expected to be."""
        return not self.faults and self.is_expected


def verify(store: Store, expected: Head | None = None) -> Verification:
    """Follow the chain from its first record to its head. ``expected`` is a head that was noted elsewhere."""
    with store.reading() as tx:
        head = tx.audit.head()
        faults = tuple(islice(faults_in(tx.audit.chain(), head), _MOST_FAULTS))
        is_met = expected in {None, Head()} or any(
            Head(link.number, link.hash) == expected for link in tx.audit.chain()
        )
    return Verification(head, faults, is_met)


def listing(store: Store, query: AuditQuery, limit: int) -> list[dict[str, Any]]:
    """Return the last ``limit`` records that fit, oldest first, as plain data."""
    with store.reading() as tx:
        return [_document(link) for link in tx.audit.latest(query, limit)]


def verification_document(result: Verification) -> dict[str, Any]:
    """Return the result as plain data."""
    return {
        "ok": result.ok,
        "records": result.head.number,
        "head": f"{result.head.number}:{result.head.hash}",
        "expected_head_found": result.is_expected,
        "faults": [{"number": f.number, "kind": f.kind.value, "message": f.message} for f in result.faults],
    }


def _document(link: ChainLink) -> dict[str, Any]:
    record = link.record
    return {
        "number": link.number,
        "at": record.at.isoformat(timespec="seconds"),
        "actor": record.actor,
        "action": record.action,
        "subject": record.subject,
        "details": record.details,
        "hash": link.hash,
    }
