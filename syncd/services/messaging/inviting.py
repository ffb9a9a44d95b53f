"""Where a person's sessions stand: by invitation in their own calendar, at the address that they have now.

A provider has them in a calendar that syncd writes to instead: as the first such one is connected, the invitations that
were sent are taken back; as the last one is removed, what is still to come is sent as invitations. Invitations follow a
person to another address. Each mail is about one UID: a calendar program takes no more from one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

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
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Series, SourceRef
from syncd.core.scheduling.people import Client, Party, Provider
from syncd.core.sync.publishing import Practice, Publishable
from syncd.core.times import instant
from syncd.ics.itip import request, take_off
from syncd.ports.store.ids import new_id
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Transaction
from syncd.services.messaging.addressing import address, is_one_person, is_written_to
from syncd.services.scheduling.changes import raised
from syncd.services.sync.publications import load, sources_from

_BOTH = (Party.PROVIDER, Party.CLIENT)
_REQUESTS = frozenset({MessageKind.INVITED, MessageKind.ADDRESS_NEW})


class _Letter(NamedTuple):
    """One mail that is to be queued: about what, to whom, why, and what they were sent before."""

    item: Publishable
    party: Party
    kind: MessageKind
    earlier: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Inviter:
    """Moves sessions from invitations to a calendar and back, and from one address to another.

    ``asks``: answers to invitations are read.
    """

    practice: Practice
    asks: bool = False

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
                self._queue(tx, _Letter(item, Party.PROVIDER, MessageKind.UNINVITED, earlier), now)

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
                self._queue(tx, _Letter(item, Party.PROVIDER, MessageKind.INVITED, earlier), now)

    def follow(self, tx: Transaction, before: Provider | Client, now: datetime) -> None:
        """Have invitations to what is to come follow a person who had another address ``before``.

        The old address gets one CANCEL for each UID that it may hold, the new one the invitation, where its owner is to
        have one. What never left goes to the new address alone.
        """
        party = Party.PROVIDER if isinstance(before, Provider) else Party.CLIENT
        for item in [load(tx, source) for source in _sources_of(tx, before, now)]:
            left = replace(item, provider=before) if isinstance(before, Provider) else replace(item, client=before)
            to_old = tx.messages.to(item.record.uid, before.email)
            is_still_theirs = before.email.casefold() in {_address_of(item, one).casefold() for one in _BOTH}
            if not is_still_theirs:
                _turn_to(tx, to_old, _address_of(item, party))
                if stands_invited(to_old):
                    self._queue(tx, _Letter(left, party, MessageKind.ADDRESS_LEFT, to_old), now)
            to_new = tx.messages.to(item.record.uid, _address_of(item, party))
            if _is_to_be_invited(tx, item, party) and not will_stand_invited(to_new):
                self._queue(tx, _Letter(load(tx, item.record.source), party, MessageKind.ADDRESS_NEW, to_new), now)

    def _queue(self, tx: Transaction, letter: "_Letter", now: datetime) -> None:
        """Queue one mail, under a SEQUENCE of its own (RFC 5546 section 2.1.4)."""
        item = replace(letter.item, record=raised(tx, letter.item.record))
        desired = invitation(item, self.practice, letter.party)
        is_request = letter.kind in _REQUESTS
        body = request(desired, now, asks=self.asks) if is_request else take_off(desired, now)
        facts = replace(
            self._facts(item, letter.party, now),
            calendar=body.decode(),
            thread=thread_of(letter.earlier),
            offers_reschedule=False,
        )
        sessions = _sessions_to_come(item, now)
        message = Message(
            id=new_id("msg"),
            kind=letter.kind,
            appointment_id=sessions[0].id,
            recipient=_address_of(item, letter.party),
            party=letter.party,
            method="REQUEST" if is_request else "CANCEL",
            uid=item.record.uid,
            sequence=item.record.sequence,
            created_at=now,
            facts=facts_document(facts),
        )
        tx.messages.add([message])

    def _facts(self, item: Publishable, party: Party, now: datetime) -> Facts:
        sessions = _sessions_to_come(item, now)
        is_endless = isinstance(item.record, Series) and item.record.extended_until is not None
        return replace(
            address(item.provider, item.client, party, self.practice),
            goes_on=is_endless,
            asks=self.asks,
            news=tuple(News(appointment_id=one.id, before=slot_of(one), after=slot_of(one)) for one in sessions),
        )


def _sources_of(tx: Transaction, person: Provider | Client, now: datetime) -> Sequence[SourceRef]:
    if isinstance(person, Provider):
        return sources_from(tx, person.id, now)
    booked = AppointmentQuery(client_id=person.id, status=AppointmentStatus.BOOKED, starts_from=now)
    return list(dict.fromkeys(one.source for one in tx.appointments.list(booked)))


def _address_of(item: Publishable, party: Party) -> str:
    return item.provider.email if party is Party.PROVIDER else item.client.email


def _is_to_be_invited(tx: Transaction, item: Publishable, party: Party) -> bool:
    """Tell whether that party gets invitations by mail: who is both, gets the client's."""
    if party is Party.CLIENT:
        return True
    return not is_one_person(item) and not is_written_to(tx, item.provider.id)


def _turn_to(tx: Transaction, earlier: Sequence[Message], address: str) -> None:
    """Send what never left to another address; an invitation there is made anew, for its attendee is another one."""
    for message in earlier:
        if never_left(message) and message.method == "REQUEST":
            tx.messages.save(replace(message, status=MessageStatus.MERGED))
        elif never_left(message) and message.method is None:
            tx.messages.save(replace(message, recipient=address))


def _to_come(tx: Transaction, provider_id: str, now: datetime) -> Iterable[Publishable]:
    items = (load(tx, source) for source in sources_from(tx, provider_id, now))
    return (item for item in items if not is_one_person(item))


def _sessions_to_come(item: Publishable, now: datetime) -> list[Appointment]:
    return [
        one for one in item.sessions if one.status is AppointmentStatus.BOOKED and instant(one.start) >= instant(now)
    ]
