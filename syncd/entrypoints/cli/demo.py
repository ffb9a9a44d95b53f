"""The command that shows it all on sample data."""

import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from syncd.entrypoints.cli.frame import ExitCode, Output, Run, command, console, lines

if TYPE_CHECKING:
    from syncd.bootstrap import System
    from syncd.entrypoints.demo.server import DemoServer
    from syncd.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    command(app, "demo")(demo)


def demo(
    run: Run,
    once: Annotated[bool, typer.Option("--once", help="Exit after the story; otherwise stay up until Ctrl-C.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="The calendar server's port; default: free.")
    ] = None,
) -> Output:
    """Play the main job on sample data: publish over CalDAV, let providers edit, detect, put right.

    Brings a calendar server along, on loopback; everything is kept in ./var/demo and made anew at each start.
    """
    from syncd.entrypoints.demo.picture import picture
    from syncd.entrypoints.demo.story import demo_system, play
    from syncd.entrypoints.logs import configure

    signal.signal(signal.SIGTERM, _leave)
    with demo_system(port) as (system, server):
        configure(system.settings.logging, debug=run.options.debug, quiet=True)
        result = play(system, server, _tell)
        code = ExitCode.REFUSED if result.proof.errors else ExitCode.DONE
        if once:
            return Output(result.document(), lambda: picture(result), code)
        console(stderr=True).print(picture(result))
        _stay_up(system, server, debug=run.options.debug)
    return Output(result.document(), lines(["Stopped."]), code)


def _stay_up(system: "System", server: "DemoServer", *, debug: bool) -> None:
    from syncd.entrypoints.daemon.daemon import Daemon

    _tell(f"\nThe daemon goes on. Edit the calendars yourself with any CalDAV program at {server.url}, as one of:")
    for login in server.logins.values():
        _tell(f"  {login.username}, password {login.password}")
    settings = _with_a_free_address(system)
    _tell(f"\nOr decide on their edits in the console. This link lets you in, once:\n  {_way_in(system, settings)}\n")
    _tell("Ctrl-C ends the demo.\n")
    Daemon(lambda: settings, debug=debug).run()


def _way_in(system: "System", settings: "Settings") -> str:
    """Return the link by which an admin of the sample practice chooses a password."""
    from datetime import UTC, datetime

    from syncd.core.access.principal import Role, local_administrator
    from syncd.services.access.users import NewUser, add_user

    new = NewUser(name="Ana Admin", email="ana@example.com", role=Role.ADMIN)
    invited = add_user(system.store, new, local_administrator("demo"), datetime.now(UTC))
    return f"{settings.web.address}/welcome/{invited.secret}"


def _with_a_free_address(system: "System") -> "Settings":
    """Return the settings with an address for the console that nobody has: the usual one, else any on loopback."""
    import socket

    section = system.settings.web
    host, _, port = section.listen.rpartition(":")
    for wanted in (int(port), 0):
        with socket.socket() as probe:
            try:
                probe.bind((host, wanted))
            except OSError:
                continue
            listen = f"{host}:{probe.getsockname()[1]}"
            return system.settings.model_copy(update={"web": section.model_copy(update={"listen": listen})})
    return system.settings


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    # An orderly end, so that the calendar server does not outlive the demo.
    raise SystemExit(128 + number)


def _tell(text: str) -> None:
    # The story goes to standard error: with --json, standard output holds the document alone.
    sys.stderr.write(f"{text}\n")
