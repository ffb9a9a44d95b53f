"""The port to what writes the whole record into a file that any of the databases can be filled from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from syncd.core.errors import RefusalError
from syncd.ports.store.transaction import Transaction


class TransferError(RefusalError):
    """The record could not be exported or imported; nothing was changed."""

    code = "transfer_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What stands in a file: the schema's revision, the name of the key that seals its passwords, rows by table."""

    revision: str
    key: str
    counts: Mapping[str, int]
    audit_head: str


class Transfers(Protocol):
    """Exports of one database, and imports into it."""

    def write(self, target: Path, key: str) -> Transfer:
        """Write one moment of the record into a new file, also while others write. Raises `TransferError`."""
        ...

    def read(self, source: Path, keys: frozenset[str], settle: Callable[[Transaction, Transfer], None]) -> Transfer:
        """Fill the empty database from a file, and then let ``settle`` write in the same transaction.

        Compares the number of rows with what was written, and follows the audit trail. ``keys`` names the keys that
        are there. Raises `TransferError` for a file that is damaged, of another revision or sealed with another key,
        and for a database that holds anything.
        """
        ...
