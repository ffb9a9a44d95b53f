"""An office whose changes are told: the stage of the tests about messages."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from syncd.adapters.wording import TemplateWords
from syncd.core.messaging.links import PAGES, Purpose
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.sync.publishing import Practice
from syncd.ports.store.transaction import Transaction
from syncd.services.messaging.composing import Composer, LinkMaker
from syncd.services.messaging.notifications import Notifier
from syncd.services.scheduling.changes import Effect
from tests.builders import a_practice
from tests.services.booking_practice import BookingPractice

LINKS = LinkMaker(base_url="https://syncd.example.com", key=b"a key", pages={**PAGES, Purpose.RESCHEDULE: "visit"})


@dataclass
class MailingPractice(BookingPractice):
    """An office with an outbox. Without ``writes_calendar`` the provider has no calendar that syncd writes to.

    ``sends_at_once``: whatever waits has left before the next change is made.
    """

    practice: Practice = field(default_factory=a_practice)
    writes_calendar: bool = True
    links: LinkMaker = LINKS
    sends_at_once: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.writes_calendar:
            with self.store.transaction() as tx:
                tx.calendars.remove(self.calendar.id)

    @property
    def teller(self) -> Notifier:
        return Notifier(self.practice, self.rules.reasons)

    @property
    def composer(self) -> Composer:
        return Composer(practice=self.practice, words=TemplateWords(), links=self.links, contact="+1 555 0100")

    def _messages_for(self, tx: Transaction, effect: Effect) -> Iterable[Message]:
        super()._messages_for(tx, effect)
        if self.sends_at_once:
            self._take_for_sent(tx)
        return self.teller.messages_for(tx, effect)

    def outbox(self, party: str | None = None, status: MessageStatus = MessageStatus.QUEUED) -> list[Message]:
        with self.store.reading() as tx:
            return [message for message in tx.messages.list(status) if party in {None, message.party}]

    def mail(self, message: Message) -> EmailMessage:
        """Return the mail of a message as its recipient's program takes it apart."""
        parsed = message_from_bytes(self.composer.compose(message).content, policy=SMTP)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def mails(self, party: str) -> Iterator[EmailMessage]:
        return map(self.mail, self.outbox(party))

    def text(self, message: Message) -> str:
        return self.composer.letter(message).text

    def sent(self) -> None:
        """Take all that waits for sent."""
        with self.store.transaction() as tx:
            self._take_for_sent(tx)

    def _take_for_sent(self, tx: Transaction) -> None:
        for message in tx.messages.list(MessageStatus.QUEUED):
            tx.messages.save(replace(message, status=MessageStatus.SENT, sent_at=self.now))


def calendar_part(mail: EmailMessage) -> EmailMessage | None:
    """Return the text/calendar part, None where there is none."""
    return next((part for part in mail.walk() if part.get_content_type() == "text/calendar"), None)
