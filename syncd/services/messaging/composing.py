"""From a row of the outbox to the mail that leaves: iMIP (RFC 6047) where it carries an invitation.

Composing the same message again gives the same bytes, so that a mail that is sent twice is recognised as one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from syncd.core.messaging.content import Facts, facts_of
from syncd.core.messaging.links import Purpose, SignedLink, sign
from syncd.core.messaging.outbox import Message
from syncd.core.sync.publishing import Practice
from syncd.core.times import instant
from syncd.ports.mail import Envelope, Letter, PermanentMailError, Words
from syncd.services.messaging.template_values import PageLinks, PracticeDetails, template_values

_WIRE = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMaker:
    """Makes the links in mails: pages under ``base_url``, signed with ``key``; without a base there are none.

    A link is good for ``valid`` after the mail or after the last session that it tells of, whichever is later.
    """

    base_url: str = ""
    key: bytes = b""
    valid: timedelta = timedelta(days=90)

    def links(self, message: Message, facts: Facts) -> PageLinks:
        """Return the links that a message offers: to reschedule, or to decide about an edit that was put back."""
        if facts.drift:
            accept, dismiss = Purpose.ACCEPT_EDIT, Purpose.DISMISS_EDIT
            return PageLinks(accept=self._link(accept, message, facts), dismiss=self._link(dismiss, message, facts))
        if not facts.offers_reschedule:
            return PageLinks()
        return PageLinks(reschedule=self._link(Purpose.RESCHEDULE, message, facts), booking=facts.booking_url)

    def _link(self, purpose: Purpose, message: Message, facts: Facts) -> str:
        if not self.base_url:
            return ""
        expires = max([message.created_at, *_moments(facts)]) + self.valid
        link = SignedLink(purpose, _appointment(message, facts), message.created_at, expires, facts.drift)
        return f"{self.base_url.rstrip('/')}/visit/{sign(link, self.key)}"


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
            content = mail.as_bytes(policy=_WIRE)
        except (MessageError, ValueError) as error:
            raise PermanentMailError("That address cannot stand in a mail.") from error
        return Envelope(id=message.id, sender=self.practice.email, recipient=message.recipient, content=content)

    def letter(self, message: Message) -> Letter:
        """Return the words of a message. Raises `WordingError`."""
        facts = facts_of(message)
        house = PracticeDetails(name=self.practice.name, email=self.practice.email, contact=self.contact)
        told = template_values(facts, house, self.links.links(message, facts), message.appointment_id)
        return self.words.write(message.party, message.kind, told)

    def _mail(self, message: Message, facts: Facts, letter: Letter) -> EmailMessage:
        mail = EmailMessage(policy=_WIRE)
        mail["From"] = Address(self.practice.name, addr_spec=self.practice.email)
        mail["To"] = Address(facts.recipient, addr_spec=message.recipient)
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = f"<{message.id}@{self.practice.email.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice in answer
        mail["Content-Language"] = "en"
        mail.set_content(letter.text, cte="quoted-printable")
        mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        if message.method is not None:
            _add_calendar(mail, facts.calendar.encode(), message.method)
        for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
            part.set_boundary(f"=_{message.id}_{number}")
        return mail


def _add_calendar(mail: EmailMessage, body: bytes, method: str) -> None:
    """Add the iTIP object as RFC 6047 section 2.4 has it, and as a file for programs that look for one."""
    mail.add_alternative(body, "text", "calendar", params={"method": method, "charset": "UTF-8"})
    name = "cancellation.ics" if method == "CANCEL" else "invitation.ics"
    mail.add_attachment(body, "application", "ics", filename=name)


def _appointment(message: Message, facts: Facts) -> str:
    """Return which appointment a link is about: the first that is told of."""
    return facts.news[0].appointment_id if facts.news else message.appointment_id


def _moments(facts: Facts) -> Iterable[datetime]:
    slots = (slot for news in facts.news for slot in (news.before, news.after))
    return [instant(slot.start) for slot in slots if slot is not None]
