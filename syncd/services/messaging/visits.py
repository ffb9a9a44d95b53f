"""What a client does by the signed link in their mail: look at one appointment, choose another time, cancel it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.errors import AppointmentStateError, NotFoundError, OverlapError
from syncd.core.events.desired import Session
from syncd.core.messaging.invitation import invitation
from syncd.core.messaging.links import LinkError, Purpose, SignedLink, read, sign
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.booking import BookingRules, has_begun, is_late
from syncd.core.scheduling.people import Client, Party, Provider
from syncd.core.scheduling.reasons import OWN_REASONS, Reason
from syncd.core.scheduling.slots import SlotTakenError
from syncd.core.sync.publishing import Practice
from syncd.core.times import instant
from syncd.ics.feed import FeedEvent, event_file
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.messaging.links import follow
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.changes import By, Terms
from syncd.services.scheduling.rescheduling import Reschedule, reschedule
from syncd.services.scheduling.slots import Looking, Slots
from syncd.services.sync.publications import load


class VisitState(StrEnum):
    """What the holder of a link may still do: ``open`` everything, ``late`` nothing without the provider."""

    OPEN = "open"
    LATE = "late"
    PAST = "past"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One appointment as its client sees it.

    ``until``: when the late-notice window begins, ``hours`` how long it is. ``chooses``: another time may be chosen;
    of one that is cancelled, in its place.
    """

    appointment: Appointment
    provider: Provider
    client: Client
    state: VisitState
    until: datetime
    hours: int
    chooses: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFile:
    """An appointment as a file for a calendar: its bytes, and when it last changed."""

    content: bytes
    changed_at: datetime
    event: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Serves the holders of links; ``key`` signs these, and they are good for ``valid`` after their session.

    Every method raises `LinkError` for a link that is not ours, for something else, expired, revoked or used.
    """

    store: Store
    key: bytes
    practice: Practice
    booking: BookingRules
    slots: Slots
    valid: timedelta

    def look(self, token: str, now: datetime) -> Visit:
        """Return the appointment. Changes nothing: programs that scan mails open links."""
        with self.store.reading() as tx:
            return self._visit(tx, token, now)

    def times(self, token: str, now: datetime) -> tuple[Visit, list[datetime]]:
        """Return the appointment, and the times that may be chosen now, in the provider's zone; none where none may."""
        with self.store.reading() as tx:
            visit = self._visit(tx, token, now)
            return visit, self.slots.for_client(tx, _looking(visit), now) if visit.chooses else []

    def choose(self, tx: Transaction, token: str, start: datetime, terms: Terms) -> Appointment:
        """Give the appointment that start; in place of one that is cancelled book another one, once.

        Raises `SlotTakenError` for a start that is not free any more, and `RefusalError` when it is too late.
        """
        visit = self._visit(tx, token, terms.now)
        one, terms = visit.appointment, replace(terms, by=_holder(visit))
        try:
            if visit.state is not VisitState.CANCELLED:
                _check_free(self.slots, tx, visit, start, terms)
                return reschedule(tx, Reschedule(appointment_id=one.id, start=start), terms)
            if not visit.chooses:
                raise AppointmentStateError("This appointment is cancelled.")
            _check_free(self.slots, tx, visit, start, terms)
            new = book(tx, _again(one, start), terms)
        except OverlapError as error:
            raise SlotTakenError from error
        tx.links.use(one.id, new.id, terms.now)
        return new

    def cancel(self, tx: Transaction, token: str, reason: str, word: str, terms: Terms) -> Appointment:
        """Cancel the appointment; ``word`` is told to the provider. Raises `RefusalError` when it is too late."""
        visit = self._visit(tx, token, terms.now)
        asked = Cancel(appointment_id=visit.appointment.id, reason=reason, note=word, message=word)
        return cancel(tx, asked, replace(terms, by=_holder(visit)))

    def token_after(self, token: str, appointment_id: str, now: datetime) -> str:
        """Return by which token the holder of one goes on: their own, or that of what was booked in its place."""
        if read(token, self.key, Purpose.RESCHEDULE, now).appointment_id == appointment_id:
            return token
        with self.store.reading() as tx:
            return self.token_of(tx.appointments.get(appointment_id), now)

    def token_of(self, one: Appointment, now: datetime) -> str:
        """Return the token of a new link about an appointment: who holds it acts as its client."""
        expires_at = max(instant(one.start), instant(now)) + self.valid
        return sign(SignedLink(Purpose.RESCHEDULE, one.id, instant(now), expires_at), self.key)

    def reasons(self) -> list[Reason]:
        """Return the reasons that a client may give: those that are their doing, and those that a note explains."""
        own = [one for one in self.booking.reasons if one.clients_doing or one.note_required]
        return own or list(self.booking.reasons)

    def event(self, token: str, now: datetime) -> EventFile:
        """Return the appointment alone as a file for a calendar. Raises `LinkError` for one that is cancelled, too."""
        with self.store.reading() as tx:
            one = self._visit(tx, token, now).appointment
            if one.status is AppointmentStatus.CANCELLED:
                raise LinkError
            whole = invitation(load(tx, one.source), self.practice, Party.CLIENT)
            changed_at = tx.appointments.history(one.id)[-1].at
        master = replace(whole.master, start=one.start, minutes=one.minutes, location=one.location)
        uid = one.uid if one.series_id is None else f"{one.uid}-{one.id}"
        alone = replace(whole, uid=uid, master=master, rule=None, exdates=(), overrides=(), related_to=None)
        return EventFile(
            content=event_file(FeedEvent(alone, changed_at), now), changed_at=changed_at, event=alone.master
        )

    def _visit(self, tx: Transaction, token: str, now: datetime) -> Visit:
        link = follow(tx, token, Purpose.RESCHEDULE, self.key, now)
        try:
            one = tx.appointments.get(link.appointment_id)
        except NotFoundError as error:
            raise LinkError from error
        if tx.links.led_to(one.id) is not None:
            raise LinkError
        provider, client = tx.providers.get(one.provider_id), tx.clients.get(one.client_id)
        own = provider.late_notice_hours
        hours = self.booking.late_notice_hours if own is None else own
        state = self._state(one, provider, now)
        offered = state is VisitState.OPEN or (state is VisitState.CANCELLED and self._offers_another(one))
        return Visit(
            appointment=one,
            provider=provider,
            client=client,
            state=state,
            until=instant(one.start) - timedelta(hours=hours),
            hours=hours,
            chooses=offered and provider.active and client.active,
        )

    def _state(self, one: Appointment, provider: Provider, now: datetime) -> VisitState:
        if one.status is AppointmentStatus.CANCELLED:
            return VisitState.CANCELLED
        if has_begun(one, now):
            return VisitState.PAST
        return VisitState.LATE if is_late(one, provider, self.booking, now) else VisitState.OPEN

    def _offers_another(self, one: Appointment) -> bool:
        known: Iterable[Reason] = (*self.booking.reasons, *OWN_REASONS)
        return any(
            one.cancellation and each.code == one.cancellation.reason and each.offers_reschedule for each in known
        )


def _looking(visit: Visit) -> Looking:
    one = visit.appointment
    leaving = one if visit.state is not VisitState.CANCELLED else None
    return Looking(provider=visit.provider, client_id=one.client_id, minutes=one.minutes, leaving=leaving)


def _check_free(slots: Slots, tx: Transaction, visit: Visit, start: datetime, terms: Terms) -> None:
    """Refuse a start that is not offered; when it is too late to ask, that is said by who changes the appointment."""
    if visit.state in {VisitState.OPEN, VisitState.CANCELLED}:
        slots.check(tx, _looking(visit), start, terms.now)


def _again(one: Appointment, start: datetime) -> NewBooking:
    return NewBooking(
        provider=one.provider_id,
        client=one.client_id,
        start=start,
        minutes=one.minutes,
        timezone=one.timezone,
        location=one.location,
    )


def _holder(visit: Visit) -> By:
    """Return who holds the link, as who they act: the client of the appointment, about their own things."""
    client = visit.client
    who = Principal(name=f"link:{client.id}", role=Role.CLIENT, channel=Channel.LINK, client_id=client.id)
    return By(Party.CLIENT, who)
