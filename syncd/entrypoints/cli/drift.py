"""Commands about out-of-band edits."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.entrypoints.cli.frame import Answer, Run, command
from syncd.entrypoints.cli.tables import clean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from rich.console import RenderableType

app = typer.Typer(
    no_args_is_help=True, help="Edits that were made in a provider's calendar behind the practice's back."
)


@command(app, "explain")
def explain(
    run: Run,  # noqa: ARG001 - every command takes one; this one needs neither settings nor store
    published: Annotated[Path, typer.Argument(metavar="PUBLISHED.ics", help="What was published.")],
    observed: Annotated[Path | None, typer.Argument(metavar="OBSERVED.ics", help="What stands there now.")] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Nothing stands there any more.")] = False,
    also: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Another resource that appeared.")] = None,
    timezone: Annotated[str | None, typer.Option(metavar="ZONE", help="The provider's IANA time zone.")] = None,
) -> Answer:
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
    return Answer(document, lambda: _verdict(document))


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
    return Group(head, _side_by_side(document["findings"]), rest) if document["findings"] else Group(head, rest)


def _side_by_side(findings: "list[Mapping[str, Any]]") -> "RenderableType":
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
