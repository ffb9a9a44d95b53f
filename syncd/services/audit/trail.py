"""Reading the audit trail, and proving that it is whole."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from syncd.core.audit.chain import ChainLink, Fault, Head, StoredLink, faults_in
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.pages import FIRST, PART

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


Seen = Callable[[int, int], None]
"""Is told now and then how many records of how many were followed."""

_TOLD_EVERY = 10_000


def verify(store: Store, expected: Head | None = None, seen: Seen | None = None) -> Verification:
    """Follow the chain from its first record to its head. ``expected`` is a head that was noted elsewhere."""
    with store.reading() as tx:
        head, walk = tx.audit.head(), _Walk(expected, seen)
        faults = tuple(islice(faults_in(walk.along(tx.audit.chain(), head.number), head), _MOST_FAULTS))
        is_met = walk.is_met or (len(faults) == _MOST_FAULTS and _has(tx, expected))
    return Verification(head, faults, is_met)


@dataclass(slots=True)
class _Walk:
    """One walk along the chain: whether the head that was noted was met, and who is told how far it has come."""

    expected: Head | None
    seen: Seen | None
    is_met: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_met = self.expected in {None, Head()}

    def along(self, links: Iterable[StoredLink], most: int) -> Iterator[StoredLink]:
        for link in links:
            if not self.is_met and Head(link.number, link.hash) == self.expected:
                self.is_met = True
            if self.seen and link.number % _TOLD_EVERY == 0:
                self.seen(link.number, most)
            yield link


def _has(tx: Transaction, expected: Head | None) -> bool:
    return any(Head(link.number, link.hash) == expected for link in tx.audit.chain())


def links(tx: Transaction, query: AuditQuery, before: int | None = None) -> Iterator[ChainLink]:
    """Yield the links that fit, the latest first; ``before``: only those with lower numbers."""
    size = FIRST
    while part := tx.audit.latest(replace(query, before=before), size):
        yield from reversed(part)
        before, size = part[0].number, PART
