"""Commands about out-of-band edits."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.core.events.findings import Kind
from syncd.core.sync.drift import DriftStatus
from syncd.entrypoints.cli.frame import Output, Run, command, lines
from syncd.entrypoints.cli.parsing import bound
from syncd.entrypoints.cli.tables import clean, facts, stacked, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from rich.console import RenderableType

    from syncd.core.sync.drift import Drift
    from syncd.services.decisions.drifts import Decisions

Id = Annotated[str, typer.Argument(metavar="ID", help="The drift's id; see: syncd drift list")]

app = typer.Typer(
    no_args_is_help=True, help="Edits that were made in a provider's calendar behind the practice's back."
)


@command(app, "list")
def list_(
    run: Run,
    status: Annotated[
        DriftStatus | None, typer.Option(help="Only those in this state; open ones wait for you.")
    ] = None,
    provider: Annotated[str | None, typer.Option(metavar="REF", help="Only this provider's.")] = None,
    kind: Annotated[Kind | None, typer.Option(metavar="KIND", help="Only with an edit of this kind.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Only those detected then or later (UTC).")] = None,
) -> Output:
    """List drifts, newest first.

    **Example**

        syncd drift list --status open
    """
    from syncd.ports.store.sync import DriftQuery
    from syncd.services.documents import drift_document

    with run.system.store.reading() as tx:
        query = DriftQuery(
            status=status,
            provider_id=tx.providers.get(provider).id if provider else None,
            kind=kind,
            since=bound(since, "--since"),
        )
        rows = [drift_document(drift) for drift in tx.drifts.list(query)]
    columns = ("id", "status", "kinds", "severity", "appointment", "detected_at", "rule")
    return Output({"drifts": rows}, table(rows, columns, empty="No drift fits."))


@command(app, "show")
def show(run: Run, drift: Id) -> Output:
    """Show a drift with its findings: what was published and what stood there."""
    from syncd.services.documents import drift_document

    with run.system.store.reading() as tx:
        shown = drift_document(tx.drifts.get(drift))
    told = {key: value for key, value in shown.items() if key != "findings"} | {
        "edited_at": shown["edited_at"] or "unknown"
    }
    return Output(shown, stacked(facts(told), lambda: side_by_side(shown["findings"])))


NoteOption = Annotated[str, typer.Option("--note", help="Why, for the record.")]


@command(app, "revert")
def revert(run: Run, drift: Id, note: NoteOption = "") -> Output:
    """Put the edit right: the calendar gets what the practice's record says, silently and in place.

    **Example**

        syncd drift revert drift-7m2k9qf3x1 --note "Called: it was a slip."
    """
    return _decided(_decisions(run).revert(drift, run.terms("admin"), note))


@command(app, "accept")
def accept(run: Run, drift: Id, note: NoteOption = "") -> Output:
    """Take the edit over: a proper reschedule or cancellation of the appointment, with its messages.

    **Example**

        syncd drift accept drift-7m2k9qf3x1 --note "Agreed with the client by telephone."
    """
    return _decided(_decisions(run).accept(drift, run.terms("provider"), note))


@command(app, "dismiss")
def dismiss(run: Run, drift: Id, note: NoteOption = "") -> Output:
    """Leave texts as the provider wrote them, until either side changes them again.

    Times, presence and recurrence cannot be dismissed: record and calendar would go on to differ.
    """
    return _decided(_decisions(run).dismiss(drift, run.terms("admin"), note))


def _decisions(run: Run) -> "Decisions":
    from syncd.services.decisions.drifts import Decisions

    return Decisions(run.system.reconciler)


def _decided(drift: "Drift") -> Output:
    from syncd.services.documents import drift_document

    document = drift_document(drift)
    return Output(document, lines([f"{drift.id} is {drift.status}."]))


@command(app, "explain")
def explain(
    run: Run,  # noqa: ARG001 - every command takes one; this one needs neither settings nor store
    published: Annotated[Path, typer.Argument(metavar="PUBLISHED.ics", help="What was published.")],
    observed: Annotated[Path | None, typer.Argument(metavar="OBSERVED.ics", help="What stands there now.")] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Nothing stands there any more.")] = False,
    also: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Another resource that appeared.")] = None,
    timezone: Annotated[str | None, typer.Option(metavar="ZONE", help="The provider's IANA time zone.")] = None,
) -> Output:
    """Say what a detector makes of two bodies of one resource. Offline: neither store nor server is asked.

    **Examples**

        syncd drift explain before.ics after.ics --timezone America/New_York

        syncd drift explain before.ics --deleted --also copy.ics
    """
    from syncd.ics.explain import explain as compare
    from syncd.services.documents import comparison_document

    if (observed is None) != deleted:
        raise typer.BadParameter("give OBSERVED.ics or --deleted, one of them", param_hint="OBSERVED.ics")
    comparison = compare(
        _body(published),
        None if observed is None else _body(observed),
        [_body(path) for path in also or ()],
        _zone(timezone),
    )
    document = comparison_document(comparison)
    return Output(document, lambda: _verdict(document))


def _body(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}") from error


def _zone(name: str | None) -> "ZoneInfo | None":
    from syncd.core.times import zone

    return zone(name) if name else None


def _verdict(document: "Mapping[str, Any]") -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    head = Text("Drift: " + ", ".join(document["kinds"]) if document["drift"] else "No drift.", style="bold")
    if document["claim_date_changes"]:
        head.append("\nThe date of service on the claim would change.", style="bold red")
    rest = Text(f"Benign: {', '.join(document['benign'])}" if document["benign"] else "", style="dim")
    return Group(head, side_by_side(document["findings"]), rest) if document["findings"] else Group(head, rest)


def side_by_side(findings: "Sequence[Mapping[str, Any]]") -> "RenderableType":
    """Draw findings with what was published beside what was observed."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(header_style="bold", box=None, pad_edge=False)
    for column in ("kind", "severity", "field", "instance", "published", "observed"):
        drawn.add_column(column, overflow="fold")
    for finding in findings:
        drawn.add_row(
            finding["kind"],
            finding["severity"],
            finding["field"],
            finding["recurrence_id"] or "",
            Text(clean(finding["published"] or "-"), style="red"),
            Text(clean(finding["observed"] or "-"), style="green"),
        )
    return drawn
