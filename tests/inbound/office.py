"""An office whose mail is read: the stage of the tests about mail that comes in."""

from dataclasses import dataclass, field

from syncd.adapters.mime import MimeReader
from syncd.core.inbound.authentication import Border
from syncd.core.inbound.outcomes import Received
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Client, Provider
from syncd.core.sync.drift import Drift
from syncd.ports.store.sync import DriftQuery
from syncd.services.inbound.effects import Effects
from syncd.services.inbound.receiving import Receiver
from syncd.services.messaging.notifications import Notifier
from tests.builders import a_client, a_provider
from tests.inbound.mails import SERVER
from tests.messages.mailing_practice import MailingPractice


@dataclass
class Office(MailingPractice):
    """A practice whose provider holds invitations by mail, and that reads answers."""

    provider: Provider = field(default_factory=lambda: a_provider(email="pat@example.com"))
    client: Client = field(default_factory=lambda: a_client(email="chris@example.org"))
    writes_calendar: bool = False
    sends_at_once: bool = True
    border: Border = field(default_factory=lambda: Border(SERVER))

    @property
    def teller(self) -> Notifier:
        return Notifier(self.practice, self.rules.reasons, asks=True)

    @property
    def receiver(self) -> Receiver:
        effects = Effects(practice=self.practice, late_notice_hours=self.rules.late_notice_hours)
        return Receiver(store=self.store, reader=MimeReader(), border=self.border, effects=effects)

    def receive(self, raw: bytes) -> Received:
        return self.receiver.receive(raw, self.now, "pipe")

    def outcome(self, raw: bytes) -> str:
        received = self.receive(raw)
        return f"{received.effect}: {received.reason}"

    def drifts(self) -> list[Drift]:
        with self.store.reading() as tx:
            return list(tx.drifts.list(DriftQuery()))

    def invited(self, **more: object) -> Appointment:
        """Book an appointment whose invitations have left."""
        one = self.book(**more)  # type: ignore[arg-type]
        self.sent()
        return one
