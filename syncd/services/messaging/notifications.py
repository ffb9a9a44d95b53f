"""Who is told of a change, and what: rows of the outbox, written in the transaction of the change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from syncd.core.messaging.content import Facts, MessageKind, News, facts_document, kind_of, merged, never_left, news_of
from syncd.core.messaging.invitation import invitation
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment, Scope, Series
from syncd.core.scheduling.money import written
from syncd.core.scheduling.people import Client, Party, Provider
from syncd.core.scheduling.reasons import OWN_REASONS, Reason
from syncd.core.sync.calendars import CalendarKind
from syncd.core.sync.publishing import Practice, Privacy, Publishable, initials
from syncd.ics.itip import cancel, request
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Transaction
from syncd.services.scheduling.changes import Effect
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


@dataclass(frozen=True, slots=True)
class Notifier:
    """Makes messages by the practice's rules. ``reasons`` are those for which it cancels."""

    practice: Practice
    reasons: tuple[Reason, ...]

    def messages_for(self, tx: Transaction, effect: Effect) -> list[Message]:
        """Return the mail that tells client and provider of an effect; what it supersedes is marked as merged.

        One message for each UID: a calendar program takes no more from one mail. A provider in whose calendar syncd
        writes gets no invitation, or the event would stand there twice. The next appointments of an endless series are
        no news to anybody: its rule has told of them.
        """
        if effect.kind == "extended":
            return []
        return [message for record in effect.records for message in self._about(tx, record, effect)]

    def _about(self, tx: Transaction, record: Appointment | Series, effect: Effect) -> Iterator[Message]:
        news = news_of(record.uid, effect.steps)
        if not news:
            return
        item = load(tx, record.source)
        for recipient in _recipients(tx, item):
            if kind_of(news) is MessageKind.ENDED and not recipient.is_invited:
                continue  # the other message tells them all there is to tell
            if (message := _merged(tx, self._message(item, recipient, news, effect))) is not None:
                yield message

    def _message(self, item: Publishable, to: _Recipient, news: tuple[News, ...], effect: Effect) -> Message:
        facts = self._facts(item, to.party, news, effect)
        scheduling = self._scheduling(item, to.party, effect) if to.is_invited else _NO_SCHEDULING
        return Message(
            id=new_id("msg"),
            kind=kind_of(news),
            appointment_id=effect.appointment.id,
            recipient=to.email,
            party=to.party,
            method=scheduling.method,
            uid=item.record.uid,
            sequence=item.record.sequence,
            created_at=effect.at,
            facts=facts_document(replace(facts, calendar=scheduling.text)),
        )

    def _scheduling(self, item: Publishable, party: Party, effect: Effect) -> _Scheduling:
        desired = invitation(item, self.practice, party)
        if not desired.master.cancelled:
            return _Scheduling("REQUEST", request(desired, effect.at).decode())
        reason = self._reason(effect)
        return _Scheduling("CANCEL", cancel(desired, effect.at, reason.label if reason else "").decode())

    def _facts(self, item: Publishable, party: Party, news: tuple[News, ...], effect: Effect) -> Facts:
        cancellation, reason = effect.appointment.cancellation, self._reason(effect)
        to_client = party is Party.CLIENT
        return replace(
            address(item.provider, item.client, party, self.practice),
            news=news,
            goes_on=_goes_on(item.record, effect),
            reason=reason.label if reason and _is_worth_telling(reason, to_client=to_client) else "",
            offers_reschedule=reason.offers_reschedule if reason else True,
            personal=cancellation.message if cancellation and to_client else "",
            fee=_fees(effect),
        )

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


def address(provider: Provider, client: Client, party: Party, practice: Practice) -> Facts:
    """Return who is written to, and in whose words: a provider reads of the client what an event's title may tell."""
    to_client = party is Party.CLIENT
    return Facts(
        recipient=client.name if to_client else provider.name,
        counterpart=provider.name if to_client else _seen_by_provider(client, practice),
        timezone=(to_client and client.timezone) or provider.timezone,
        provider_email=provider.email,
        booking_url=provider.booking_url or "",
    )


def _seen_by_provider(client: Client, practice: Practice) -> str:
    shown = {Privacy.BUSY: "", Privacy.INITIALS: initials(client.name), Privacy.NAME: client.name}
    return shown[practice.privacy] or "a client"


def _recipients(tx: Transaction, item: Publishable) -> Sequence[_Recipient]:
    calendars = tx.calendars.list(item.provider.id)
    has_own = any(calendar.kind is CalendarKind.CALDAV for calendar in calendars)
    client = _Recipient(Party.CLIENT, item.client.email, is_invited=True)
    provider = _Recipient(Party.PROVIDER, item.provider.email, is_invited=not has_own)
    is_one_person = client.email.casefold() == provider.email.casefold()
    return (client,) if is_one_person else (client, provider)


def _merged(tx: Transaction, message: Message) -> Message | None:
    """Return the message with the news of those before it that never left, which it takes the place of."""
    waiting = [
        earlier
        for earlier in tx.messages.to(message.uid, message.recipient)
        if never_left(earlier) and earlier.kind != MessageKind.REVERTED
    ]
    for earlier in waiting:
        tx.messages.save(replace(earlier, status=MessageStatus.MERGED))
    return merged(waiting, message)
