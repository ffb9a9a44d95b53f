"""Deliver the outbox: in order per UID and recipient, with patience, and never the same mail twice for no reason.

That a message is about to be handed over is committed first. After a crash it is then known that it may have arrived:
it is tried again, which can double it, rather than lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from syncd.core.errors import SyncdError
from syncd.core.messaging.content import MOST_ATTEMPTS, pause_after
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.ports.mail import BrokenMessageError, LostAfterDataError, Mailer, PermanentMailError, TemporaryMailError
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.messaging.composing import Composer

_LEASE = timedelta(minutes=15)
"""How long a worker that died keeps others from its message."""

_HOUR = timedelta(hours=1)

_LOOK_AT = 20
"""So many messages are looked at for one that no other worker has taken meanwhile."""


class TooMuchMailError(SyncdError):
    """More mail than the settings allow for an hour."""

    code = "too_much_mail"


class Outcome(StrEnum):
    """How an attempt ended."""

    SENT = "sent"
    LATER = "later"
    PUT_ASIDE = "put_aside"


class Attempt(NamedTuple):
    """One attempt to deliver a message. ``error`` is what went wrong, if anything did."""

    message_id: str
    outcome: Outcome
    error: SyncdError | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivers messages; several may work on one outbox, in one process or in many."""

    store: Store
    mailer: Mailer
    composer: Composer
    most_per_hour: int = 1000

    def check_pace(self, now: datetime) -> None:
        """Raise `TooMuchMailError` while mail waits because so much has left within the hour."""
        with self.store.reading() as tx:
            if tx.messages.deliverable(now, 1) and self._is_too_much(tx, now):
                raise TooMuchMailError(
                    f"{self.most_per_hour} messages have left within an hour: the others wait. See: syncd message list"
                )

    def deliver_next(self, now: datetime) -> Attempt | None:
        """Try the oldest message of those whose time has come; None when there is none.

        What is refused for now is tried again later, and put aside when that has lasted for days; what is refused for
        good is put aside at once. Neither holds up messages about anything else or to anybody else.
        """
        message = self._take(now)
        if message is None:
            return None
        try:
            self._hand_over(message)
        except SyncdError as error:
            after = _after_failure(message, error, now)
            outcome = Outcome.LATER if after.status is MessageStatus.QUEUED else Outcome.PUT_ASIDE
            attempt = Attempt(message.id, outcome, error)
        else:
            after = _after_success(message, now)
            attempt = Attempt(message.id, Outcome.SENT)
        with self.store.transaction() as tx:
            tx.messages.save(after)
        return attempt

    def _hand_over(self, message: Message) -> None:
        """Write the mail and send it; whatever goes wrong is a failed attempt, so that it counts and holds up none."""
        with _foreseen(BrokenMessageError, "This message could not be written"):
            envelope = self.composer.compose(message)
        with _foreseen(LostAfterDataError, "Sending this message failed, and it may have arrived"):
            self.mailer.send(envelope)

    def _take(self, now: datetime) -> Message | None:
        """Note that a message is about to be handed over, so that nobody else does; return it as it was before."""
        with self.store.reading() as tx:  # an idle outbox costs one look, and nobody a lock
            if not tx.messages.deliverable(now, 1) or self._is_too_much(tx, now):
                return None
        with self.store.transaction() as tx:
            for seen in tx.messages.deliverable(now, _LOOK_AT):
                message = tx.messages.get(seen.id)
                if _is_due(message, now):
                    tx.messages.save(replace(message, handed_over_at=now, next_attempt_at=now + _LEASE))
                    return message
        return None

    def _is_too_much(self, tx: Transaction, now: datetime) -> bool:
        """Tell whether another message would be more than may leave in an hour: a fault must not fill mailboxes."""
        then = tx.messages.sent_at(self.most_per_hour)
        return then is not None and now - then < _HOUR


@contextmanager
def _foreseen(kind: type[TemporaryMailError], sentence: str) -> Iterator[None]:
    """Turn what nobody foresaw into an error of the port's; the others stay as they are."""
    try:
        yield
    except SyncdError:
        raise
    except Exception as error:
        raise kind(f"{sentence} ({type(error).__name__}). Please report it as a fault.") from error


def _is_due(message: Message, now: datetime) -> bool:
    waits = message.next_attempt_at is not None and message.next_attempt_at > now
    return message.status is MessageStatus.QUEUED and not waits


def _after_success(message: Message, now: datetime) -> Message:
    tried = message.attempts + 1
    sent = replace(message, status=MessageStatus.SENT, attempts=tried, sent_at=now)
    return replace(sent, handed_over_at=None, next_attempt_at=None, last_error=None)


def _after_failure(message: Message, error: SyncdError, now: datetime) -> Message:
    """Return the message after an attempt that failed; one that may have arrived in any attempt stays known as such."""
    tried = message.attempts + 1
    is_over = isinstance(error, PermanentMailError) or tried >= MOST_ATTEMPTS
    return replace(
        message,
        status=MessageStatus.FAILED if is_over else MessageStatus.QUEUED,
        attempts=tried,
        handed_over_at=now if isinstance(error, LostAfterDataError) else message.handed_over_at,
        next_attempt_at=None if is_over else now + pause_after(tried),
        last_error=error.message,
    )
