"""Commands about the audit trail."""

from typing import TYPE_CHECKING, Annotated

import typer

from syncd.entrypoints.cli.frame import ExitCode, Output, Run, command, lines
from syncd.entrypoints.cli.parsing import bound
from syncd.entrypoints.cli.tables import stacked, table

if TYPE_CHECKING:
    from syncd.core.audit.chain import Head

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

    document = verification_document(verify_it(run.system.store, _head(head)))
    told = [f"{document['records']} records, head {document['head']}"]
    told += ["The trail is whole."] if document["ok"] else ["The trail is NOT whole."]
    told += [] if document["expected_head_found"] else ["The head that was noted is not among its records."]
    faults = table(document["faults"], ("number", "kind", "message"), empty="")
    code = ExitCode.DONE if document["ok"] else ExitCode.REFUSED
    return Output(document, stacked(lines(told), faults), code)


@command(app, "list")
def list_(
    run: Run,
    subject: Annotated[str | None, typer.Option(metavar="ID", help="Only about this appointment, claim …")] = None,
    actor: Annotated[str | None, typer.Option(help="Only by this person or program.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action; `claim` stands for all of claim.*")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Only from then on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Only before then.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the latest.")] = 100,
) -> Output:
    """List records of the trail, oldest first. Days and times without an offset are UTC."""
    from syncd.ports.store.audit import AuditQuery
    from syncd.presentation.documents.audit import record_document
    from syncd.services.audit.trail import listing

    query = AuditQuery(
        subject=subject,
        actor=actor,
        action=action,
        since=bound(since, "--since"),
        until=bound(until, "--until"),
    )
    rows = [record_document(link) for link in listing(run.system.store, query, limit)]
    told = [{**row, "details": ", ".join(f"{key}: {value}" for key, value in row["details"].items())} for row in rows]
    columns = ("number", "at", "actor", "action", "subject", "details")
    return Output({"records": rows}, table(told, columns, empty="No record fits."))


def _head(text: str | None) -> "Head | None":
    from syncd.core.audit.chain import Head

    if text is None:
        return None
    number, _, digest = text.partition(":")
    if not number.isdecimal() or not digest:
        raise typer.BadParameter(f"{text!r} is no head. Give NUMBER:HASH as an earlier check printed it.")
    return Head(int(number), digest)
