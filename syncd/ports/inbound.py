"""What comes in by mail: taking a mail apart, and the mailbox in which it lies."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import NamedTuple, Protocol

from syncd.core.errors import SyncdError
from syncd.core.inbound.letters import Letter


class MailboxError(SyncdError):
    """The mailbox cannot be read."""

    code = "mailbox_unavailable"


class MailboxLoginError(MailboxError):
    """The mail server refuses the login."""

    code = "mailbox_login"


class LetterReader(Protocol):
    """Takes mails apart."""

    def read(self, raw: bytes, size: int | None = None) -> Letter:
        """Return what stands in a mail as it was received; whatever it is, this does not raise.

        ``size``: how many bytes it has in all, where ``raw`` is only its head.
        """
        ...


class Place(NamedTuple):
    """Where a mailbox was read up to: UIDs are worth nothing once ``validity`` is another one (RFC 3501 2.3.1.1)."""

    validity: int
    uid: int = 0


class Stored(NamedTuple):
    """A mail in a mailbox. ``raw`` is its head alone where it has more than ``len(raw)`` bytes."""

    uid: int
    raw: bytes
    size: int


class Fate(StrEnum):
    """What becomes of a mail in the mailbox: it stays as it is, or is marked as dealt with, or as one to be read."""

    LEFT = "left"
    DONE = "done"
    ASIDE = "aside"


class OpenMailbox(Protocol):
    """A mailbox on a connection."""

    def validity(self) -> int:
        """Return what the UIDs of its mails hold for."""
        ...

    def after(self, uid: int) -> Iterator[Stored]:
        """Yield its mails with a higher UID, in order; reading marks nothing as read."""
        ...

    def settle(self, uid: int, fate: Fate) -> None:
        """Flag or move a mail. Done again it does the same; a mail that is gone meanwhile is no error."""
        ...

    @property
    def idles(self) -> bool:
        """Tell whether the server tells of new mail by itself."""
        ...

    def wait(self, seconds: float, is_over: Callable[[], bool]) -> bool:
        """Wait until something arrives (RFC 2177), at most so long, or until it is over; return whether it did.

        A server that cannot tell is not waited for: False at once.
        """
        ...


class Mailbox(Protocol):
    """The practice's mailbox."""

    @property
    def name(self) -> str:
        """Which account and mailbox it is, without any secret: what was read of one tells nothing of another."""
        ...

    def open(self) -> AbstractContextManager[OpenMailbox]:
        """Connect. Raises `MailboxError`; so do all methods of what it gives."""
        ...

    def probe(self) -> str:
        """Try it, and say how it is. Raises `MailboxError`."""
        ...
