"""Commands that copy the database and put a copy back."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from syncd.entrypoints.cli.frame import Output, Run, command
from syncd.entrypoints.cli.tables import facts


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    command(app, "backup")(backup)
    command(app, "restore")(restore)
    command(app, "export")(export)
    command(app, "import-store")(import_store)
    command(app, "prune")(prune)


def backup(
    run: Run,
    to: Annotated[Path | None, typer.Option("--to", metavar="DIR", help="Folder; default: backup.folder.")] = None,
) -> Output:
    """Write a consistent copy of the database, also while syncd runs, and delete the oldest beyond backup.keep.

    The key that seals passwords is not in it: keep a copy of the key elsewhere. Beside the copy stands what it is, with
    the head of the audit trail, by which `syncd audit verify --head` proves later that the trail is unchanged.

    **Example**

        syncd backup --to /srv/backups
    """
    from syncd.presentation.documents.backups import backup_document
    from syncd.services.upkeep.backups import back_up, forget_old, shown

    system, section = run.system, run.settings.backup
    folder = to or section.folder
    made = back_up(system.store, system.backups, folder, system.key_name, run.principal, run.now)
    forgotten = forget_old(folder, system.backups.suffix, section.keep)
    document = backup_document(made) | {"deleted": shown(forgotten)}
    return Output(document, facts(document))


def export(
    run: Run,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new file, such as syncd-export.gz.")],
) -> Output:
    """Write the whole record into a file, to move it to another database.

    The file is one moment, also while syncd runs. For a move stop syncd first, so that nothing follows that is not in
    it. Passwords stay sealed; the key is not in it and has to be moved by itself.

    **Example**

        syncd export --to /srv/syncd-export.gz
    """
    from syncd.presentation.documents.moving import exported_document
    from syncd.services.upkeep.moving import export as write_all

    system = run.system
    document = exported_document(
        to, write_all(system.store, system.transfers, to, system.key_name, run.principal, run.now)
    )
    told = {**document, "rows": sum(document["rows"].values())}
    if document["running"]:
        told["take care"] = "syncd runs: what it writes from now on is not in the file"
    return Output(document, facts(told))


def import_store(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `syncd export` wrote.")],
    resume: Annotated[
        bool, typer.Option("--resume", help="Nothing worked on the old database since: let the calendars go on.")
    ] = False,
) -> Output:
    """Fill an empty database from an export, be it SQLite or PostgreSQL.

    Put the old installation's key in place, set database.url, run `syncd init`, then this. All or nothing: rows are
    counted, and the audit trail is followed. Without --resume each calendar waits, as after a backup was put back: see
    `syncd reconcile --dry-run`, then `syncd calendar resume`. Never start the old installation again.

    **Example**

        syncd import-store /srv/syncd-export.gz --resume
    """
    from syncd.presentation.documents.moving import imported_document
    from syncd.services.upkeep.moving import import_store as read_all

    keys = frozenset(run.system.key_names)
    document = imported_document(
        file, read_all(run.system.transfers, file, keys, run.principal, run.now, resume=resume)
    )
    return Output(document, facts({**document, "rows": sum(document["rows"].values())}))


def prune(
    run: Run,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show how much it would be.")] = False,
) -> Output:
    """Let go of what is over, as the settings say; the daemon does it once a day.

    How long it is kept stands in [retention]. The audit trail, appointments, their history and claims are kept for
    good, and so is all that an undecided claim or an open drift rests on. Safe beside a running daemon.

    **Example**

        syncd prune --dry-run
    """
    from syncd.services.upkeep.pruning import prunable
    from syncd.services.upkeep.pruning import prune as let_go

    act = prunable if dry_run else let_go
    found = act(run.system.store, run.system.retention, run.principal, run.now)
    counts = {str(litter): number for litter, number in found.items()}
    told = {"would be let go of" if dry_run else "let go of": "" if any(counts.values()) else "nothing"}
    return Output({"dry_run": dry_run, "pruned": counts}, facts(told | counts if any(counts.values()) else told))


def restore(
    run: Run, file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup that `syncd backup` made.")]
) -> Output:
    """Put a backup back. Stop syncd first. The database of before is kept beside the backup.

    Afterwards no calendar is written to: each may be newer than the record and waits for a person, who looks at what
    differs (`syncd reconcile --dry-run`) and lets it go on (`syncd calendar resume`).
    """
    from syncd.presentation.documents.backups import restored_document
    from syncd.services.upkeep.backups import restore as put_back

    if sys.stdin.isatty() and sys.stderr.isatty() and not run.options.as_json:
        typer.confirm("The database is replaced by the backup. Go on?", abort=True, err=True)
    restored = put_back(run.system.store, run.system.backups, file, run.principal, run.now)
    document = restored_document(restored)
    return Output(document, facts(document))
