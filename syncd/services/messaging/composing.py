"""From a row of the outbox to the mail that leaves: iMIP (RFC 6047) where it carries an invitation.

Composing the same message again gives the same bytes, so that a mail that is sent twice is recognised as one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial

from syncd.core.messaging.content import Facts, News, facts_of
from syncd.core.messaging.links import PAGES, Purpose, SignedLink, sign
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.people import Party
from syncd.core.sync.publishing import Practice
from syncd.core.times import instant
from syncd.ports.mail import Envelope, Letter, PermanentMailError, Words
from syncd.services.messaging.headers import WIRE
from syncd.services.messaging.template_values import PageLinks, PracticeDetails, template_values


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMaker:
    """Makes the links in mails: ``pages`` under ``base_url``, signed with ``key``; without a base there are none.

    A link is good for ``valid`` after the mail or after the last session that it tells of, whichever is later.
    """

    base_url: str = ""
    key: bytes = b""
    valid: timedelta = timedelta(days=90)
    pages: Mapping[Purpose, str] = field(default_factory=lambda: PAGES)

    def links(self, message: Message, facts: Facts) -> PageLinks:
        """Return the links that a message offers: to reschedule, or to decide about an edit that was put back.

        A session that its client may no longer move has no link to do so.
        """
        if facts.drift:
            decide = partial(self._link, message.appointment_id, message, facts)
            return PageLinks(accept=decide(Purpose.ACCEPT_EDIT), dismiss=decide(Purpose.DISMISS_EDIT))
        if not facts.offers_reschedule:
            return PageLinks()
        offered = _offered(message, facts)
        if offered is None:
            return PageLinks(booking=facts.booking_url)
        link = self._link(offered.appointment_id, message, facts, Purpose.RESCHEDULE)
        slot, until = offered.after or offered.before, None
        if offered.after is not None and facts.notice_hours:
            until = instant(offered.after.start) - timedelta(hours=facts.notice_hours)
        return PageLinks(
            reschedule=link, booking=facts.booking_url, movable=slot.start if slot else None, movable_until=until
        )

    def _link(self, appointment_id: str, message: Message, facts: Facts, purpose: Purpose) -> str:
        if not self.base_url or purpose not in self.pages:
            return ""
        expires = max([message.created_at, *_moments(facts)]) + self.valid
        link = SignedLink(purpose, appointment_id, message.created_at, expires, facts.drift)
        return f"{self.base_url.rstrip('/')}/{self.pages[purpose]}/{sign(link, self.key)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Makes mails in the practice's name. ``contact`` is how to reach it besides by mail."""

    practice: Practice
    words: Words
    links: LinkMaker
    contact: str = ""

    def compose(self, message: Message) -> Envelope:
        """Return the mail of a message.

        Raises `WordingError` for a template that is wrong, and `PermanentMailError` for an address that cannot stand in
        a mail.
        """
        letter = self.letter(message)
        try:
            mail = self._mail(message, facts_of(message), letter)
            content = mail.as_bytes(policy=WIRE)
        except (MessageError, ValueError) as error:
            raise PermanentMailError("That address cannot stand in a mail.") from error
        return Envelope(id=message.id, sender=self.practice.email, recipient=message.recipient, content=content)

    def letter(self, message: Message) -> Letter:
        """Return the words of a message. Raises `WordingError`."""
        facts = facts_of(message)
        house = PracticeDetails(name=self.practice.name, email=self.practice.email, contact=self.contact)
        told = template_values(facts, house, self.links.links(message, facts), message.appointment_id, message.method)
        return self.words.write(message.party, message.kind, told)

    def _mail(self, message: Message, facts: Facts, letter: Letter) -> EmailMessage:
        mail = EmailMessage(policy=WIRE)
        mail["From"] = Address(self.practice.name, addr_spec=self.practice.email)
        mail["To"] = Address(facts.recipient, addr_spec=message.recipient)
        mail["Reply-To"] = self._answered_by(message, facts)
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = self._message_id(message.id)
        if facts.thread:
            mail["In-Reply-To"] = self._message_id(facts.thread[-1])
            mail["References"] = " ".join(map(self._message_id, facts.thread))
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice in answer
        if facts.asks:  # for programs that heed nothing else; bounces and receipts are wanted
            mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
        mail["Content-Language"] = "en"
        mail.set_content(letter.text, cte="quoted-printable")
        mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        if message.method is not None:
            _add_calendar(mail, facts.calendar.encode(), message.method)
        for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
            part.set_boundary(f"=_{message.id}_{number}")
        return mail

    def _message_id(self, message_id: str) -> str:
        return f"<{message_id}@{self.practice.email.rpartition('@')[2]}>"

    def _answered_by(self, message: Message, facts: Facts) -> Address:
        """A client's answer goes to the provider, a provider's to the practice."""
        if message.party == Party.CLIENT:
            return Address(facts.counterpart, addr_spec=facts.provider_email)
        return Address(self.practice.name, addr_spec=self.practice.email)


_FILES = {"CANCEL": "cancellation.ics", "DECLINECOUNTER": "answer.ics"}


def _add_calendar(mail: EmailMessage, body: bytes, method: str) -> None:
    """Add the iTIP object as RFC 6047 section 2.4 has it, and as a file for programs that look for one."""
    mail.add_alternative(body, "text", "calendar", params={"method": method, "charset": "UTF-8"})
    name = _FILES.get(method, "invitation.ics")
    mail.add_attachment(body, "application", "ics", filename=name)


def _offered(message: Message, facts: Facts) -> News | None:
    """Return the session that may be moved by a link: the first that is far enough away, else one that is cancelled."""
    held = [news for news in facts.news if news.after is not None]
    notice = timedelta(hours=facts.notice_hours)
    for news in held:
        if news.after is not None and instant(news.after.start) - instant(message.created_at) >= notice:
            return news
    cancelled = [news for news in facts.news if news.after is None and not news.elsewhere]
    return cancelled[0] if cancelled and not held else None


def _moments(facts: Facts) -> Iterable[datetime]:
    slots = (facts.session, *(slot for news in facts.news for slot in (news.before, news.after)))
    return [instant(slot.start) for slot in slots if slot is not None]
