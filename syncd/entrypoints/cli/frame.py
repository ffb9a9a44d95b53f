"""What every command has in common: its options, its one answer, and how an error leaves the process.

A command takes a `Run` and returns an `Output`: a document for ``--json`` and a picture for a person. It never prints.
"""

import functools
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from syncd.entrypoints.cli.output import (
    ExitCode,
    Listing,
    Output,
    Page,
    Row,
    console,
    fail,
    json_text,
    lines,
    present,
    present_list,
    print_json,
    progress,
    say,
)

if TYPE_CHECKING:
    from syncd.bootstrap import System
    from syncd.core.access.principal import Principal
    from syncd.core.reporting.alerts import Objectives
    from syncd.ports.store.transaction import Store
    from syncd.services.scheduling.changes import Terms
    from syncd.settings import Settings

__all__ = [
    "Command",
    "ConfigOption",
    "DebugOption",
    "ExitCode",
    "JsonOption",
    "ListCommand",
    "Listing",
    "Options",
    "Output",
    "Page",
    "Row",
    "Run",
    "command",
    "console",
    "fail",
    "json_text",
    "lines",
    "list_command",
    "markup_mode",
    "present",
    "print_json",
    "progress",
    "say",
]  # fmt: skip


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


LimitOption = Annotated[
    int | None,
    typer.Option("--limit", min=1, max=1_000_000, help="At most so many; else a page, or all where no terminal is."),
]
AfterOption = Annotated[str | None, typer.Option("--after", metavar="ID", help="Go on after this entry.")]
AllOption = Annotated[bool, typer.Option("--all", help="All of them, on a terminal too.")]


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

    @functools.cached_property
    def system(self) -> "System":
        """The store, the servers and all else that the settings ask for. What they log goes to standard error."""
        from syncd.entrypoints.logs import configure

        configure(self.settings.logging, debug=self.options.debug, quiet=True)
        return self._built

    @property
    def store(self) -> "Store":
        """The store alone, for what only looks there: it logs nothing, so the libraries of logs are not loaded."""
        return self.system.store if self.options.debug else self._built.store

    @property
    def objectives(self) -> "Objectives":
        """How long things may take before somebody should act."""
        return self._built.objectives

    @property
    def _built(self) -> "System":
        if self._system is None:
            from syncd.bootstrap import build

            self._system = build(self.settings, patience=PATIENCE)
        return self._system

    @property
    def principal(self) -> "Principal":
        """Who acts: the administrator of this machine, on record under the login name."""
        import getpass

        from syncd.core.access.principal import local_administrator

        with suppress(OSError, KeyError):  # a container's user may have no name
            return local_administrator(getpass.getuser())
        return local_administrator()

    def terms(self, party: str) -> "Terms":
        """Return the practice's rules for a request that this person makes on behalf of ``party``."""
        from syncd.core.scheduling.people import Party
        from syncd.services.scheduling.changes import By

        return self.system.terms(By(Party(party), self.principal), self.now)

    def close(self) -> None:
        """Give back what was opened."""
        if self._system is not None:
            self._system.close()


PATIENCE = 20.0
"""Seconds for which a command waits for a calendar that the daemon is at."""

Command = Callable[..., Output]
ListCommand = Callable[..., Listing]


def list_command(app: typer.Typer, name: str = "list") -> Callable[[ListCommand], ListCommand]:
    """Register a function ``(run, ...) -> Listing`` as a command with ``--limit``, ``--after`` and ``--all``."""

    def register(function: ListCommand) -> ListCommand:
        app.command(name, help=_help(function))(_with_options(function, _PAGING, _show_list))
        return function

    return register


def command(app: typer.Typer, name: str) -> Callable[[Command], Command]:
    """Register a function ``(run, ...) -> Output`` as the command ``name`` of ``app``, with the common options.

    The function's docstring is the command's help; after a form feed follow examples.
    """

    def register(function: Command) -> Command:
        app.command(name, help=_help(function))(_with_options(function, {}, _show))
        return function

    return register


def markup_mode() -> Literal["markdown"] | None:
    """Return how help is drawn: with colours on a terminal; elsewhere as plain text, for which rich is not loaded."""
    return "markdown" if sys.stdout.isatty() else None


def _help(function: Callable[..., Any]) -> str:
    text = inspect.getdoc(function) or ""
    return text if markup_mode() else text.replace("**", "")


_COMMON: dict[str, tuple[Any, Any]] = {
    "config": (ConfigOption, None),
    "as_json": (JsonOption, False),
    "debug": (DebugOption, False),
}
_PAGING: dict[str, tuple[Any, Any]] = {
    "limit": (LimitOption, None),
    "after": (AfterOption, None),
    "everything": (AllOption, False),
}


def _with_options(
    function: Callable[..., Any], more: Mapping[str, tuple[Any, Any]], show: Callable[..., ExitCode]
) -> Callable[..., None]:
    """Return ``function`` as typer takes it: with the common options and ``more``; what it returns goes to ``show``."""

    @functools.wraps(function)
    def invoke(*, context: typer.Context, config: Path | None, as_json: bool, debug: bool, **rest: Any) -> None:
        given = context.find_root().obj or Options()
        run = Run(Options(config or given.config, as_json or given.as_json, debug or given.debug))
        _check_texts(rest)
        asked = {name: rest.pop(name) for name in more}
        try:
            code = show(run, function(run, **rest), **asked)
        finally:
            run.close()
        raise typer.Exit(code)

    own = list(inspect.signature(function).parameters.values())[1:]
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("context", keyword, annotation=typer.Context),
        *(parameter.replace(kind=keyword) for parameter in own),
        *(inspect.Parameter(n, keyword, annotation=a, default=d) for n, (a, d) in {**more, **_COMMON}.items()),
    ]
    invoke.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads the signature
    invoke.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return invoke


_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
"""What no text may hold that is kept or mailed: control characters, and bytes that were no UTF-8 (PEP 383)."""


def _check_texts(given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        for text in value if isinstance(value, list | tuple) else [value]:
            if isinstance(text, str) and _FORBIDDEN.search(text):
                hint = f"--{name.rstrip('_').replace('_', '-')}"
                raise typer.BadParameter("it holds a control character, or is not UTF-8", param_hint=hint)


def _show(run: Run, output: Output) -> ExitCode:
    return present(output, as_json=run.options.as_json)


def _show_list(run: Run, listing: Listing, **asked: Any) -> ExitCode:
    return present_list(listing, run.store, Page(**asked), as_json=run.options.as_json)
