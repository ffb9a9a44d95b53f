"""Commands that take over what another system has on record."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.entrypoints.cli.frame import ExitCode, Output, Run, command, lines
from syncd.entrypoints.cli.tables import stacked, table

if TYPE_CHECKING:
    from syncd.core.scheduling.importing import LineResult, Record
    from syncd.services.importing.lines import Take

app = typer.Typer(
    no_args_is_help=True,
    help="Take over providers, clients and appointments from another system, as often as you like.",
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV table, or for appointments a calendar file (ICS).")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would become of each line, and change nothing.")]

_TOLD_EVERY = 500
_VERDICTS = ("created", "changed", "unchanged", "refused")


@command(app, "providers")
def providers(run: Run, file: File, dry_run: DryRun = False) -> Output:
    """Take over providers: columns external_id, name, email, timezone.

    And if you like booking_url, late_notice_hours, late_fee, language. A provider who is known by the external id, else
    by the address, is changed to what the line says; an empty cell leaves what is. Exits 1 when a line was refused.

    **Example**

        syncd import providers staff.csv --dry-run
    """
    return _people(run, file, "provider", dry_run=dry_run)


@command(app, "clients")
def clients(run: Run, file: File, dry_run: DryRun = False) -> Output:
    """Take over clients: columns external_id, name, email, and if you like timezone, language.

    A client who is known by the external id, else by the address, is changed to what the line says. Exits 1 when a line
    was refused.

    **Example**

        syncd import clients clients.csv
    """
    return _people(run, file, "client", dry_run=dry_run)


@command(app, "appointments")
def appointments(
    run: Run,
    file: File,
    dry_run: DryRun = False,
    provider: Annotated[
        str | None, typer.Option(metavar="REF", help="Whose they are, where a calendar file does not say.")
    ] = None,
    tell: Annotated[bool, typer.Option("--tell", help="Write to clients and providers, as for any booking.")] = False,
) -> Output:
    """Take over appointments: columns external_id, provider, client, start, minutes.

    And if you like timezone, location, repeat (an RRULE), status (booked, cancelled), reason. People by external id,
    id or e-mail address. What was taken over before follows its line: it is moved or cancelled. Nobody is written to
    unless you say --tell. Exits 1 when a line was refused; each says why.

    **Examples**

        syncd import appointments december.csv --dry-run

        syncd import appointments dana.ics --provider dana@example.com
    """
    from syncd.services.importing.appointments import AppointmentTaker

    records, ignored = _read(file, "appointment")
    take = AppointmentTaker(terms=run.terms("admin"), tells=tell, provider=provider)
    return _taken(run, "appointment", take, records, ignored, dry_run=dry_run)


def _people(run: Run, file: Path, kind: str, *, dry_run: bool) -> Output:
    from syncd.core.scheduling.importing import Imported
    from syncd.services.importing.people import PersonTaker

    records, ignored = _read(file, kind)
    take = PersonTaker(Imported(kind), run.principal, run.now)
    return _taken(run, kind, take, records, ignored, dry_run=dry_run)


def _read(file: Path, kind: str) -> "tuple[Sequence[Record], Sequence[str]]":
    from syncd.core.scheduling.importing import Imported, read_records
    from syncd.core.tables import text_of

    try:
        data = file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="FILE") from error
    if kind == "appointment" and data.lstrip(b"\xef\xbb\xbf \r\n").upper().startswith(b"BEGIN:VCALENDAR"):
        from syncd.ics.imports import read_calendar

        return read_calendar(data), ()
    found = read_records(text_of(data), Imported(kind))
    return found.records, found.ignored


def _taken(
    run: Run, kind: str, take: "Take", records: "Sequence[Record]", ignored: Sequence[str], *, dry_run: bool
) -> Output:
    from syncd.core.scheduling.importing import Imported
    from syncd.services.importing.lines import note_import, take_over

    results = list(_told(take_over(run.system.store, records, take, dry_run=dry_run), len(records)))
    counts = Counter(str(one.verdict) for one in results)
    if not dry_run:
        note_import(run.system.store, Imported(kind), counts, run.principal, run.now)
    rows: list[dict[str, Any]] = [
        {"line": one.line, "verdict": str(one.verdict), "message": one.message, "id": one.subject} for one in results
    ]
    document = {
        **{verdict: counts[verdict] for verdict in _VERDICTS},
        "dry_run": dry_run,
        "ignored_columns": list(ignored),
        "lines": rows,
    }
    code = ExitCode.REFUSED if counts["refused"] else ExitCode.DONE
    return Output(
        document, stacked(table(_shown(rows), ("line", "verdict", "message"), empty=""), lines(_sums(document))), code
    )


def _told(results: "Iterable[LineResult]", total: int) -> "Iterator[LineResult]":
    """Pass the results on, and say on a terminal how far it is."""
    for number, one in enumerate(results, start=1):
        if number % _TOLD_EVERY == 0 and sys.stderr.isatty():
            sys.stderr.write(f"\r{number} of {total} lines")
            sys.stderr.flush()
        yield one
    if total >= _TOLD_EVERY and sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


def _shown(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines of which there is something to say."""
    return [row for row in rows if row["message"]]


def _sums(document: dict[str, Any]) -> list[str]:
    counts = ", ".join(f"{document[verdict]} {verdict}" for verdict in _VERDICTS)
    head = "Would be" if document["dry_run"] else "Done"
    ignored = ", ".join(document["ignored_columns"])
    return [f"{head}: {counts}.", *([f"Columns that say nothing here: {ignored}."] if ignored else [])]
