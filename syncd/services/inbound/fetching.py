"""The practice's mailbox: its mails are fetched one by one, each received, then flagged or moved, then passed by.

A crash between any two of these reads the mail again, and what it changed is known by the record. Where the mailbox is
another one than before (its UIDVALIDITY), all of it is read again for the same reason.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from syncd.core.inbound.outcomes import MailEffect, Reason, Received
from syncd.core.work import Key, WorkKind
from syncd.ports.inbound import Fate, Mailbox, MailboxError, OpenMailbox, Place
from syncd.ports.store.transaction import Store
from syncd.services.inbound.receiving import Receiver
from syncd.services.work.stopping import Stop
from syncd.services.work.units import Done, Unit, due_at

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

INBOX = Key(WorkKind.INBOX, "inbox")
_AT_ONCE = 200
"""So many mails are read in one unit of work; then others get their turn."""
_IDLE = 25 * 60.0
"""Seconds after which waiting is begun anew: servers close what was quiet for 30 minutes (RFC 2177)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """Fetches what came in. ``every``: between two looks, however quiet the server is."""

    mailbox: Mailbox | None
    receiver: Receiver
    every: timedelta

    def expect(self, store: Store, now: datetime) -> None:
        """See to it that the mailbox is looked at from now on, where there is one."""
        with store.transaction() as tx:
            if self.mailbox is None:
                tx.works.remove(INBOX)
            else:
                tx.works.add(INBOX, now)
                tx.works.poke(INBOX, at_once=True)

    def work(self, unit: Unit) -> Done:
        """Read what is new."""
        if self.mailbox is None:
            return Done(settle=due_at(None))
        receiver = replace(self.receiver, store=unit.store)
        with self.mailbox.open() as opened:
            is_all = self._read(opened, self.mailbox.name, receiver, unit)
        return Done(settle=due_at(unit.now + self.every if is_all else unit.now))

    def _read(self, opened: OpenMailbox, name: str, receiver: Receiver, unit: Unit) -> bool:
        """Receive the next mails; return whether these were all."""
        with unit.store.reading() as tx:
            place = tx.inbound.place(name)
        validity = opened.validity()
        after = place.uid if place is not None and place.validity == validity else 0
        for number, stored in enumerate(opened.after(after), start=1):
            unit.stop.check()
            received = receiver.receive(stored.raw, unit.now, "imap", stored.size)
            opened.settle(stored.uid, _fate(unit.store, received))
            with unit.store.transaction() as tx:
                tx.inbound.move_on(name, Place(validity, stored.uid))
            if number == _AT_ONCE:
                return False
        return True


def _fate(store: Store, received: Received) -> Fate:
    """Return what becomes of a mail: people's own stay as they are."""
    if received.reason is Reason.REPEATED:  # read once more: what it was the first time counts
        with store.reading() as tx:
            received = tx.inbound.get(received.id)
    if received.reason is Reason.FOREIGN:
        return Fate.LEFT
    return Fate.ASIDE if received.effect is MailEffect.QUARANTINED else Fate.DONE


def watch(mailbox: Mailbox, store: Store, stop: Stop, pause: float) -> None:
    """Wait for new mail until the process stops, and have it fetched at once; looks go on without this.

    ``pause``: seconds between two tries of a server that cannot be reached, or that cannot tell.
    """
    is_told = False
    while not stop.is_set:
        try:
            with mailbox.open() as opened:
                is_told = False
                while not stop.is_set:
                    if opened.wait(_IDLE, lambda: stop.is_set):
                        _poke(store)
                    elif not opened.idles:
                        return
        except MailboxError as error:
            if not is_told:  # the work itself fails, too, and is shown
                log.warning("nobody waits for new mail", code=error.code)
            is_told = True
            stop.wait(pause)


def _poke(store: Store) -> None:
    with store.transaction() as tx:
        tx.works.poke(INBOX, at_once=True)
