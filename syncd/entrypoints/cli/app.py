"""The application: every noun's commands by name, and the one place where an error becomes an exit code."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from syncd import __version__
from syncd.entrypoints.cli.frame import (
    ConfigOption,
    DebugOption,
    ExitCode,
    JsonOption,
    Options,
    fail,
    markup_mode,
    say,
)

HELP = """Keep a practice's appointments true in its providers' own calendars.

Start with `syncd init`, then `syncd provider add`, `syncd client add`, `syncd calendar add` and
`syncd appointment book`; `syncd reconcile` runs one cycle, `syncd run` keeps running them.
"""


class Place(NamedTuple):
    """Where a command is: a module of this package that has a function ``register``, or a group of commands in it.

    ``line`` is what the list of commands says of it; a test holds it against the command's own help.
    """

    module: str
    line: str
    group: str = "app"


COMMANDS: dict[str, Place] = {
    "init": Place("system", "Create or upgrade the database, and the key that seals passwords. Safe to repeat."),
    "check": Place("system", "Try the configuration, the database, the key, the mail folder and every calendar."),
    "status": Place("system", "Show how all stands: the calendars, what waits, how old the proof is that all agree."),
    "run": Place("system", "Keep the calendars true until stopped."),
    "config": Place("config", "The settings: what they are, where each comes from, and what is wrong with them."),
    "provider": Place("people", "The people who hold sessions and keep a calendar.", "provider_app"),
    "client": Place("people", "The people who come to sessions.", "client_app"),
    "calendar": Place("calendar", "Providers' calendars, to which syncd publishes."),
    "appointment": Place("appointment", "Sessions of a provider with a client: book, move, cancel, look up."),
    "reconcile": Place("reconcile", "Run one cycle now over all calendars, due or not."),
    "drift": Place("drift", "Edits that were made in a provider's calendar behind the practice's back."),
    "claim": Place("claim", "Claims: none carries a date that is not its appointment's."),
    "alerts": Place("alerts", "What somebody should act on: since when, why, and what to do."),
    "report": Place("report", "Reports for the practice's admins."),
    "audit": Place("audit", "The record of every decision and change, chained by hash."),
    "message": Place("message", "The outgoing mail: what waits, what left, what was put aside."),
    "mail": Place("mail", "Mail that comes in: answers to invitations, and mails that came back."),
    "link": Place("link", "The signed links in mails."),
    "worker": Place("system", "Do work beside other workers, on this machine or another, until stopped."),
    "workers": Place("system", "Show who works, and on what."),
    "web": Place("system", "Serve the console, the API and what monitors ask, and nothing else."),
    "import": Place("importing", "Take over providers, clients and appointments from another system."),
    "feed": Place("feed", "Providers' calendars at secret addresses, to subscribe to."),
    "user": Place("user", "The people who may sign in to the console."),
    "token": Place("token", "Tokens by which programs use the API."),
    "backup": Place("upkeep", "Write a consistent copy of the database, also while syncd runs."),
    "restore": Place("upkeep", "Put a backup back."),
    "export": Place("upkeep", "Write the whole record into a file, to move it to another database."),
    "import-store": Place("upkeep", "Fill an empty database from an export, be it SQLite or PostgreSQL."),
    "prune": Place("upkeep", "Let go of what is over, as the settings say; the daemon does it once a day."),
    "key": Place("keys", "The key that seals the passwords of calendars."),
    "manual": Place("manual", "Print the manual page, of which every command is a part: for man(1)."),
    "completion": Place("manual", "Print what makes a shell complete commands and options."),
    "demo": Place("demo", "Play the main job on sample data."),
}
"""All commands, in the order of the help. Each is imported when it is run, so that none waits for the others."""


class LazyGroup(TyperGroup):
    """The root of the commands: knows a name and a line of each, and imports the one that is run."""

    def __init__(self, **attributes: Any) -> None:
        """Take what typer gives; the commands come from `COMMANDS`."""
        super().__init__(**attributes)
        for name, place in COMMANDS.items():
            self.commands[name] = TyperCommand(name, help=place.line, rich_markup_mode=self.rich_markup_mode)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command that ``args`` begin with, imported, and the rest of them."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, self.load(name) if name in COMMANDS else command, rest

    def load(self, name: str) -> TyperCommand | TyperGroup:
        """Import a command, or a group of them."""
        place = COMMANDS[name]
        module = import_module(f"syncd.entrypoints.cli.{place.module}")
        if not hasattr(module, "register"):
            noun: typer.Typer = getattr(module, place.group)
            noun.rich_markup_mode = self.rich_markup_mode
            group = get_group(noun)
            group.name = name
            return group
        verbs = typer.Typer(rich_markup_mode=self.rich_markup_mode)
        module.register(verbs)
        verbs.registered_commands = [one for one in verbs.registered_commands if one.name == name]
        return get_group(verbs).commands[name]  # type: ignore[return-value]  # typer makes its own kinds only


def application() -> typer.Typer:
    """Build the command line."""
    app = typer.Typer(
        name="syncd",
        cls=LazyGroup,
        help=HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=markup_mode(),
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_common)
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
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback reaches a user
        return fail(error, as_json=as_json, debug=debug)


def _usage(error: typer.TyperException, *, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "syncd"
    message = error.format_message()
    if not message:  # the help was shown instead
        return error.exit_code
    if not as_json and message.startswith("Usage"):  # no command was given, and the help is the message
        sys.stdout.write(f"{message}\n")
        return error.exit_code
    if not as_json:
        message = f"{message}\nSee: {path} --help"
    say("usage", message, {"command": path}, as_json=as_json)
    return error.exit_code


def _forget_stdout() -> None:
    # The reader of the pipe is gone; without this the interpreter complains once more when it flushes at exit.
    sys.stdout = Path("/dev/null").open("w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
