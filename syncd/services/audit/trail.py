"""Reading the audit trail, and proving that it is whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

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


def listing(store: Store, query: AuditQuery, limit: int) -> Sequence[ChainLink]:
    """Return the last ``limit`` records that fit, oldest first."""
    with store.reading() as tx:
        return list(tx.audit.latest(query, limit))
