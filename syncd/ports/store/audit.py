"""The store of the append-only audit trail."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syncd.core.audit.chain import ChainLink, Head, StoredLink
from syncd.core.audit.record import AuditRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which records of the trail to list; None leaves a condition out. ``action``: it, or what begins with ``it.``.

    ``before``: only records with lower numbers, which are older.
    """

    subject: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


class Audit(Protocol):
    """The append-only trail."""

    def append(self, records: Iterable[AuditRecord]) -> None:
        """Append, in order."""
        ...

    def list(self, subject: str | None = None, limit: int | None = None) -> Sequence[AuditRecord]:
        """Return all, or those about a subject, oldest first."""
        ...

    def latest(self, query: AuditQuery, limit: int) -> Sequence[ChainLink]:
        """Return the last ``limit`` links that fit, oldest first."""
        ...

    def chain(self) -> Iterator[StoredLink]:
        """Yield every link as its text is stored, by number; not all are held in memory at once."""
        ...

    def head(self) -> Head:
        """Return where the chain is said to end."""
        ...
