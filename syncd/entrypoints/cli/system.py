"""Commands about the installation itself: init, check, status, run."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.entrypoints.cli.frame import ExitCode, Output, Run, command, lines
from syncd.entrypoints.cli.tables import facts, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    command(app, "init")(init)
    command(app, "check")(check)
    command(app, "status")(status)
    command(app, "run")(run_daemon)
    command(app, "web")(serve_web)
    command(app, "worker")(run_worker)
    command(app, "workers")(workers)


def init(run: Run) -> Output:
    """Create or upgrade the database, and the key that seals passwords. Safe to repeat.

    **Example**

        syncd init --config /etc/syncd/syncd.toml
    """
    from syncd.bootstrap import initialise

    document = initialise(run.settings)
    return Output(document, facts(document))


def check(run: Run) -> Output:
    """Try the configuration, the database, the key, the mail folder and every calendar.

    Says of each whether it works, and how to mend what does not. Writes nothing.
    """
    from syncd.presentation.documents.standing import checks_document
    from syncd.services.reporting.check import run as try_all

    result = checks_document(try_all(run.system.probes(run.now)))
    code = ExitCode.DONE if result["ok"] else ExitCode.REFUSED
    rows = [{**one, "ok": "ok" if one["ok"] else "FAILED"} for one in result["checks"]]
    return Output(result, table(rows, ("ok", "name", "message"), empty=""), code)


def status(
    run: Run,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 when somebody should act.")] = False,
) -> Output:
    """Show how all stands: the calendars, what waits, how old the proof is that all agree."""
    from syncd.presentation.documents.standing import status_document
    from syncd.services.reporting.status import status as look

    document = status_document(look(run.store, run.now, run.objectives), run.now)
    failed = exit_code and not document["ok"]
    return Output(document, facts(_told(document)), ExitCode.REFUSED if failed else ExitCode.DONE)


def workers(run: Run) -> Output:
    """Show who works, and on what."""
    from syncd.presentation.documents.work import workers_document
    from syncd.services.work.showing import working

    document = workers_document(working(run.system.store), run.now)
    rows = [{**one, "work": _units(one["work"])} for one in document["workers"]]
    return Output(document, table(rows, ("host", "pid", "engine", "seen_at", "work"), empty="Nobody works."))


def run_daemon(run: Run) -> Output:
    """Keep the calendars true until stopped: SIGTERM stops within ten seconds, SIGHUP reads the settings again.

    Serves the console and what monitors ask on `web.listen` (default 127.0.0.1:8470) too.
    """
    return _work(run, web=True)


def _work(run: Run, *, web: bool) -> Output:
    from syncd.entrypoints.daemon.daemon import Daemon
    from syncd.settings import load

    finished = Daemon(
        lambda: load(run.options.config), debug=run.options.debug, web=web, config=run.options.config
    ).run()
    if not finished:
        _leave_at_once()
    return Output({"stopped": True}, lines(["Stopped."]))


def serve_web(run: Run) -> Output:
    """Serve the console, the API and what monitors ask, and nothing else: `syncd run` elsewhere does the work.

    Stops on SIGTERM or Ctrl-C. Where it listens: `web.listen` in the settings, or SYNCD_WEB__LISTEN.
    """
    from syncd.entrypoints.logs import configure
    from syncd.entrypoints.web.serving import serve

    configure(run.settings.logging, debug=run.options.debug)
    finished = serve(run.system, run.options.config)
    return Output({"stopped": True}, lines(["Stopped."]), ExitCode.DONE if finished else ExitCode.REFUSED)


def run_worker(run: Run) -> Output:
    """Do work beside other workers, on this machine or another, until stopped; needs `engine = "procrastinate"`.

    Answers monitors (/healthz, /readyz, /metrics) where `worker.listen` or SYNCD_WORKER__LISTEN gives an address.
    """
    from syncd.ports.errors import ConfigurationError

    if run.settings.engine != "procrastinate":
        raise ConfigurationError(
            'Workers beside each other need engine = "procrastinate" and PostgreSQL. With threads, run: syncd run'
        )
    return _work(run, web=False)


def _leave_at_once() -> None:
    # A request hangs in a thread, and the interpreter would wait for it. What it was about is on record as an intent.
    import os

    os._exit(ExitCode.DONE)


def _told(document: "Mapping[str, Any]") -> dict[str, str]:
    calendars = ", ".join(f"{count} {state}" for state, count in document["calendars"].items())
    age = document["proof_age_seconds"]
    return {
        "all well": "yes" if document["ok"] else "no: see what waits below, and the lists of it",
        "last cycle": document["last_cycle_at"] or "never",
        "calendars": calendars or "none",
        "overdue": ", ".join(document["overdue"]) or "none",
        "waiting": f"{document['queue']['publications']} publications, {document['queue']['messages']} messages",
        "publications": ", ".join(f"{number} {word}" for word, number in document["standing"].items() if number)
        or "none",
        "failed messages": str(document["failed_messages"]),
        "open drifts": str(document["open_drifts"]),
        "held claims": str(document["held_claims"]),
        "alerts": f"{document['alerts']}: see syncd alerts list" if document["alerts"] else "none",
        "oldest proof": "none yet" if age is None else f"{age // 60} minutes ago",
        "never proven": str(document["never_proven"]),
        "late work": _late(document["work"]),
        "failing": "\n".join(_failing(one) for one in document["failing"]) or "none",
        "modes": _modes(document),
        "nothing published yet": ", ".join(document["unpublished"]) or "none",
    }


def _modes(document: "Mapping[str, Any]") -> str:
    """Return the calendars in which something else is done than in most, and what is not written for it."""
    special = [f"{number} {mode}" for mode, number in document["modes"].items() if number and mode != "normal"]
    withheld = f"; {document['withheld']} events are not written for it" if document["withheld"] else ""
    return f"{', '.join(special)}{withheld}" if special else "all calendars normal"


def _units(work: "Iterable[Mapping[str, Any]]") -> str:
    return ", ".join(f"{unit['kind']} {unit['subject']}" for unit in work)


def _late(work: "Mapping[str, Any]") -> str:
    return ", ".join(f"{one['late']} {kind}" for kind, one in work.items() if one["late"]) or "none"


def _failing(one: "Mapping[str, Any]") -> str:
    then = f", next try {one['next_try_at']}" if one["next_try_at"] else ""
    return f"{one['kind']} {one['subject']}: {one['last_error']} ({one['attempts']} attempts{then})"
