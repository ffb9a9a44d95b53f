"""Backups, and what became of putting one back."""

from typing import Any

from syncd.services.upkeep.backups import Backup, Restored


def backup_document(backup: Backup) -> dict[str, Any]:
    """Return a backup on disk with its size."""
    return {**backup.manifest(), "bytes": backup.file.stat().st_size if backup.file.exists() else 0}


def restored_document(restored: Restored) -> dict[str, Any]:
    """Return what was put back."""
    return {
        "restored": str(restored.file),
        "kept": str(restored.kept) if restored.kept else None,
        "calendars": list(restored.calendars),
    }
