"""The append-only audit trail: each record holds the hash of the one before, so that no edit, gap or swap can hide."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from syncd.adapters.db import tables
from syncd.adapters.db.rows import Repository
from syncd.core.records import AuditRecord
from syncd.core.times import instant

_table = tables.audit
_head = tables.audit_head


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

    def flush(self) -> None:
        """Write what was appended, as the chain's next links."""
        if not self._waiting:
            return
        head = self._one(self._locked(select(_head)), "The audit trail has lost its head.")
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


def link_hash(number: int, record: AuditRecord, previous: str) -> str:
    """Return the hash of a record at its place in the chain: SHA-256 over canonical JSON."""
    link = {**_values(record), "at": instant(record.at).isoformat(), "number": number, "previous": previous}
    text = json.dumps(link, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


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
