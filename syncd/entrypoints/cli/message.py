"""Commands about outgoing mail."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from syncd.core.messaging.content import MessageKind
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.scheduling.people import Party
from syncd.entrypoints.cli.frame import Output, Run, command, lines
from syncd.entrypoints.cli.tables import facts, table

if TYPE_CHECKING:
    from syncd.ports.mail import Letter

app = typer.Typer(no_args_is_help=True, help="The outgoing mail: what waits, what left, what was put aside.")
COLUMNS = ("id", "status", "kind", "method", "sequence", "recipient", "attempts", "last_error")


@command(app, "list")
def list_(
    run: Run,
    status: Annotated[MessageStatus | None, typer.Option(help="Only those in this state.")] = None,
) -> Output:
    """List messages in the order in which they were queued.

    **Example**

        syncd message list --status failed
    """
    from syncd.services.messaging.outbox import document, listing, next_attempts

    messages = listing(run.system.store, status)
    then = next_attempts(run.system.store, messages)
    rows = [document(message, then.get(message.id)) for message in messages]
    return Output({"messages": rows}, table(rows, COLUMNS, empty="No message fits."))


@command(app, "retry")
def retry(
    run: Run, message: Annotated[str, typer.Argument(metavar="ID", help="The message's id; see: syncd message list")]
) -> Output:
    """Queue a message that was put aside once more; the daemon sends it."""
    from syncd.services.messaging.outbox import document
    from syncd.services.messaging.outbox import retry as try_again

    shown = document(try_again(run.system.store, message, run.actor, run.now))
    return Output(shown, facts(shown))


@command(app, "preview")
def preview(
    run: Run,
    kind: Annotated[
        MessageKind, typer.Argument(metavar="KIND", help="booked, rescheduled, cancelled, ended, reverted")
    ],
    party: Annotated[Literal["client", "provider"] | None, typer.Option("--to", help="Who is written to.")] = None,
    html: Annotated[bool, typer.Option("--html", help="Print the HTML part, to look at it in a browser.")] = False,
) -> Output:
    """Show what a mail looks like, with people and times that are made up.

    **Example**

        syncd message preview cancelled --to client --html > cancelled.html
    """
    from syncd.services.messaging.preview import preview as written

    recipient = party or ("provider" if kind is MessageKind.REVERTED else "client")
    if kind is MessageKind.REVERTED and recipient == "client":
        raise typer.BadParameter("clients hear nothing of what was put back", param_hint="--to")
    letter = written(run.system.composer, Party(recipient), kind)
    return Output({"to": recipient, **letter._asdict()}, lines([letter.html] if html else _readable(letter)))


def _readable(letter: "Letter") -> list[str]:
    return [f"Subject: {letter.subject}", "", letter.text]
