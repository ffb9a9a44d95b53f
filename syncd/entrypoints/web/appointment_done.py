"""What was done to an appointment, and to whom it was told: the page that confirms a change, and stays."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from syncd.core.errors import NotFoundError
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Change
from syncd.core.scheduling.people import Party
from syncd.entrypoints.web.changing import clients_link, session_of
from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.lists import MessageFilter, Part
from syncd.ports.store.transaction import Transaction
from syncd.presentation import labels
from syncd.presentation.history import what

router = APIRouter(include_in_schema=False)

_DONE = {"cancelled": "Cancelled", "rescheduled": "Rescheduled", "booked": "Booked", "extended": "Booked"}
_MOST = 50


@router.get("/appointments/{appointment_id}/changes/{number}")
def change(request: Request, system: TheSystem, visitor: SomeVisitor, appointment_id: str, number: int) -> Response:
    """Show one change of an appointment: what was done, who is told, and whether calendars show it."""
    with system.store.reading() as tx:
        found = session_of(tx, appointment_id, visitor.now)
        visitor.check_sees(found.one.provider_id)
        history = tx.appointments.history(appointment_id)
        if not 1 <= number <= len(history):
            raise NotFoundError("There is no such change of this appointment.")
        done = history[number - 1]
        wanted = MessageFilter(appointment_id=appointment_id)
        rows = tx.lists.messages(wanted, Part(size=_MOST, counted=False)).rows
        sessions = _sessions(tx, appointment_id, done)
        stands = tx.publications.ever_of_source(found.one.source)
    mails = [row.message for row in rows if row.message.created_at == done.at]
    values: dict[str, Any] = {
        "done": _DONE.get(done.kind, "Changed"),
        "change": done,
        "what": what(done, system.settings.booking.rules().reasons),
        "sessions": sessions,
        "mails": [_mail(mail, visitor.scope) for mail in mails],
        "is_last": number == len(history),
        "calendars": len(stands),
        "is_shown": all(each.wanted == each.done for each in stands),
        "link": clients_link(system, visitor, found.one) if number == len(history) else "",
        "who": _who(done),
        "is_own": visitor.scope is not None,
    }
    return page(request, "appointment_change.html", **found.words, **values)


def _sessions(tx: Transaction, appointment_id: str, done: Change) -> int:
    """Return how many sessions the same act was about: the trail has it as one record."""
    wanted = AuditQuery(action=f"appointment.{done.kind}", subject=appointment_id, since=done.at)
    found = tx.lists.audit(wanted, Part(size=_MOST, counted=False)).rows
    acts = [row.link.record for row in found if row.link.record.at == done.at]
    return max((len(act.details.get("appointments", ())) for act in acts), default=1)


def _mail(mail: Message, scope: str | None) -> dict[str, Any]:
    """Return who is told and whether the mail left; what a client reads is not a provider's to open."""
    to_client = mail.party == Party.CLIENT
    at = mail.sent_at if mail.status is MessageStatus.SENT else None
    href = "" if to_client and scope is not None else f"/messages/{mail.id}"
    return {"to_client": to_client, "label": labels.MESSAGES[mail.status], "at": at, "href": href}


def _who(done: Change) -> str:
    return labels.actor(done.actor) if done.by is not Party.SYSTEM else "syncd"
