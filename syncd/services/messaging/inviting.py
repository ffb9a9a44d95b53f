"""Where a provider's sessions stand: in a calendar that syncd writes to, or by invitation in their own; never in both.

As the first such calendar is connected, the invitations that were sent are taken back; as the last one is removed, what
is still to come is sent as invitations. Each mail is about one UID: a calendar program takes no more from one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from syncd.core.messaging.content import (
    Facts,
    MessageKind,
    News,
    facts_document,
    facts_of,
    never_left,
    slot_of,
    stands_invited,
    thread_of,
    will_stand_invited,
)
from syncd.core.messaging.invitation import invitation
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Series
from syncd.core.scheduling.people import Party
from syncd.core.sync.publishing import Practice, Publishable
from syncd.core.times import instant
from syncd.ics.itip import request, take_off
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Transaction
from syncd.services.messaging.notifications import address, is_one_person, is_written_to
from syncd.services.scheduling.changes import save_appointment, save_series
from syncd.services.sync.publications import load, sources_from


@dataclass(frozen=True, slots=True)
class Inviter:
    """Moves a provider's sessions from invitations to a calendar and back."""

    practice: Practice

    def take_back(self, tx: Transaction, provider_id: str, now: datetime) -> None:
        """Queue a CANCEL for each invitation that the provider may hold to what is still to come.

        One that is queued and never left leaves as a mail without a calendar part.
        """
        for item in _to_come(tx, provider_id, now):
            earlier = tx.messages.to(item.record.uid, item.provider.email)
            for message in earlier:
                if message.method == "REQUEST" and never_left(message):
                    bare = facts_document(replace(facts_of(message), calendar=""))
                    tx.messages.save(replace(message, method=None, facts=bare))
            if stands_invited(earlier):
                self._queue(tx, item, MessageKind.UNINVITED, earlier, now)

    def invite(self, tx: Transaction, provider_id: str, now: datetime, removed: str = "") -> None:
        """Queue a REQUEST for each thing to come, unless a calendar is left in which it stands.

        ``removed`` is the calendar that is about to go. What the provider holds by invitation, once all
        that is queued has left, is not sent again.
        """
        if is_written_to(tx, provider_id, without=removed):
            return
        for item in _to_come(tx, provider_id, now):
            earlier = tx.messages.to(item.record.uid, item.provider.email)
            if not will_stand_invited(earlier):
                self._queue(tx, item, MessageKind.INVITED, earlier, now)

    def _queue(
        self,
        tx: Transaction,
        item: Publishable,
        kind: Literal[MessageKind.UNINVITED, MessageKind.INVITED],
        earlier: Sequence[Message],
        now: datetime,
    ) -> None:
        """Queue one mail, under a SEQUENCE of its own (RFC 5546 section 2.1.4)."""
        raised = replace(item, record=_raised(tx, item.record))
        desired = invitation(raised, self.practice, Party.PROVIDER)
        is_request = kind is MessageKind.INVITED
        body = request(desired, now) if is_request else take_off(desired, now)
        facts = replace(
            self._facts(raised, now), calendar=body.decode(), thread=thread_of(earlier), offers_reschedule=False
        )
        sessions = _sessions_to_come(raised, now)
        message = Message(
            id=new_id("msg"),
            kind=kind,
            appointment_id=sessions[0].id,
            recipient=raised.provider.email,
            party=Party.PROVIDER,
            method="REQUEST" if is_request else "CANCEL",
            uid=raised.record.uid,
            sequence=raised.record.sequence,
            created_at=now,
            facts=facts_document(facts),
        )
        tx.messages.add([message])

    def _facts(self, item: Publishable, now: datetime) -> Facts:
        sessions = _sessions_to_come(item, now)
        is_endless = isinstance(item.record, Series) and item.record.extended_until is not None
        return replace(
            address(item.provider, item.client, Party.PROVIDER, self.practice),
            goes_on=is_endless,
            news=tuple(News(appointment_id=one.id, before=slot_of(one), after=slot_of(one)) for one in sessions),
        )


def _to_come(tx: Transaction, provider_id: str, now: datetime) -> Iterable[Publishable]:
    items = (load(tx, source) for source in sources_from(tx, provider_id, now))
    return (item for item in items if not is_one_person(item))


def _sessions_to_come(item: Publishable, now: datetime) -> list[Appointment]:
    return [
        one for one in item.sessions if one.status is AppointmentStatus.BOOKED and instant(one.start) >= instant(now)
    ]


def _raised(tx: Transaction, record: Appointment | Series) -> Appointment | Series:
    return save_series(tx, record) if isinstance(record, Series) else save_appointment(tx, record)
