"""How an answer, a list or an error leaves the process: one JSON document for scripts, a picture for a person.

For a person without a terminal it is plain text in full width, and rich is not loaded.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import typer

from syncd.core.errors import SyncdError
from syncd.ports.errors import ConfigurationError
from syncd.presentation.layout import Grid, Lines, Picture, Span, clean, laid_out, plain

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from syncd.ports.store.transaction import Store, Transaction

    Drawing = Picture | RenderableType
    """What a person is shown: a picture of our own, or anything that rich can print."""


class ExitCode(IntEnum):
    """How a command ends, for scripts."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    DRIFT = 3
    TRY_AGAIN = 75
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Output:
    """What a command has to say: ``document`` as JSON, ``picture`` (built only when shown) for a person.

    ``text`` is the content of a file: a person gets it as it is, and no picture.
    """

    document: Mapping[str, Any]
    picture: Callable[[], "Drawing"]
    code: ExitCode = ExitCode.DONE
    text: str | None = None


class Row(NamedTuple):
    """One entry of a list: its cursor, its document, and what a person reads, made only when it is shown."""

    cursor: str
    document: Mapping[str, Any]
    shown: Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: ``rows`` yields its entries after a cursor (None: all), lazily and in a stable order, by one look.

    ``columns``: of what a person reads; ``empty`` is said when there is no entry.
    """

    key: str
    rows: "Callable[[Transaction, str | None], Iterable[Row]]"
    columns: tuple[Any, ...]
    empty: str


class Page(NamedTuple):
    """Which part of a list is asked for."""

    limit: int | None = None
    after: str | None = None
    everything: bool = False


A_PAGE = 50
"""Entries that a list shows on a terminal at once."""


def present(output: Output, *, as_json: bool) -> ExitCode:
    """Show an answer on standard output; return the exit code that belongs to it."""
    if as_json:
        print_json(output.document)
    elif output.text is not None:
        sys.stdout.write(output.text)
    else:
        show_picture(output.picture())
        if error := output.document.get("error"):  # what was done is shown; what was not, is said
            say(error["code"], error["message"], {}, as_json=False)
    return output.code


def present_list(listing: Listing, store: "Store", page: Page, *, as_json: bool) -> ExitCode:
    """Show a list on standard output: as one document, entry by entry, or for a person a page of it."""
    if page.limit is not None and page.everything:
        raise typer.BadParameter("give one of them", param_hint="--limit, --all")
    with store.reading() as tx:
        rows = iter(listing.rows(tx, page.after))
        first = next(rows, None)  # what cannot be read at all is refused before anything is printed
        rows = _led_by(first, rows)
        if not as_json:
            _show_page(listing, rows, page)
            return ExitCode.DONE
        try:
            _stream(listing.key, rows, page.limit)
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - half a document is out: a second one would only hide it
            return fail(error, as_json=False, debug=False)
    return ExitCode.DONE


def _stream(key: str, rows: Iterator[Row], limit: int | None) -> None:
    """Print a list as one document, entry by entry; where a limit was given with the cursor of what comes next."""
    sys.stdout.write(f"{{\n  {json.dumps(key)}: [")
    last = None
    for number, row in enumerate(islice(rows, limit)):
        entry = json_text(row.document).rstrip("\n").replace("\n", "\n    ")
        sys.stdout.write(f"{',' if number else ''}\n    {entry}")
        last = row
    sys.stdout.write("\n  ]" if last else "]")
    if limit is not None:
        more = next(rows, None) is not None
        sys.stdout.write(f',\n  "next": {json.dumps(last.cursor if last and more else None)}')
    sys.stdout.write("\n}\n")


def _led_by(first: Row | None, rest: Iterator[Row]) -> Iterator[Row]:
    if first is not None:
        yield first
        yield from rest


def _show_page(listing: Listing, rows: Iterator[Row], page: Page) -> None:
    from syncd.entrypoints.cli.tables import table

    limit = page.limit or (A_PAGE if sys.stdout.isatty() and not page.everything else None)
    kept = list(islice(rows, limit))
    empty = listing.empty if page.after is None else "Nothing comes after that."
    show_picture(table([row.shown() for row in kept], listing.columns, empty=empty)())
    if limit is not None and next(rows, None) is not None:
        sys.stderr.write(f"There is more. Go on with: --after {kept[-1].cursor}, or see all with: --all\n")


def show_picture(drawn: "Drawing", *, stderr: bool = False) -> None:
    """Print what a person reads: with colours and as wide as the terminal, or plain and in full where there is none."""
    stream = sys.stderr if stderr else sys.stdout
    if not _is_ours(drawn):
        console(stderr=stderr).print(drawn)
    elif not stream.isatty():
        stream.write(plain(drawn))
    else:
        from rich.text import Text

        screen = console(stderr=stderr)
        for line in laid_out(drawn, screen.width):
            screen.print(Text.assemble(*line), soft_wrap=True)


def _is_ours(drawn: Any) -> TypeGuard[Picture]:
    return isinstance(drawn, list | tuple) and all(isinstance(part, Lines | Grid) for part in drawn)


def above(drawings: "list[Drawing]") -> "Drawing":
    """Return several drawings as one, each below the one before."""
    ours = [drawn for drawn in drawings if _is_ours(drawn)]
    if len(ours) == len(drawings):
        return [part for drawn in ours for part in drawn]
    from rich.console import Group
    from rich.text import Text

    return Group(*(Text(plain(drawn).rstrip("\n")) if _is_ours(drawn) else drawn for drawn in drawings))  # type: ignore[arg-type]


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document: the only thing on standard output."""
    sys.stdout.write(json_text(document))


def json_text(document: Mapping[str, Any]) -> str:
    """Return a document as the text that ``--json`` prints."""
    text = json.dumps(document, ensure_ascii=not _writes_unicode(), indent=2, default=_plain)
    return _UNSHOWN.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


_UNSHOWN = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""What JSON allows in a string and a terminal or a program may take for a command, or cannot write at all."""


def _writes_unicode() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"


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
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    say(code, message, details, as_json=as_json)
    return ExitCode.USAGE if isinstance(error, ConfigurationError) else ExitCode.REFUSED


def say(code: str, message: str, details: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a refusal in the form that the caller reads."""
    if as_json:
        print_json({"error": {"code": code, "message": message, "details": details}})
    else:
        sys.stderr.write(f"Error: {clean(message)}\n")


def _internal(error: Exception, *, debug: bool) -> str:
    # An exception's own text may hold a client's name or a secret, so only its type is shown without being asked.
    hint = "" if debug else " Run it again with --debug and report what it says."
    return f"Something unexpected went wrong ({type(error).__name__}).{hint}"


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give a way to tell how far a long step has come: one line on a terminal's standard error, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return

    def tell(done: int, most: int) -> None:
        sys.stderr.write(f"\r{done:,} of {most:,} {what}")
        sys.stderr.flush()

    yield tell
    sys.stderr.write("\r\x1b[K")


def lines(texts: Iterable[str]) -> Callable[[], "Drawing"]:
    """Return the picture that is these lines of plain text."""
    drawn = Lines(tuple((Span(line),) for text in texts for line in text.split("\n")))
    return lambda: [drawn]
