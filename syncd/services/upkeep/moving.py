"""Moving the whole record to another database, of whichever kind."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
from syncd.core.audit.record import AuditRecord
from syncd.ports.store.transaction import Store, Transaction
from syncd.ports.transfers import Transfer, Transfers
from syncd.services.upkeep.backups import hold_all

_SEEN_LATELY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written. ``running``: somebody works on the record, so that what follows is not in the file."""

    transfer: Transfer
    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was read, and which calendars wait for a person's word."""

    transfer: Transfer
    calendars: tuple[str, ...]


def export(store: Store, transfers: Transfers, target: Path, key: str, by: Principal, now: datetime) -> Exported:
    """Write one moment of the whole record into a new file; ``key`` names the key that its passwords are sealed with.

    Passwords stay sealed, and the key is not in it. Raises `TransferError`.
    """
    require(by, Permission.MANAGE_SYSTEM)
    written = transfers.write(target, key)
    with store.transaction() as tx:
        running = any(worker.seen_at > now - _SEEN_LATELY for worker in tx.works.workers())
        details = {"file": target.name, "head": written.audit_head}
        record = AuditRecord(at=now, actor=by.name, action="store.exported", subject="database", details=details)
        tx.audit.append([record])
    return Exported(transfer=written, running=running)


def import_store(
    transfers: Transfers, source: Path, keys: frozenset[str], by: Principal, now: datetime, *, resume: bool
) -> Imported:
    """Fill an empty database from a file that `export` wrote. ``keys``: the names of the keys that are here.

    Unless ``resume`` says that nothing has worked on the old database since, each calendar may be newer than the record
    and waits for a person, as after a backup was put back. Raises `TransferError`.
    """
    require(by, Permission.MANAGE_SYSTEM)
    held: list[str] = []

    def settle(tx: Transaction, transfer: Transfer) -> None:
        held.extend(() if resume else hold_all(tx, source.name, now))
        details = {"file": source.name, "head": transfer.audit_head, "calendars": held}
        record = AuditRecord(at=now, actor=by.name, action="store.imported", subject="database", details=details)
        tx.audit.append([record])

    done = transfers.read(source, keys, settle)
    return Imported(transfer=done, calendars=tuple(held))
