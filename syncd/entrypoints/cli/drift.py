"""Commands about out-of-band edits."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.core.events.findings import Kind
from syncd.core.sync.drift import DriftStatus
from syncd.entrypoints.cli.frame import Listing, Output, Row, Run, command, lines, list_command
from syncd.entrypoints.cli.names import Names
from syncd.entrypoints.cli.parsing import bound
from syncd.entrypoints.cli.tables import Column, facts, stacked
from syncd.presentation.changes import before_after
from syncd.presentation.layout import Grid, Lines, Picture, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from syncd.core.sync.drift import Drift
    from syncd.ports.store.transaction import Transaction
    from syncd.services.decisions.drifts import Decisions

Id = Annotated[str, typer.Argument(metavar="ID", help="The drift's id; see: syncd drift list")]

app = typer.Typer(
    no_args_is_help=True, help="Edits that were made in a provider's calendar behind the practice's back."
)


COLUMNS = (
    Column("id"),
    Column("status"),
    Column("provider"),
    Column("session", wide=True),
    Column("severity", wide=True),
    Column("edit"),
    Column("detected", wide=True),
    Column("rule", wide=True),
)


@list_command(app)
def list_(
    _run: Run,
    status: Annotated[
        DriftStatus | None, typer.Option(help="Only those in this state; open ones wait for you.")
    ] = None,
    provider: Annotated[str | None, typer.Option(metavar="REF", help="Only this provider's.")] = None,
    kind: Annotated[Kind | None, typer.Option(metavar="KIND", help="Only with an edit of this kind.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Only those detected then or later (UTC).")] = None,
) -> Listing:
    """List drifts, newest first.

    **Example**

        syncd drift list --status open
    """
    from syncd.ports.store.sync import DriftQuery
    from syncd.services.pages import in_parts

    asked = DriftQuery(status=status, kind=kind, since=bound(since, "--since"))

    def rows(tx: "Transaction", after: str | None) -> "Iterator[Row]":
        query = replace(asked, provider_id=tx.providers.get(provider).id) if provider else asked
        names = Names(tx)
        found = in_parts(lambda after, limit: tx.drifts.list(replace(query, after=after, limit=limit)), after)
        for drift in names.ahead(found, lambda drift: drift):
            yield _row(drift, names)

    return Listing("drifts", rows, COLUMNS, "No drift fits.")


def _row(drift: "Drift", names: Names) -> Row:
    from syncd.presentation.documents.drifts import drift_document

    def shown() -> dict[str, Any]:
        return {
            "id": drift.id,
            "status": drift.status,
            "provider": names.provider(drift.provider_id),
            "session": names.session(drift.appointment_id),
            "severity": drift.severity,
            "edit": before_after(drift.findings),
            "detected": names.at(drift.detected_at, drift.provider_id),
            "rule": drift.rule,
        }

    return Row(drift.id, drift_document(drift), shown)


@command(app, "show")
def show(run: Run, drift: Id) -> Output:
    """Show a drift with its findings: what was published and what stood there."""
    from syncd.presentation.documents.drifts import drift_document

    with run.store.reading() as tx:
        found = tx.drifts.get(drift)
        names = Names(tx)
        shown = drift_document(found)
        told = {key: value for key, value in shown.items() if key != "findings"} | {
            "provider": f"{names.provider(found.provider_id)} ({found.provider_id})",
            "session": names.session(found.appointment_id),
            "detected_at": names.at(found.detected_at, found.provider_id),
            "edited_at": names.at(found.edited_at, found.provider_id) or "unknown",
            "resolved_at": names.at(found.resolved_at, found.provider_id),
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
def accept(
    run: Run,
    drift: Id,
    note: NoteOption = "",
    allow_overlap: Annotated[
        bool,
        typer.Option("--allow-overlap", help="It is meant that the client has a session with another provider then."),
    ] = False,
) -> Output:
    """Take the edit over: a proper reschedule or cancellation of the appointment, with its messages.

    **Example**

        syncd drift accept drift-7m2k9qf3x1 --note "Agreed with the client by telephone."
    """
    return _decided(_decisions(run).accept(drift, run.terms("provider"), note, allow_overlap=allow_overlap))


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
    from syncd.presentation.documents.drifts import drift_document

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
    from syncd.presentation.documents.drifts import comparison_document

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


def _verdict(document: "Mapping[str, Any]") -> Picture:
    head = [(Span("Drift: " + ", ".join(document["kinds"]) if document["drift"] else "No drift.", "bold"),)]
    if document["claim_date_changes"]:
        head.append((Span("The date of service on the claim would change.", "bold red"),))
    rest = [(Span(f"Benign: {', '.join(document['benign'])}", "dim"),)] if document["benign"] else []
    findings = side_by_side(document["findings"]) if document["findings"] else []
    return [Lines(tuple(head)), *findings, Lines(tuple(rest))]


def side_by_side(findings: "Sequence[Mapping[str, Any]]") -> Picture:
    """Draw findings with what was published beside what was observed."""
    columns = (
        Column("kind"),
        Column("severity"),
        Column("field", wide=True),
        Column("instance", wide=True),
        Column("published", style="red"),
        Column("observed", style="green"),
    )
    names = ("kind", "severity", "field", "recurrence_id", "published", "observed")
    return [Grid(columns, tuple(tuple(finding[name] or "" for name in names) for finding in findings))]
