"""Commands about mail that comes in."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncd.core.errors import SyncdError
from syncd.entrypoints.cli.frame import ExitCode, Listing, Output, Row, Run, command, lines, list_command
from syncd.entrypoints.cli.tables import Column, facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncd.core.inbound.outcomes import Received
    from syncd.ports.store.transaction import Transaction

app = typer.Typer(no_args_is_help=True, help="Mail that comes in: answers to invitations, and mails that came back.")
COLUMNS = (
    Column("id"),
    Column("received_at"),
    Column("effect"),
    Column("reason"),
    Column("party"),
    Column("sender", wide=True),
    Column("appointment", wide=True),
    Column("drift", wide=True),
)
_MOST_BYTES = 2 * 1024 * 1024 + 1


@command(app, "receive")
def receive(run: Run) -> Output:
    """Receive one mail from standard input, and say what it changed: for mail servers that pipe.

    It ends with 0 once the mail is on record, whatever it was, and with 75 when it could not be put on record, so that
    the mail server tries again. Whose Authentication-Results are believed is set by mail.authserv_id.

    **Example**

        syncd mail receive < message.eml
    """
    from syncd.presentation.documents.inbound import received_document

    try:
        raw = sys.stdin.buffer.read(_MOST_BYTES)
        size = len(raw)
        while rest := sys.stdin.buffer.read(1 << 20):
            size += len(rest)
        received = run.system.inbound.receiver.receive(raw, run.now, "pipe", size)
    except SyncdError as error:
        said = {"error": {"code": error.code, "message": error.message, "details": {}}}
        return Output(said, lines(["The mail is not on record. It is to be tried again."]), ExitCode.TRY_AGAIN)
    document = received_document(received)
    return Output(document, facts({name: value for name, value in document.items() if value}))


@list_command(app)
def list_(
    _run: Run,
    quarantined: Annotated[bool, typer.Option("--quarantined", help="Only what a person has to read.")] = False,
) -> Listing:
    """List mails that came in, the newest first, with what each changed and why it changed nothing.

    **Example**

        syncd mail list --quarantined
    """
    from syncd.presentation.documents.inbound import listed_document
    from syncd.services.pages import parts

    def rows(tx: "Transaction", after: str | None) -> "Iterator[Row]":
        fetch = partial(tx.inbound.list, quarantined=quarantined)
        for part in parts(lambda after, limit: fetch(after=after, limit=limit), after):
            for mail in part:
                document = listed_document(mail)
                yield Row(mail.id, document, partial(_shown, mail))

    return Listing("mails", rows, COLUMNS, "No mail fits.")


def _shown(mail: "Received") -> dict[str, Any]:
    from syncd.presentation.documents.inbound import listed_document

    return {**listed_document(mail), "received_at": mail.received_at.isoformat(timespec="minutes")}
