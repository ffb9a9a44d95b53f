"""The store of the outbox, and of links that were revoked or used."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from syncd.core.messaging.outbox import Message, MessageStatus


class Messages(Protocol):
    """The outbox."""

    def add(self, messages: Iterable[Message]) -> None:
        """Queue new ones, numbered in the order given."""
        ...

    def get(self, message_id: str) -> Message:
        """Return one."""
        ...

    def save(self, message: Message) -> None:
        """Store a changed one."""
        ...

    def list(
        self, status: MessageStatus | None = None, *, after: str | None = None, limit: int | None = None
    ) -> Sequence[Message]:
        """Return all, or those in a status, in order of number; at most ``limit``, after the one with id ``after``."""
        ...

    def to(self, uid: str, recipient: str) -> Sequence[Message]:
        """Return those about one uid to one recipient, in order of number."""
        ...

    def sent_at(self, back: int) -> datetime | None:
        """Return when the ``back``-th last of the sent messages left; None when not so many ever did."""
        ...

    def longest_waiting(self) -> Message | None:
        """Return the queued one that was queued first, None when none waits."""
        ...

    def has_older(self, message: Message) -> bool:
        """Tell whether an older one to the same recipient about the same uid is queued: that one goes first."""
        ...


class Links(Protocol):
    """Which links in mails about an appointment no longer count."""

    def revoke(self, appointment_id: str, at: datetime) -> None:
        """Make every link about the appointment that was issued until ``at`` void."""
        ...

    def revoked_until(self, appointment_id: str) -> datetime | None:
        """Return until when issued links are void, None when none was revoked."""
        ...

    def use(self, appointment_id: str, led_to: str, at: datetime) -> None:
        """Note that the link of a cancelled appointment led to another one; once, else `AlreadyExistsError`."""
        ...

    def led_to(self, appointment_id: str) -> str | None:
        """Return the appointment that was booked in place of a cancelled one by its link, None when none was."""
        ...
