"""What every command has in common: its options, its one answer, and how an error leaves the process.

A command takes a `Run` and returns an `Output`: a document for ``--json`` and a picture for a person. It never prints.
"""

import functools
import inspect
import json
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from syncd.core.errors import SyncdError
from syncd.ports.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from syncd.bootstrap import System
    from syncd.services.scheduling.changes import Terms
    from syncd.settings import Settings


class ExitCode(IntEnum):
    """How a command ends, for scripts."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    DRIFT = 3


@dataclass(frozen=True, slots=True)
class Output:
    """What a command has to say: ``document`` as JSON, ``picture`` (built only when shown) for a person.

    ``text`` is the content of a file: a person gets it as it is, and no picture.
    """

    document: Mapping[str, Any]
    picture: Callable[[], "RenderableType"]
    code: ExitCode = ExitCode.DONE
    text: str | None = None


class Options(NamedTuple):
    """The options that every command takes."""

    config: Path | None = None
    as_json: bool = False
    debug: bool = False


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Configuration; default $SYNCD_CONFIG, else config/syncd.toml."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Log in detail, and say where an internal error arose.")]


@dataclass
class Run:
    """One invocation of a command. Settings and adapters are made when first asked for: help needs neither."""

    options: Options
    _system: "System | None" = field(default=None, init=False)

    @functools.cached_property
    def now(self) -> datetime:
        """The moment of this invocation: read once."""
        return datetime.now(UTC)

    @functools.cached_property
    def settings(self) -> "Settings":
        """The settings. Raises `ConfigurationError`."""
        from syncd.settings import load

        return load(self.options.config)

    @property
    def system(self) -> "System":
        """The store, the servers and all else that the settings ask for."""
        if self._system is None:
            from syncd.bootstrap import build
            from syncd.entrypoints.logs import configure

            configure(self.settings.logging, debug=self.options.debug, quiet=True)
            self._system = build(self.settings, patience=PATIENCE)
        return self._system

    @property
    def actor(self) -> str:
        """Who is recorded as the one who did it: the login name of the person at this machine."""
        import getpass

        with suppress(OSError, KeyError):  # a container's user may have no name
            return f"cli:{getpass.getuser()}"
        return "cli"

    def terms(self, party: str) -> "Terms":
        """Return the practice's rules for a request that this person makes on behalf of ``party``."""
        from syncd.core.scheduling.people import Party
        from syncd.services.scheduling.changes import By

        return self.system.terms(By(Party(party), self.actor), self.now)

    def close(self) -> None:
        """Give back what was opened."""
        if self._system is not None:
            self._system.close()


PATIENCE = 20.0
"""Seconds for which a command waits for a calendar that the daemon is at."""

Command = Callable[..., Output]


def command(app: typer.Typer, name: str) -> Callable[[Command], Command]:
    """Register a function ``(run, ...) -> Output`` as the command ``name`` of ``app``, with the common options.

    The function's docstring is the command's help; after a form feed follow examples.
    """

    def register(function: Command) -> Command:
        app.command(name)(_with_common_options(function))
        return function

    return register


def _with_common_options(function: Command) -> Callable[..., None]:
    @functools.wraps(function)
    def invoke(*, context: typer.Context, config: Path | None, as_json: bool, debug: bool, **rest: Any) -> None:
        given = context.find_root().obj or Options()
        options = Options(config or given.config, as_json or given.as_json, debug or given.debug)
        run = Run(options)
        try:
            code = present(function(run, **rest), as_json=options.as_json)
        finally:
            run.close()
        raise typer.Exit(code)

    own = list(inspect.signature(function).parameters.values())[1:]
    common = {"config": (ConfigOption, None), "as_json": (JsonOption, False), "debug": (DebugOption, False)}
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("context", keyword, annotation=typer.Context),
        *(parameter.replace(kind=keyword) for parameter in own),
        *(inspect.Parameter(n, keyword, annotation=a, default=d) for n, (a, d) in common.items()),
    ]
    invoke.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads the signature
    invoke.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return invoke


def present(answer: Output, *, as_json: bool) -> ExitCode:
    """Show an answer on standard output; return the exit code that belongs to it."""
    if as_json:
        print_json(answer.document)
    elif answer.text is not None:
        sys.stdout.write(answer.text)
    else:
        console().print(answer.picture())
    return answer.code


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document: the only thing on standard output."""
    sys.stdout.write(json_text(document))


def json_text(document: Mapping[str, Any]) -> str:
    """Return a document as the text that ``--json`` prints."""
    return json.dumps(document, ensure_ascii=False, indent=2, default=_plain) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a JSON document")


def console(*, stderr: bool = False) -> "Console":
    """Return the console for a person: colours on a terminal only, full width where there is none."""
    from rich.console import Console

    probe = Console(stderr=stderr, highlight=False)
    return probe if probe.is_terminal else Console(stderr=stderr, highlight=False, width=200)


def fail(error: Exception, *, as_json: bool, debug: bool) -> ExitCode:
    """Tell of an error, on standard output as JSON or on standard error in a line or two; return the exit code."""
    known = isinstance(error, SyncdError)
    code = error.code if isinstance(error, SyncdError) else "internal"
    message = error.message if isinstance(error, SyncdError) else _internal(error, debug=debug)
    details = dict(error.details) if isinstance(error, SyncdError) else {}
    if debug and not known:
        traceback.print_exception(error, file=sys.stderr)
    say(code, message, details, as_json=as_json)
    return ExitCode.USAGE if isinstance(error, ConfigurationError) else ExitCode.REFUSED


def say(code: str, message: str, details: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a refusal in the form that the caller reads."""
    if as_json:
        print_json({"error": {"code": code, "message": message, "details": details}})
    else:
        sys.stderr.write(f"Error: {message}\n")


def _internal(error: Exception, *, debug: bool) -> str:
    # An exception's own text may hold a client's name or a secret, so only its type is shown without being asked.
    hint = "" if debug else " Run it again with --debug and report what it says."
    return f"Something unexpected went wrong ({type(error).__name__}).{hint}"


def lines(texts: Iterable[str]) -> Callable[[], "RenderableType"]:
    """Return the picture that is these lines of plain text."""
    whole = "\n".join(texts)

    def picture() -> "RenderableType":
        from rich.text import Text

        return Text(whole)

    return picture
