"""What every import has in common: a verdict for each line, and a rehearsal that leaves nothing behind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from syncd.core.access.principal import Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import SyncdError
from syncd.core.scheduling.importing import Imported, ImportVerdict, LineResult, Record
from syncd.ports.errors import StoreUnavailableError
from syncd.ports.store.transaction import Store, Transaction

Take = Callable[[Store, Record], LineResult]
"""Takes one line over, in transactions of a store; raises the `SyncdError` that says why not."""

REHEARSED_AT_ONCE = 1_000
"""So many lines are rehearsed in one transaction: it keeps all others from writing as long as it takes."""


def take_over(store: Store, records: Sequence[Record], take: Take, *, dry_run: bool) -> Iterator[LineResult]:
    """Yield what becomes of each record; one that is refused keeps no other from it.

    With ``dry_run`` what would become of it: carried out, and undone. Raises `StoreUnavailableError`.
    """
    if not dry_run:
        yield from (_taken(store, record, take) for record in records)
        return
    for first in range(0, len(records), REHEARSED_AT_ONCE):
        yield from _rehearsed(store, records[first : first + REHEARSED_AT_ONCE], take)


def note_import(store: Store, kind: Imported, counts: Mapping[str, int], by: Principal, now: datetime) -> None:
    """Put on record that a file was taken over. With it all that came before lasts, whatever happens to the machine."""
    details = {verdict.value: counts.get(verdict.value, 0) for verdict in ImportVerdict}
    with store.transaction() as tx:
        tx.audit.append([AuditRecord(at=now, actor=by.name, action="import", subject=f"{kind}s", details=details)])


def _taken(store: Store, record: Record, take: Take) -> LineResult:
    if record.refused:
        return LineResult(record.line, ImportVerdict.REFUSED, record.refused)
    try:
        return take(store, record)
    except StoreUnavailableError:
        raise
    except SyncdError as error:
        return LineResult(record.line, ImportVerdict.REFUSED, error.message)


class _UndoneError(Exception):
    """All was rehearsed."""


def _rehearsed(store: Store, records: Sequence[Record], take: Take) -> list[LineResult]:
    results: list[LineResult] = []
    with suppress(_UndoneError), store.transaction(durable=False) as tx:
        results = [_taken(_Rehearsal(tx), record, take) for record in records]
        raise _UndoneError
    return results


class _Rehearsal:
    """A store whose every unit of work is part of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Transaction]:  # noqa: ARG002 - nothing of it will last
        yield self._tx

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        yield self._tx


if TYPE_CHECKING:  # that it is one
    _STORE: Callable[[Transaction], Store] = _Rehearsal
