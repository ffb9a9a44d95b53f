"""Exports and imports of the whole record."""

from pathlib import Path
from typing import Any

from syncd.services.upkeep.moving import Exported, Imported


def exported_document(file: Path, done: Exported) -> dict[str, Any]:
    """Return what was written."""
    transfer = done.transfer
    return {
        "file": str(file),
        "revision": transfer.revision,
        "audit_head": transfer.audit_head,
        "key": transfer.key,
        "running": done.running,
        "rows": dict(transfer.counts),
    }


def imported_document(file: Path, done: Imported) -> dict[str, Any]:
    """Return what was read, and which calendars wait."""
    transfer = done.transfer
    return {
        "file": str(file),
        "revision": transfer.revision,
        "audit_head": transfer.audit_head,
        "calendars": list(done.calendars),
        "rows": dict(transfer.counts),
    }
