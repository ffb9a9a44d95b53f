"""Commands about the audit trail."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.core.errors import NotFoundError
from syncd.entrypoints.cli.frame import ExitCode, Listing, Output, Row, Run, command, lines, list_command, progress
from syncd.entrypoints.cli.parsing import bound
from syncd.entrypoints.cli.tables import stacked, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncd.core.audit.chain import Head
    from syncd.ports.store.transaction import Transaction

app = typer.Typer(no_args_is_help=True, help="The record of every decision and change, chained by hash.")


@command(app, "verify")
def verify(
    run: Run,
    head: Annotated[
        str | None, typer.Option(metavar="NUMBER:HASH", help="A head that was noted earlier, outside the database.")
    ] = None,
) -> Output:
    """Follow the whole chain; exit 1 when a record was changed, is missing or stands elsewhere.

    Whoever can rewrite the whole database can rewrite the chain. Note the head elsewhere now and then, and give it with
    --head later: then not even that goes unseen.
    """
    from syncd.presentation.documents.audit import verification_document
    from syncd.services.audit.trail import verify as verify_it

    noted = _head(head)
    with progress("records") as seen:
        document = verification_document(verify_it(run.store, noted, seen))
    told = [f"{document['records']} records, head {document['head']}"]
    told += ["The trail is whole."] if document["ok"] else ["The trail is NOT whole."]
    told += [] if document["expected_head_found"] else ["The head that was noted is not among its records."]
    faults = table(document["faults"], ("number", "kind", "message"), empty="")
    code = ExitCode.DONE if document["ok"] else ExitCode.REFUSED
    return Output(document, stacked(lines(told), faults), code)


@list_command(app)
def list_(
    _run: Run,
    subject: Annotated[str | None, typer.Option(metavar="ID", help="Only about this appointment, claim …")] = None,
    actor: Annotated[str | None, typer.Option(help="Only by this person or program.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action; `claim` stands for all of claim.*")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Only from then on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Only before then.")] = None,
) -> Listing:
    """List records of the trail, the latest first. Days and times without an offset are UTC.

    **Example**

        syncd audit list --action claim --since 2026-12-01
    """
    from syncd.ports.store.audit import AuditQuery
    from syncd.presentation.documents.audit import record_document
    from syncd.services.audit.trail import links

    query = AuditQuery(
        subject=subject,
        actor=actor,
        action=action,
        since=bound(since, "--since"),
        until=bound(until, "--until"),
    )

    def rows(tx: "Transaction", after: str | None) -> "Iterator[Row]":
        for link in links(tx, query, _number(after)):
            document = record_document(link)
            yield Row(str(link.number), document, partial(_shown, document))

    return Listing("records", rows, ("number", "at", "actor", "action", "subject", "details"), "No record fits.")


def _shown(document: "Mapping[str, Any]") -> "Mapping[str, Any]":
    return {**document, "details": ", ".join(f"{key}: {value}" for key, value in document["details"].items())}


def _number(text: str | None) -> int | None:
    if text is not None and not text.isdecimal():
        raise NotFoundError(f"The list has no entry {text!r} to go on after.", after=text)
    return int(text) if text else None


def _head(text: str | None) -> "Head | None":
    from syncd.core.audit.chain import Head

    if text is None:
        return None
    number, _, digest = text.partition(":")
    if not number.isdecimal() or not digest:
        raise typer.BadParameter(f"{text!r} is no head. Give NUMBER:HASH as an earlier check printed it.")
    return Head(int(number), digest)
