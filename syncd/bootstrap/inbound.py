"""The parts by which mail comes in."""

from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncd.bootstrap.system import System
    from syncd.ports.inbound import Mailbox
    from syncd.services.inbound.fetching import Fetching
    from syncd.services.inbound.receiving import Receiver
    from syncd.services.work.stopping import Stop


@dataclass(frozen=True)
class InboundParts:
    """What a system needs to receive mail, each part built when first used."""

    system: "System"

    @property
    def receiver(self) -> "Receiver":
        """What receives a mail."""
        from syncd.adapters.mime import MimeReader
        from syncd.services.inbound.effects import Effects
        from syncd.services.inbound.receiving import Receiver

        settings = self.system.settings
        rules = settings.booking.rules()
        return Receiver(
            store=self.system.store,
            reader=MimeReader(),
            border=settings.mail.border(),
            effects=Effects(practice=settings.practice.practice(), late_notice_hours=rules.late_notice_hours),
        )

    @property
    def mailbox(self) -> "Mailbox | None":
        """The practice's mailbox, None where none is read."""
        section = self.system.settings.inbox
        if not section.host:
            return None
        from syncd.adapters.imap import ImapAccount, ImapMailbox
        from syncd.settings.values import revealed

        return ImapMailbox(
            ImapAccount(
                host=section.host,
                port=section.port,
                security=section.security,
                username=section.username,
                password=revealed(section.password) or "",
                mailbox=section.mailbox,
                done=section.done,
                aside=section.aside,
                timeout=section.timeout,
                ca_file=section.ca_file,
            )
        )

    @property
    def fetching(self) -> "Fetching":
        """What fetches mails from the mailbox."""
        from syncd.services.inbound.fetching import Fetching

        every = timedelta(seconds=self.system.settings.inbox.interval)
        return Fetching(mailbox=self.mailbox, receiver=self.receiver, every=every)

    def watch(self, stop: "Stop") -> None:
        """Wait for new mail in a thread of its own until the process stops, where the mailbox's server tells of it."""
        mailbox, section = self.mailbox, self.system.settings.inbox
        if mailbox is None or not section.idle:
            return
        from syncd.services.inbound.fetching import watch

        arguments = (mailbox, self.system.store, stop, float(section.interval))
        Thread(target=watch, args=arguments, name="waiting for mail", daemon=True).start()
