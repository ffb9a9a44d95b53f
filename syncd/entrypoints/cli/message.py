"""Commands about outgoing mail."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from syncd.core.messaging.content import MessageKind
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.scheduling.people import Party
from syncd.entrypoints.cli.frame import Listing, Output, Row, Run, command, lines, list_command
from syncd.entrypoints.cli.names import Names
from syncd.entrypoints.cli.tables import Column, facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncd.core.messaging.outbox import Message
    from syncd.ports.mail import Letter
    from syncd.ports.store.transaction import Transaction

app = typer.Typer(no_args_is_help=True, help="The outgoing mail: what waits, what left, what was put aside.")
COLUMNS = (
    Column("id"),
    Column("status"),
    Column("kind"),
    Column("recipient"),
    Column("session", wide=True),
    Column("attempts", wide=True),
    Column("last_error"),
)


@list_command(app)
def list_(
    _run: Run,
    status: Annotated[MessageStatus | None, typer.Option(help="Only those in this state.")] = None,
) -> Listing:
    """List messages in the order in which they were queued.

    **Example**

        syncd message list --status failed
    """
    from syncd.core.messaging.outbox import MessageStatus
    from syncd.core.work import WorkKind
    from syncd.presentation.documents.messages import message_document
    from syncd.services.pages import parts

    def rows(tx: "Transaction", after: str | None) -> "Iterator[Row]":
        names = Names(tx)
        for part in parts(lambda after, limit: tx.messages.list(status, after=after, limit=limit), after):
            queued = [message.id for message in part if message.status is MessageStatus.QUEUED]
            works = tx.works.list(WorkKind.MESSAGE, queued)
            for message in names.ahead(part, lambda message: message):
                then = works[message.id].due_at if message.id in works else None
                yield Row(message.id, message_document(message, then), partial(_shown, message, names))

    return Listing("messages", rows, COLUMNS, "No message fits.")


def _shown(message: "Message", names: Names) -> dict[str, Any]:
    from syncd.presentation.documents.messages import message_document

    return {**message_document(message), "session": names.session(message.appointment_id)}


@command(app, "retry")
def retry(
    run: Run, message: Annotated[str, typer.Argument(metavar="ID", help="The message's id; see: syncd message list")]
) -> Output:
    """Queue a message that was put aside once more; the daemon sends it."""
    from syncd.presentation.documents.messages import message_document
    from syncd.services.messaging.outbox import retry as try_again

    shown = message_document(try_again(run.system.store, message, run.principal, run.now))
    return Output(shown, facts(shown))


@command(app, "preview")
def preview(
    run: Run,
    kind: Annotated[MessageKind, typer.Argument(metavar="KIND", help=f"One of: {', '.join(MessageKind)}.")],
    party: Annotated[Literal["client", "provider"] | None, typer.Option("--to", help="Who is written to.")] = None,
    html: Annotated[bool, typer.Option("--html", help="Print the HTML part, to look at it in a browser.")] = False,
) -> Output:
    """Show what a mail looks like, with people and times that are made up.

    **Example**

        syncd message preview cancelled --to client --html > cancelled.html
    """
    from syncd.services.messaging.preview import PREVIEWS
    from syncd.services.messaging.preview import preview as written

    for_clients = kind in PREVIEWS[Party.CLIENT]
    recipient = party or ("client" if for_clients else "provider")
    if recipient == "client" and not for_clients:
        raise typer.BadParameter(f"only providers get a mail of the kind {kind}", param_hint="--to")
    letter = written(run.system.composer, Party(recipient), kind)
    return Output({"to": recipient, **letter._asdict()}, lines([letter.html] if html else _readable(letter)))


def _readable(letter: "Letter") -> list[str]:
    return [f"Subject: {letter.subject}", "", letter.text]
