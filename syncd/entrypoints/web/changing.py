"""What the pages have in common on which an appointment is changed: whether it may be, and the link for its client."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncd.bootstrap import System
from syncd.bootstrap.visiting import visits
from syncd.core.access.permissions import Permission
from syncd.core.claims.claim import Claim, ClaimStatus
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.booking import has_begun
from syncd.core.scheduling.people import Client, Party, Provider
from syncd.core.scheduling.reasons import OWN_REASONS
from syncd.entrypoints.web.visitor import Visitor
from syncd.ports.store.transaction import Transaction
from syncd.services.access.secrets import new_secret
from syncd.services.scheduling.changes import Terms


@dataclass(frozen=True, slots=True)
class Session:
    """An appointment with its people. ``why_not``: why nothing about it can be changed, "" where it can."""

    one: Appointment
    provider: Provider
    client: Client
    claim: Claim
    why_not: str

    @property
    def words(self) -> dict[str, Any]:
        """What every page about it shows; ``once`` makes its form one that is carried out once."""
        return {
            "one": self.one,
            "provider": self.provider,
            "client": self.client,
            "why_not": self.why_not,
            "once": new_secret(),
        }


def session_of(tx: Transaction, appointment_id: str, now: datetime) -> Session:
    """Return an appointment with its people. Raises `NotFoundError`."""
    one = tx.appointments.get(appointment_id)
    provider, client = tx.providers.get(one.provider_id), tx.clients.get(one.client_id)
    claim = tx.claims.get(one.id)
    return Session(one, provider, client, claim, why_unchangeable(one, claim.status, now))


def why_unchangeable(one: Appointment, claim: ClaimStatus, now: datetime) -> str:
    """Return why an appointment can be neither moved nor cancelled, "" where it can."""
    if one.status is AppointmentStatus.CANCELLED:
        return "It is cancelled: book a new one."
    if claim is ClaimStatus.FILED:
        return "Its claim is filed: a corrected claim is needed."
    if has_begun(one, now):
        return "It has begun or is over: it can no longer be moved or cancelled."
    return ""


def to_change(system: System, visitor: Visitor, appointment_id: str) -> Session:
    """Return an appointment that somebody wants to change.

    Raises `NotFoundError` for one that is not theirs to see, `NotPermittedError` for one that is not theirs to change.
    """
    with system.store.reading() as tx:
        found = session_of(tx, appointment_id, visitor.now)
    visitor.require(Permission.CHANGE_APPOINTMENT, found.one.provider_id)
    return found


def terms_of(system: System, visitor: Visitor) -> Terms:
    """Return the terms of a change: a provider's own, or the practice's."""
    return visitor.terms(system, Party.ADMIN if visitor.scope is None else Party.PROVIDER)


def clients_link(system: System, visitor: Visitor, one: Appointment) -> str:
    """Return the link by which the client chooses another time, to be handed to them; "" where there is none.

    It is theirs who may change the appointment: whoever holds it acts as the client.
    """
    if not system.settings.pages_address or not visitor.may("change_appointment", one.provider_id):
        return ""
    offers = one.status is AppointmentStatus.BOOKED and not has_begun(one, visitor.now)
    if one.cancellation is not None:
        known = (*system.settings.booking.rules().reasons, *OWN_REASONS)
        offers = any(each.code == one.cancellation.reason and each.offers_reschedule for each in known)
    if not offers:
        return ""
    return f"{system.settings.pages_address}/visit/{visits(system).token_of(one, visitor.now)}"


def change_address(tx: Transaction, one: Appointment) -> str:
    """Return the page that confirms the last change of an appointment."""
    return f"/appointments/{one.id}/changes/{len(tx.appointments.history(one.id))}"
