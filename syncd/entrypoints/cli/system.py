"""Commands about the installation itself: init, check, status, run."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.entrypoints.cli.frame import ExitCode, Output, Run, command, lines
from syncd.entrypoints.cli.tables import facts, table

if TYPE_CHECKING:
    from collections.abc import Mapping


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    command(app, "init")(init)
    command(app, "check")(check)
    command(app, "status")(status)
    command(app, "run")(run_daemon)


def init(run: Run) -> Output:
    """Create or upgrade the database, and the key that seals passwords. Safe to repeat.

    **Example**

        syncd init --config /etc/syncd/syncd.toml
    """
    from syncd.bootstrap import initialise

    document = initialise(run.settings)
    return Output(document, facts(document))


def check(run: Run) -> Output:
    """Try the configuration, the database, the key, the mail folder and every calendar; say how to mend what fails."""
    from syncd.services.reporting.check import document
    from syncd.services.reporting.check import run as try_all

    result = document(try_all(run.system.probes()))
    code = ExitCode.DONE if result["ok"] else ExitCode.REFUSED
    rows = [{**one, "ok": "ok" if one["ok"] else "FAILED"} for one in result["checks"]]
    return Output(result, table(rows, ("ok", "name", "message"), empty=""), code)


def status(
    run: Run,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 when calendars wait and nobody comes.")
    ] = False,
) -> Output:
    """Show the last cycle, the calendars by state, what waits, and how old the proof is that all agree."""
    from syncd.services.reporting.status import status as look

    document = look(run.system.store, run.now).document(run.now)
    failed = exit_code and document["overdue"]
    return Output(document, facts(_told(document)), ExitCode.REFUSED if failed else ExitCode.DONE)


def run_daemon(run: Run) -> Output:
    """Keep the calendars true until stopped: SIGTERM stops within ten seconds, SIGHUP reads the settings again."""
    from syncd.entrypoints.daemon.daemon import Daemon
    from syncd.settings import load

    finished = Daemon(lambda: load(run.options.config), debug=run.options.debug).run()
    if not finished:
        _leave_at_once()
    return Output({"stopped": True}, lines(["Stopped."]))


def _leave_at_once() -> None:
    # A request hangs in a thread, and the interpreter would wait for it. What it was about is on record as an intent.
    import os

    os._exit(ExitCode.DONE)


def _told(document: "Mapping[str, Any]") -> dict[str, str]:
    calendars = ", ".join(f"{count} {state}" for state, count in document["calendars"].items())
    age = document["proof_age_seconds"]
    return {
        "last cycle": document["last_cycle_at"] or "never",
        "calendars": calendars or "none",
        "overdue": ", ".join(document["overdue"]) or "none",
        "waiting": f"{document['queue']['publications']} publications, {document['queue']['messages']} messages",
        "failed messages": str(document["failed_messages"]),
        "open drifts": str(document["open_drifts"]),
        "oldest proof": "none yet" if age is None else f"{age // 60} minutes ago",
        "never proven": str(document["never_proven"]),
        "nothing published yet": ", ".join(document["unpublished"]) or "none",
    }
