"""Deliver the outbox: in order per UID and recipient, with patience, and never the same mail twice for no reason.

That a message is about to be handed over is committed first. After a crash it is then known that it may have arrived:
it is tried again, which can double it, rather than lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from syncd.core.errors import SyncdError
from syncd.core.messaging.content import MOST_ATTEMPTS, pause_after, ready_at
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.ports.mail import BrokenMessageError, LostAfterDataError, Mailer, PermanentMailError, TemporaryMailError
from syncd.ports.store.transaction import Transaction
from syncd.services.messaging.composing import Composer
from syncd.services.work.units import Done, Unit, at_rest, trouble_of

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_HOUR = timedelta(hours=1)


class TooMuchMailError(SyncdError):
    """More mail than the settings allow for an hour."""

    code = "too_much_mail"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivers messages; several may work on one outbox, in one process or in many."""

    mailer: Mailer
    composer: Composer
    most_per_hour: int = 1000

    def deliver(self, unit: Unit) -> Done:
        """Try one message.

        What is refused for now is tried again later, and put aside when that has lasted for days; what is refused for
        good is put aside at once. Neither holds up messages about anything else or to anybody else. One that has to
        wait for an older one rests until that one's end wakes it.
        """
        with unit.store.reading() as tx:
            seen = tx.messages.get(unit.subject)
            if seen.status is not MessageStatus.QUEUED or tx.messages.has_older(seen):
                return Done(settle=at_rest)
            if (then := ready_at(seen)) > unit.now:
                return Done(settle=lambda _tx: then)
            if (until := self._full_until(tx, unit.now)) is not None:
                return Done(settle=lambda _tx: until, trouble=trouble_of(self._too_much()))
        with unit.store.transaction() as tx:
            message = tx.messages.get(unit.subject)
            if message.status is not MessageStatus.QUEUED:
                return Done(settle=at_rest)
            tx.messages.save(replace(message, handed_over_at=unit.now))
        try:
            self._hand_over(message)
        except SyncdError as error:
            return _failed(message, error, unit.now)
        log.info("message sent", message=message.id)
        return _saving(_after_success(message, unit.now), None)

    def _hand_over(self, message: Message) -> None:
        """Write the mail and send it; whatever goes wrong is a failed attempt, so that it counts and holds up none."""
        with _foreseen(BrokenMessageError, "This message could not be written"):
            envelope = self.composer.compose(message)
        with _foreseen(LostAfterDataError, "Sending this message failed, and it may have arrived"):
            self.mailer.send(envelope)

    def _full_until(self, tx: Transaction, now: datetime) -> datetime | None:
        """Return until when nothing may leave: a fault must not fill mailboxes. None: it may leave now."""
        then = tx.messages.sent_at(self.most_per_hour)
        return then + _HOUR if then is not None and now - then < _HOUR else None

    def _too_much(self) -> TooMuchMailError:
        return TooMuchMailError(
            f"{self.most_per_hour} messages have left within an hour: the others wait. See: syncd message list"
        )


@contextmanager
def _foreseen(kind: type[TemporaryMailError], sentence: str) -> Iterator[None]:
    """Turn what nobody foresaw into an error of the port's; the others stay as they are."""
    try:
        yield
    except SyncdError:
        raise
    except Exception as error:
        raise kind(f"{sentence} ({type(error).__name__}). Please report it as a fault.") from error


def _failed(message: Message, error: SyncdError, now: datetime) -> Done:
    """Return how a failed attempt is written down; one that may have arrived in any attempt stays known as such."""
    tried = message.attempts + 1
    is_over = isinstance(error, PermanentMailError) or tried >= MOST_ATTEMPTS
    after = replace(
        message,
        status=MessageStatus.FAILED if is_over else MessageStatus.QUEUED,
        attempts=tried,
        handed_over_at=now if isinstance(error, LostAfterDataError) else message.handed_over_at,
        last_error=error.message,
    )
    return _saving(after, None if is_over else now + pause_after(tried), error)


def _saving(message: Message, due_at: datetime | None, trouble: SyncdError | None = None) -> Done:
    def settle(tx: Transaction) -> datetime | None:
        tx.messages.save(message)
        return due_at

    return Done(settle=settle, trouble=trouble_of(trouble) if trouble else None, durable=True)


def _after_success(message: Message, now: datetime) -> Message:
    tried = message.attempts + 1
    sent = replace(message, status=MessageStatus.SENT, attempts=tried, sent_at=now)
    return replace(sent, handed_over_at=None, last_error=None)
