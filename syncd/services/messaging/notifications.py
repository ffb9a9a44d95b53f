"""Who is told of a change, and what: rows of the outbox, written in the transaction of the change."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from syncd.core.messaging.content import (
    NOTICES,
    Facts,
    MessageKind,
    News,
    SessionTime,
    facts_document,
    from_where_known,
    kind_of,
    known_before,
    merged,
    never_left,
    news_of,
    stands_invited,
    thread_of,
)
from syncd.core.messaging.invitation import invitation
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment, Scope, Series
from syncd.core.scheduling.money import written
from syncd.core.scheduling.people import Party
from syncd.core.scheduling.reasons import OWN_REASONS, Reason
from syncd.core.sync.publishing import Practice, Publishable
from syncd.ics.itip import cancel, request, take_off
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Transaction
from syncd.services.messaging.addressing import address, is_one_person, is_written_to, seen_by_provider
from syncd.services.messaging.answering import Answerer
from syncd.services.messaging.template_values import YOURSELF
from syncd.services.scheduling.changes import ASKED_AGAIN, COUNTER_REFUSED, Effect
from syncd.services.sync.publications import load


class _Recipient(NamedTuple):
    """One who is told. ``is_invited``: the mail carries the event for their calendar."""

    party: Party
    email: str
    is_invited: bool


class _Scheduling(NamedTuple):
    """The iTIP part of a mail."""

    method: str | None
    text: str


_NO_SCHEDULING = _Scheduling(None, "")


class _Letter(NamedTuple):
    """What one recipient is to hear of one record, and the messages about it that they were sent before."""

    item: Publishable
    to: _Recipient
    news: tuple[News, ...]
    earlier: Sequence[Message]


_Waiting = Mapping[tuple[str, str], Sequence[Message]]
"""By UID and address: the messages that never left when the change was made."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """Makes messages by the practice's rules. ``reasons`` are those for which it cancels.

    ``late_notice_hours``: within so many hours of a session its client may not move it (a provider's own comes first).
    ``asks``: answers to invitations are read.
    """

    practice: Practice
    reasons: tuple[Reason, ...]
    late_notice_hours: int = 24
    asks: bool = False

    def messages_for(self, tx: Transaction, effect: Effect) -> list[Message]:
        """Return the mail that tells client and provider of an effect; what it supersedes is marked as merged.

        One message for each UID: a calendar program takes no more from one mail. A provider in whose calendar syncd
        writes gets no invitation, or the event would stand there twice; one that was sent before is taken back. The
        next appointments of an endless series are no news to anybody: its rule has told of them.
        """
        if effect.kind == "extended":
            return []
        if effect.kind in {ASKED_AGAIN, COUNTER_REFUSED}:
            item = load(tx, effect.appointment.source)
            earlier = tx.messages.to(item.record.uid, item.provider.email)
            return [Answerer(self.practice, self.asks).of_decision(item, effect, earlier)]
        letters = [letter for record in effect.records for letter in _letters(tx, record, effect)]
        waiting = {(letter.item.record.uid, letter.to.email): _never_left(letter.earlier) for letter in letters}
        return [message for letter in letters for message in self._told(tx, letter, effect, waiting)]

    def _told(self, tx: Transaction, letter: _Letter, effect: Effect, waiting: _Waiting) -> Iterator[Message]:
        """Yield the message of one letter, if it has anything to tell."""
        news = from_where_known(letter.news, _known_elsewhere(letter, effect, waiting))
        before = waiting[letter.item.record.uid, letter.to.email]
        for one in before:
            tx.messages.save(replace(one, status=MessageStatus.MERGED))
        draft = self._message(letter._replace(news=news), effect, _thread(tx, letter, before))
        message = merged(before, draft) if before else draft if news else None
        if message is None:  # also of a session that came here from another UID and is otherwise as it was
            message = _owed(draft, letter.earlier)
        if message is None or (message.kind == MessageKind.ENDED and message.method is None):
            return  # of an end without an invitation the other message tells all there is to tell
        yield message

    def _message(self, letter: _Letter, effect: Effect, thread: tuple[str, ...]) -> Message:
        facts = self._facts(letter.item, letter.to.party, letter.news, effect)
        scheduling = self._scheduling(letter, effect, facts)
        return Message(
            id=new_id("msg"),
            kind=kind_of(letter.news),
            appointment_id=effect.appointment.id,
            recipient=letter.to.email,
            party=letter.to.party,
            method=scheduling.method,
            uid=letter.item.record.uid,
            sequence=letter.item.record.sequence,
            created_at=effect.at,
            facts=facts_document(replace(facts, calendar=scheduling.text, thread=thread)),
        )

    def _scheduling(self, letter: _Letter, effect: Effect, facts: Facts) -> _Scheduling:
        """Return the iTIP part: its COMMENT says no more than the mail does.

        What the recipient was last sent decides whether there is an invitation to take back.
        """
        if not letter.to.is_invited and not stands_invited(letter.earlier):
            return _NO_SCHEDULING
        desired = invitation(letter.item, self.practice, letter.to.party)
        if desired.master.cancelled:
            return _Scheduling("CANCEL", cancel(desired, effect.at, facts.reason).decode())
        if not letter.to.is_invited:
            return _Scheduling("CANCEL", take_off(desired, effect.at).decode())
        return _Scheduling("REQUEST", request(desired, effect.at, asks=self.asks).decode())

    def _facts(self, item: Publishable, party: Party, news: tuple[News, ...], effect: Effect) -> Facts:
        cancellation, reason = effect.appointment.cancellation, self._reason(effect)
        to_client = party is Party.CLIENT
        is_read = to_client or effect.by.party is Party.CLIENT
        own = item.provider.late_notice_hours
        return replace(
            address(item.provider, item.client, party, self.practice),
            news=news,
            goes_on=_goes_on(item.record, effect),
            reason=reason.label if reason and _is_worth_telling(reason, to_client=to_client) else "",
            offers_reschedule=reason.offers_reschedule if reason else True,
            personal=cancellation.message if cancellation and is_read else "",
            writer=self._writer(item, effect, party) if cancellation and cancellation.message and is_read else "",
            fee=_fees(effect),
            notice_hours=self.late_notice_hours if own is None else own,
            asks=self.asks,
        )

    def _writer(self, item: Publishable, effect: Effect, reader: Party) -> str:
        """Return the name of who acted, as its reader knows it: only a client's word is read by the provider."""
        if reader is Party.PROVIDER:
            return seen_by_provider(item.client, self.practice)
        names = {Party.PROVIDER: item.provider.name, Party.CLIENT: YOURSELF}
        return names.get(effect.by.party, self.practice.name)

    def _reason(self, effect: Effect) -> Reason | None:
        """Return why it was cancelled: all sessions of one request for the same reason."""
        cancellation = effect.appointment.cancellation
        known = (*self.reasons, *OWN_REASONS)
        return next((one for one in known if cancellation and one.code == cancellation.reason), None)


def _fees(effect: Effect) -> str:
    """Return what the cancelled sessions cost the client: what was waived costs nothing."""
    if effect.kind != "cancelled":
        return ""
    fees = (step.after.cancellation.fee for step in effect.steps if step.after.cancellation)
    return ", ".join(written(fee.amount) for fee in fees if fee and not fee.waived)


def _goes_on(record: Appointment | Series, effect: Effect) -> bool:
    is_endless = isinstance(record, Series) and record.extended_until is not None
    return is_endless and effect.scope is not Scope.THIS and effect.kind != "cancelled"


def _is_worth_telling(reason: Reason, *, to_client: bool) -> bool:
    """A label that only its note explains tells nothing, and clients know what they asked for themselves."""
    return not reason.note_required and not (to_client and reason.clients_doing)


def _letters(tx: Transaction, record: Appointment | Series, effect: Effect) -> Iterator[_Letter]:
    news, item = news_of(record.uid, effect.steps), load(tx, record.source)
    for to in _recipients(tx, item):
        yield _Letter(item, to, news, tx.messages.to(record.uid, to.email))


def _recipients(tx: Transaction, item: Publishable) -> Sequence[_Recipient]:
    client = _Recipient(Party.CLIENT, item.client.email, is_invited=True)
    provider = _Recipient(Party.PROVIDER, item.provider.email, is_invited=not is_written_to(tx, item.provider.id))
    return (client,) if is_one_person(item) else (client, provider)


def _never_left(earlier: Sequence[Message]) -> list[Message]:
    """Return the messages that certainly did not reach anybody: the next one takes their place."""
    return [message for message in earlier if never_left(message) and message.kind not in NOTICES]


def _owed(draft: Message, earlier: Sequence[Message]) -> Message | None:
    """Return a message without news as one about the invitation alone, where the recipient's calendar lacks it."""
    if draft.method is None or (draft.method == "REQUEST") is stands_invited(earlier):
        return None
    return replace(draft, kind=MessageKind.INVITED if draft.method == "REQUEST" else MessageKind.UNINVITED)


def _known_elsewhere(letter: _Letter, effect: Effect, waiting: _Waiting) -> Mapping[str, SessionTime | None]:
    """Return where the recipient knows the sessions that came here from another UID and were not told of yet."""
    uid = letter.item.record.uid
    left = {step.before.uid for step in effect.steps if step.before and step.after.uid == uid} - {uid}
    return known_before(message for other in left for message in waiting.get((other, letter.to.email), ()))


def _thread(tx: Transaction, letter: _Letter, merged_now: Collection[Message]) -> tuple[str, ...]:
    """Return the ids of the mails that this one follows, of the series that was carried on too."""
    record, gone = letter.item.record, {message.id for message in merged_now}
    carried_on = record.split_from if isinstance(record, Series) else None
    before = tx.messages.to(carried_on, letter.to.email) if carried_on else ()
    return thread_of(message for message in (*before, *letter.earlier) if message.id not in gone)
