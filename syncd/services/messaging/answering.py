"""The mails that follow an answer: the practice holds on, refuses another time, asks the provider, or tells anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from syncd.core.messaging.content import (
    Facts,
    MessageKind,
    News,
    SessionTime,
    facts_document,
    facts_of,
    slot_of,
    thread_of,
)
from syncd.core.messaging.invitation import invitation
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope, Series
from syncd.core.scheduling.people import Party
from syncd.core.sync.publishing import Practice, Publishable
from syncd.core.times import instant
from syncd.ics.itip import cancel, decline_counter, request
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Transaction
from syncd.services.messaging.addressing import address
from syncd.services.scheduling.changes import Effect, raised

DECLINECOUNTER = "DECLINECOUNTER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a client asks for: for one session or all of them, cancelled or at another time. ``words`` are theirs."""

    sessions: Sequence[Appointment]
    proposed: SessionTime | None = None
    words: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Answerer:
    """Makes the mails that follow an answer. ``asks``: answers to invitations are read."""

    practice: Practice
    asks: bool = True

    def of_decision(self, item: Publishable, effect: Effect, earlier: Sequence[Message]) -> Message:
        """Return the mail to a provider whose answer was not taken over; the record has its new SEQUENCE already."""
        kind = MessageKind(effect.kind)
        desired = invitation(item, self.practice, Party.PROVIDER)
        draft = self._draft(item, Party.PROVIDER, kind, effect.at, (effect.appointment,))
        if kind is MessageKind.ASKED_AGAIN:
            return _with_calendar(draft, "REQUEST", request(desired, effect.at, asks=self.asks), earlier)
        if any(one.method == DECLINECOUNTER and one.sequence == draft.sequence for one in earlier):
            return draft  # two refusals of one revision would be the same to a program: this one is said in words
        instance = effect.appointment.recurrence_id if effect.scope is Scope.THIS else None
        return _with_calendar(draft, DECLINECOUNTER, decline_counter(desired, effect.at, instance), earlier)

    def client_asks(self, item: Publishable, asked: Asked, now: datetime) -> Message:
        """Return the mail that puts a client's wish before the provider."""
        kind = MessageKind.CLIENT_COUNTERED if asked.proposed else MessageKind.CLIENT_DECLINED
        draft = self._draft(item, Party.PROVIDER, kind, now, asked.sessions)
        told = {"proposed": asked.proposed, "late": asked.late, "personal": asked.words, "writer": "The client"}
        return _with_facts(draft, **told)

    def present_state(self, tx: Transaction, item: Publishable, party: Party, now: datetime) -> Message:
        """Return the mail that tells a party anew what there is, under a new SEQUENCE (RFC 5546 section 3.2.6)."""
        item = replace(item, record=raised(tx, item.record))
        recipient = item.client.email if party is Party.CLIENT else item.provider.email
        earlier = tx.messages.to(item.record.uid, recipient)
        desired = invitation(item, self.practice, party)
        draft = self._draft(item, party, MessageKind.REFRESHED, now, _shown(item, now))
        if desired.master.cancelled:
            return _with_calendar(draft, "CANCEL", cancel(desired, now), earlier)
        return _with_calendar(draft, "REQUEST", request(desired, now, asks=self.asks), earlier)

    def _draft(
        self, item: Publishable, party: Party, kind: MessageKind, now: datetime, sessions: Sequence[Appointment]
    ) -> Message:
        record = item.record
        facts = replace(
            address(item.provider, item.client, party, self.practice),
            asks=self.asks,
            offers_reschedule=False,
            goes_on=isinstance(record, Series) and record.extended_until is not None and len(sessions) > 1,
            news=tuple(_standing(one) for one in sessions),
        )
        return Message(
            id=new_id("msg"),
            kind=kind,
            appointment_id=sessions[0].id,
            recipient=item.client.email if party is Party.CLIENT else item.provider.email,
            party=party,
            method=None,
            uid=record.uid,
            sequence=record.sequence,
            created_at=now,
            facts=facts_document(facts),
        )


def _standing(one: Appointment) -> News:
    """Return how a session stands: as no news, or as cancelled."""
    slot = slot_of(one)
    return News(appointment_id=one.id, before=slot, after=slot if one.status is AppointmentStatus.BOOKED else None)


def _shown(item: Publishable, now: datetime) -> Sequence[Appointment]:
    """Return the sessions that a mail about the whole lists: those to come, else the last one."""
    every: Iterable[Appointment] = item.instances if isinstance(item.record, Series) else (item.record,)
    in_order = sorted(every, key=lambda one: instant(one.start))
    ahead = [one for one in in_order if one.status is AppointmentStatus.BOOKED and instant(one.start) > now]
    return ahead or in_order[-1:]


def _with_calendar(draft: Message, method: str, body: bytes, earlier: Sequence[Message]) -> Message:
    return replace(_with_facts(draft, calendar=body.decode(), thread=thread_of(earlier)), method=method)


def _with_facts(draft: Message, **told: object) -> Message:
    facts: Facts = replace(facts_of(draft), **told)  # type: ignore[arg-type]  # the names are of `Facts`
    return replace(draft, facts=facts_document(facts))
