"""The outgoing mail: what waits, what left, what was put aside; and what mails look like."""

from typing import Annotated, Literal

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from syncd.core.access.permissions import Permission
from syncd.core.errors import InvalidValueError, NotFoundError
from syncd.core.messaging.content import MessageKind
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.people import Party
from syncd.core.work import WorkKind
from syncd.entrypoints.web.api.answering import listed, part_of, shown
from syncd.entrypoints.web.api.caller import Caller, Reader, Writer, as_if_none
from syncd.entrypoints.web.api.route import router
from syncd.entrypoints.web.api.shapes import practice as shapes
from syncd.entrypoints.web.api.values import ID, Given, Paged
from syncd.ports.store.lists import MessageFilter, MessageSort
from syncd.presentation.documents.messages import message_document
from syncd.services.messaging.outbox import retry as try_again
from syncd.services.messaging.preview import PREVIEWS
from syncd.services.messaging.preview import preview as written

routes = router("messages")


class Wanted(Paged):
    """Which messages."""

    status: MessageStatus | None = None
    kind: MessageKind | None = None
    appointment: Annotated[str | None, Field(max_length=60, description="only about this one")] = None
    search: Annotated[str | None, Field(max_length=100, description="in a name, an address or an id")] = None
    sort: MessageSort = MessageSort.OLDEST


class ToWhom(Given):
    """Who is written to."""

    to: Literal["client", "provider"] | None = None


@routes.get("/messages", response_model=shapes.Messages)
def list_messages(caller: Reader, asked: Annotated[Wanted, Query()]) -> Response:
    """List mails in the order in which they were queued. A provider sees those to themselves."""
    wanted = MessageFilter(
        appointment_id=asked.appointment,
        status=asked.status,
        kind=asked.kind,
        provider_id=caller.scope,
        text=asked.search,
    )
    with caller.system.store.reading() as tx:
        found = tx.lists.messages(wanted, part_of(asked, asked.sort))
    return listed("messages", found, lambda row: message_document(row.message, row.due_at))


@routes.get("/messages/{message_id}", response_model=shapes.Message)
def show_message(caller: Reader, message_id: ID) -> Response:
    """Show how a mail stands."""
    found = _seen(caller, message_id)
    with caller.system.store.reading() as tx:
        work = tx.works.get(WorkKind.MESSAGE, message_id) if found.status is MessageStatus.QUEUED else None
    return shown(message_document(found, work.due_at if work else None))


@routes.post("/messages/{message_id}/retry", response_model=shapes.Message)
def retry_message(caller: Writer, message_id: ID) -> Response:
    """Queue a mail that was put aside once more; the daemon sends it."""
    _seen(caller, message_id)
    return shown(message_document(try_again(caller.system.store, message_id, caller.principal, caller.now)))


@routes.get("/message-previews/{kind}", response_model=shapes.Letter)
def preview_message(caller: Reader, kind: MessageKind, asked: Annotated[ToWhom, Query()]) -> Response:
    """Show what a mail looks like, with people and times that are made up."""
    caller.require(Permission.READ_PRACTICE)
    for_clients = kind in PREVIEWS[Party.CLIENT]
    to = asked.to or ("client" if for_clients else "provider")
    if to == "client" and not for_clients:
        raise InvalidValueError(f"Only providers get a mail of the kind {kind}.")
    return shown({"to": to, **written(caller.system.composer, Party(to), kind)._asdict()})


def _seen(caller: Caller, message_id: str) -> Message:
    """Return a mail that the caller sees; a provider those to themselves."""
    with caller.system.store.reading() as tx, as_if_none(f"No message {message_id!r}."):
        found = tx.messages.get(message_id)
        caller.check_sees(tx.appointments.get(found.appointment_id).provider_id)
        if caller.scope is not None and found.party != Party.PROVIDER:
            raise NotFoundError
    return found
