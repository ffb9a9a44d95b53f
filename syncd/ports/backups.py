"""The port to what copies a whole database while it is in use, and puts a copy back."""

from pathlib import Path
from typing import Protocol

from syncd.core.errors import RefusalError


class BackupError(RefusalError):
    """The backup could not be made or put back; nothing was changed."""

    code = "backup_failed"


class Backups(Protocol):
    """Copies of one database."""

    @property
    def suffix(self) -> str:
        """How the names of its copies end: ``.db`` or ``.dump``."""
        ...

    def write(self, target: Path) -> None:
        """Write a consistent copy, also while others write. Raises `BackupError`; then there is no file."""
        ...

    def check(self, source: Path) -> str:
        """Return the schema revision of a copy. Raises `BackupError` for what is damaged, foreign, or too new."""
        ...

    def put_back(self, source: Path) -> None:
        """Make the database what the copy holds, all or nothing, and bring it to this program's revision."""
        ...
