"""The append-only audit trail: each record holds the hash of the one before, so that no edit, gap or swap can hide."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from operator import eq, ge, lt
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    String,
    Text,
    bindparam,
    cast,
    false,
    func,
    select,
    type_coerce,
    union_all,
    update,
)

from syncd.adapters.db import tables
from syncd.adapters.db.rows import Repository, given
from syncd.adapters.db.types import Canonical
from syncd.core.audit.chain import ChainLink, Head, StoredLink, link_hash
from syncd.core.audit.record import AuditRecord
from syncd.ports.store.audit import AuditQuery

_table = tables.audit
_head = tables.audit_head

_PORTION = 1000  # as many links in memory at once
_HEADLESS = "The audit trail has lost its head."


# As texts: to make values of a million links takes longer than to hash them.
_CHAIN = (
    select(
        _table.c.number,
        type_coerce(_table.c.at, String),
        _table.c.actor,
        _table.c.action,
        _table.c.subject,
        cast(_table.c.details, Text),
        _table.c.previous,
        _table.c.hash,
    )
    .where(_table.c.number > bindparam("last"))
    .order_by(_table.c.number)
    .limit(_PORTION)
)


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
                (_table.c.number, lt, query.before),
            )
        )
        if query.action is not None:
            found = self._of_actions(found, self._actions(query.action), limit)
        rows = self._many(found.order_by(_table.c.number.desc()).limit(limit))
        return [link_of(row) for row in reversed(rows)]

    def _actions(self, word: str) -> Sequence[str]:
        """Return the actions on record that are that word or begin with it and a dot: a look-up for each."""
        first = select(func.min(_table.c.action))
        found, one = [], self._connection.execute(first.where(_table.c.action >= word)).scalar_one()
        while one is not None and one.startswith(word):
            if one == word or one.startswith(f"{word}."):
                found.append(one)
            one = self._connection.execute(first.where(_table.c.action > one)).scalar_one()
        return found

    def _of_actions(self, query: Select[Any], actions: Sequence[str], limit: int) -> Select[Any]:
        """Return the last links with any of the actions: the last so many of each, so that an index gives them."""
        if not actions:
            return query.where(false())
        last = (query.where(_table.c.action == one).order_by(_table.c.number.desc()).limit(limit) for one in actions)
        numbers = union_all(*(select(one.subquery().c.number) for one in last)).subquery()
        return select(_table).where(_table.c.number.in_(select(numbers.c.number)))

    def chain(self) -> Iterator[StoredLink]:
        """Yield every link as its text is stored, by number."""
        self.flush()
        last = 0
        while rows := self._connection.execute(_CHAIN, {"last": last}).all():
            for number, at, *rest in rows:
                yield StoredLink(number, _iso(at), *rest)
            last = rows[-1][0]

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
        "details": Canonical(record.details),
    }


def _iso(moment: Any) -> str:
    """Return when it was, in ISO 8601; SQLite has it as text without its zone, and with microseconds that are none."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat()
    return f"{moment[:10]}T{moment[11:].removesuffix('.000000')}+00:00"


def _record(row: RowMapping) -> AuditRecord:
    return AuditRecord(
        at=row["at"], actor=row["actor"], action=row["action"], subject=row["subject"], details=row["details"]
    )


def link_of(row: RowMapping) -> ChainLink:
    """Return the link of the chain that stands in a row."""
    return ChainLink(row["number"], _record(row), row["previous"], row["hash"])
