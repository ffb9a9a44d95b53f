"""The append-only audit trail: each record holds the hash of the one before, so that no edit, gap or swap can hide."""

from collections.abc import Iterable, Iterator, Sequence
from operator import eq, ge, lt
from typing import Any

from sqlalchemy import Connection, RowMapping, or_, select, update

from syncd.adapters.db import tables
from syncd.adapters.db.rows import Repository, given
from syncd.core.audit.chain import ChainLink, Head, link_hash
from syncd.core.audit.record import AuditRecord
from syncd.ports.store.audit import AuditQuery

_table = tables.audit
_head = tables.audit_head

_PORTION = 1000  # as many links in memory at once
_HEADLESS = "The audit trail has lost its head."


class SqlAudit(Repository):
    """The audit trail, in the database, which numbers and chains the records.

    Records are held back until `flush`, at the transaction's end: the chain's head is locked last and for a moment
    only, so that two transactions that audit never wait for each other in a ring.
    """

    def __init__(self, connection: Connection, *, read_only: bool) -> None:
        """Begin with nothing held back."""
        super().__init__(connection, read_only=read_only)
        self._waiting: list[AuditRecord] = []

    def append(self, records: Iterable[AuditRecord]) -> None:
        """Append, in order."""
        self._waiting.extend(records)

    def list(self, subject: str | None = None, limit: int | None = None) -> Sequence[AuditRecord]:
        """Return all, or those about a subject, oldest first."""
        self.flush()
        query = select(_table).order_by(_table.c.number).limit(limit)
        if subject is not None:
            query = query.where(_table.c.subject == subject)
        return [_record(row) for row in self._many(query)]

    def latest(self, query: AuditQuery, limit: int) -> Sequence[ChainLink]:
        """Return the last ``limit`` links that fit, oldest first."""
        self.flush()
        found = select(_table).where(
            *given(
                (_table.c.subject, eq, query.subject),
                (_table.c.actor, eq, query.actor),
                (_table.c.at, ge, query.since),
                (_table.c.at, lt, query.until),
            )
        )
        if query.action is not None:
            within = _table.c.action.startswith(f"{query.action}.", autoescape=True)
            found = found.where(or_(_table.c.action == query.action, within))
        rows = self._many(found.order_by(_table.c.number.desc()).limit(limit))
        return [_link(row) for row in reversed(rows)]

    def chain(self) -> Iterator[ChainLink]:
        """Yield every link, by number."""
        self.flush()
        query = select(_table).order_by(_table.c.number).limit(_PORTION)
        rows = self._many(query)
        while rows:
            yield from (_link(row) for row in rows)
            rows = self._many(query.where(_table.c.number > rows[-1]["number"]))

    def head(self) -> Head:
        """Return where the chain is said to end."""
        self.flush()
        row = self._one(select(_head), _HEADLESS)
        return Head(row["number"], row["hash"])

    def flush(self) -> None:
        """Write what was appended, as the chain's next links."""
        if not self._waiting:
            return
        head = self._one(self._locked(select(_head)), _HEADLESS)
        number, previous = head["number"], head["hash"]
        rows = []
        for record in self._waiting:
            number += 1
            digest = link_hash(number, record, previous)
            rows.append({**_values(record), "number": number, "previous": previous, "hash": digest})
            previous = digest
        self._insert(_table, rows, "The audit trail has that number already.")
        self._connection.execute(update(_head).values(number=number, hash=previous))
        self._waiting.clear()


def _values(record: AuditRecord) -> dict[str, Any]:
    return {
        "at": record.at,
        "actor": record.actor,
        "action": record.action,
        "subject": record.subject,
        "details": record.details,
    }


def _record(row: RowMapping) -> AuditRecord:
    return AuditRecord(
        at=row["at"], actor=row["actor"], action=row["action"], subject=row["subject"], details=row["details"]
    )


def _link(row: RowMapping) -> ChainLink:
    return ChainLink(row["number"], _record(row), row["previous"], row["hash"])
