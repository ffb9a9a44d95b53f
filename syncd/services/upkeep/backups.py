"""Back the database up, keep so many backups, and put one back without writing to any calendar afterwards."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.sync.calendars import Calendar, CalendarState
from syncd.ports.backups import BackupError, Backups
from syncd.ports.store.transaction import Store, Transaction

_NAME = "syncd-%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup on disk. ``audit_head`` proves later that the trail up to it is unchanged; ``key`` names the key."""

    file: Path
    made_at: datetime
    revision: str
    audit_head: str
    key: str

    def manifest(self) -> dict[str, str]:
        """Return what is written beside it."""
        return {
            "file": str(self.file),
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "revision": self.revision,
            "audit_head": self.audit_head,
            "key": self.key,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put back, where the database of before is kept, and which calendars wait for a person's word."""

    file: Path
    kept: Path | None
    calendars: tuple[str, ...]


def back_up(store: Store, backups: Backups, folder: Path, key: str, by: Principal, now: datetime) -> Backup:
    """Write a backup and, beside it, what it is; ``key`` names the key that its passwords are sealed with.

    The key itself is not in it. Raises `BackupError`.
    """
    require(by, Permission.MANAGE_SYSTEM)
    _make(folder)
    stem = folder / now.astimezone(UTC).strftime(_NAME)
    target = stem.with_suffix(backups.suffix)
    if target.exists():
        raise BackupError(f"{target} is there already.", file=str(target))
    with store.reading() as tx:
        head = tx.audit.head()
    backups.write(target)
    made = Backup(
        file=target,
        made_at=now,
        revision=backups.check(target),
        audit_head=f"{head.number}:{head.hash}",
        key=key,
    )
    _write_private(stem.with_suffix(".json"), json.dumps(made.manifest(), indent=2) + "\n")
    with store.transaction() as tx:
        details = {"file": target.name, "head": made.audit_head}
        tx.audit.append([AuditRecord(at=now, actor=by.name, action="backup.made", subject="database", details=details)])
    return made


def forget_old(folder: Path, suffix: str, keep: int) -> tuple[Path, ...]:
    """Delete all but the newest ``keep`` backups of a folder, with what stands beside each; return which these were.

    Only what `back_up` named so is counted or deleted.
    """
    old = sorted(_made_here(folder, suffix), reverse=True)[keep:]
    for file in old:
        file.with_suffix(".json").unlink(missing_ok=True)
        file.unlink()
    return tuple(old)


def newest(folder: Path, suffix: str) -> datetime | None:
    """Return when the newest backup in a folder was made, None when there is none."""
    made = sorted(_made_here(folder, suffix))
    return datetime.strptime(made[-1].stem, _NAME).replace(tzinfo=UTC) if made else None


def restore(store: Store, backups: Backups, file: Path, by: Principal, now: datetime) -> Restored:
    """Put a backup back. The database of before is kept beside the backup, and no calendar is written to afterwards.

    What the calendars hold may be newer than what the record says now: each waits for a person, who looks at what
    differs (`syncd reconcile --dry-run`) and lets it go on (`syncd calendar resume`). Raises `BackupError`.
    """
    require(by, Permission.MANAGE_SYSTEM)
    backups.check(file)
    kept = file.with_name(f"before-restore-{now.astimezone(UTC).strftime(_NAME)}{backups.suffix}")
    backups.write(kept)
    backups.put_back(file)
    with store.transaction() as tx:
        held = hold_all(tx, file.name, now)
        details = {"file": file.name, "calendars": held}
        record = AuditRecord(at=now, actor=by.name, action="backup.restored", subject="database", details=details)
        tx.audit.append([record])
    return Restored(file=file, kept=kept, calendars=tuple(held))


def hold_all(tx: Transaction, file: str, now: datetime) -> list[str]:
    """Let every calendar wait for a person, since the record came from ``file``; return their ids."""
    held = [_held(calendar, file, now) for calendar in tx.calendars.list()]
    for calendar in held:
        tx.calendars.save(calendar)
    return [calendar.id for calendar in held]


def _held(calendar: Calendar, file: str, now: datetime) -> Calendar:
    """Return a calendar that waits for a person; its cursor is void, since it may lie in the record's future."""
    if calendar.state is CalendarState.PAUSED:
        return replace(calendar, cursor=None)
    when = f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    why = (
        f"The database was put back from {file} at {when}, so the calendar may be newer than the record. "
        f"See: syncd reconcile --dry-run --calendar {calendar.id}; then: syncd calendar resume {calendar.id}"
    )
    return replace(calendar, cursor=None, state=CalendarState.RESTORED, last_error=why, guards_waived=False)


def _made_here(folder: Path, suffix: str) -> Iterator[Path]:
    for file in folder.glob(f"syncd-*{suffix}") if folder.is_dir() else ():
        try:
            datetime.strptime(file.stem, _NAME)  # noqa: DTZ007 - only whether it is one of ours
        except ValueError:
            continue
        yield file


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BackupError(f"The folder {folder} cannot be made: {error.strerror}.", folder=str(folder)) from error


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def shown(paths: Sequence[Path]) -> list[str]:
    """Return paths as texts."""
    return [str(path) for path in paths]
