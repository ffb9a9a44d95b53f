"""The command that writes the drift report."""

from datetime import timedelta
from typing import Annotated, Literal

import typer

from syncd.entrypoints.cli.frame import Output, Run, command, json_text, lines
from syncd.entrypoints.cli.parsing import bound

app = typer.Typer(no_args_is_help=True, help="Reports for the practice's admins.")

_DEFAULT_LENGTH = timedelta(days=30)


@command(app, "drift")
def drift(
    run: Run,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="From then on; default: 30 days before.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before then; default: now.")] = None,
    format_: Annotated[
        Literal["html", "csv", "json"], typer.Option("--format", help="A page, a table of the drifts, or all as data.")
    ] = "html",
) -> Output:
    """Write the drift report on standard output: edits of a period, what was done, and what waits now.

    Days and times without an offset are UTC. The page needs nothing beside it: keep it, print it, mail it.

    **Examples**

        syncd report drift > report.html

        syncd report drift --since 2026-11-01 --until 2026-12-01 --format csv > november.csv
    """
    from syncd.adapters.report import report_page, report_table
    from syncd.presentation.documents.report import report_document
    from syncd.services.reporting.report import Period, drift_report

    end = bound(until, "--until") or run.now
    begin = bound(since, "--since") or end - _DEFAULT_LENGTH
    if begin >= end:
        raise typer.BadParameter("it has to be before --until", param_hint="--since")
    practice = run.settings.practice.name
    report = drift_report(run.system.store, practice, Period(begin, end, run.now), run.settings.claims.rules())
    document = report_document(report)
    writers = {"html": report_page, "csv": report_table, "json": json_text}
    return Output(document, lines(()), text=writers[format_](document))
