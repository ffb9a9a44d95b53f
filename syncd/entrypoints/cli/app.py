"""The application: every noun's commands put together, and the one place where an error becomes an exit code."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from syncd import __version__
from syncd.entrypoints.cli.frame import ConfigOption, DebugOption, ExitCode, JsonOption, Options, fail, say

HELP = """Keep a practice's appointments true in its providers' own calendars.

Start with `syncd init`, then `syncd provider add`, `syncd client add`, `syncd calendar add` and
`syncd appointment book`; `syncd reconcile` runs one cycle, `syncd run` keeps running them.
"""


def application() -> typer.Typer:
    """Build the command line."""
    from syncd.entrypoints.cli import (
        appointment,
        audit,
        calendar,
        claim,
        demo,
        drift,
        link,
        message,
        people,
        reconcile,
        report,
        system,
        token,
        upkeep,
        user,
    )

    app = typer.Typer(
        name="syncd",
        help=HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_common)
    system.register(app)
    app.add_typer(people.provider_app, name="provider")
    app.add_typer(people.client_app, name="client")
    app.add_typer(calendar.app, name="calendar")
    app.add_typer(appointment.app, name="appointment")
    reconcile.register(app)
    demo.register(app)
    app.add_typer(drift.app, name="drift")
    app.add_typer(claim.app, name="claim")
    app.add_typer(report.app, name="report")
    app.add_typer(audit.app, name="audit")
    app.add_typer(message.app, name="message")
    app.add_typer(link.app, name="link")
    app.add_typer(user.app, name="user")
    app.add_typer(upkeep.key_app, name="key")
    upkeep.register(app)
    app.add_typer(token.app, name="token")
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"syncd {__version__}\n")
        raise typer.Exit


def _common(
    context: typer.Context,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Options(config, as_json, debug)


_common.__doc__ = HELP


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the process's exit code. No exception leaves, whatever happens."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    as_json, debug = "--json" in given, "--debug" in given
    try:
        return int(application()(args=given, prog_name="syncd", standalone_mode=False) or ExitCode.DONE)
    except typer.TyperException as error:
        return _usage(error, as_json=as_json)
    except typer.Abort:
        return _usage(typer.TyperException("Aborted."), as_json=as_json)
    except BrokenPipeError:
        _forget_stdout()
        return ExitCode.REFUSED
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback reaches a user
        return fail(error, as_json=as_json, debug=debug)


def _usage(error: typer.TyperException, *, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "syncd"
    message = error.format_message()
    if not message:  # the help was shown instead
        return error.exit_code
    if not as_json:
        message = message if message.startswith("Usage") else f"{message}\nSee: {path} --help"
    say("usage", message, {"command": path}, as_json=as_json)
    return error.exit_code


def _forget_stdout() -> None:
    # The reader of the pipe is gone; without this the interpreter complains once more when it flushes at exit.
    sys.stdout = Path("/dev/null").open("w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
