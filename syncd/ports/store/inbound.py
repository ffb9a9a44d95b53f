"""The store of mail that came in: the ledger by which each has its effect once, and what it left behind."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from syncd.core.inbound.judging import Given
from syncd.core.inbound.outcomes import Received
from syncd.core.scheduling.appointments import SourceRef
from syncd.core.scheduling.people import Party
from syncd.ports.inbound import Place


class AnswerGiven(NamedTuple):
    """An answer on record; ``key`` is the same for every mail that brings it."""

    key: str
    mail_id: str
    uid: str
    party: Party
    instance: datetime | None
    sequence: int
    stamp: datetime | None


class Bounced(NamedTuple):
    """An address at which a mail failed: when, with which status (RFC 3463), and which mail."""

    address: str
    at: datetime
    status: str
    message_id: str


class Inbound(Protocol):
    """Mails that came in."""

    def add(self, received: Received) -> None:
        """Put one on record. Raises `AlreadyExistsError` where it is."""
        ...

    def get(self, mail_id: str) -> Received:
        """Return one."""
        ...

    def by_digest(self, digest: str) -> Received | None:
        """Return the one with that digest, None when there is none."""
        ...

    def list(
        self, *, quarantined: bool = False, after: str | None = None, limit: int | None = None
    ) -> Sequence[Received]:
        """Return all, or those that wait for a person, the newest first; after the one with id ``after``."""
        ...

    def event(self, uid: str) -> SourceRef | None:
        """Return what stands under a UID in the record, None when nothing does."""
        ...

    def is_anybodys(self, address: str) -> bool:
        """Tell whether a provider or a client has that address, compared without case."""
        ...

    def give(self, answer: AnswerGiven) -> None:
        """Put an answer on record. Raises `AlreadyExistsError` where another mail brought it."""
        ...

    def is_given(self, key: str) -> bool:
        """Tell whether an answer is on record."""
        ...

    def given(self, uid: str, party: Party, instance: datetime | None) -> Sequence[Given]:
        """Return a party's answers about one instance, or about the whole."""
        ...

    def mark(self, bounced: Bounced) -> None:
        """Note that mail fails at an address."""
        ...

    def unmark(self, address: str) -> None:
        """Mail arrives at that address: forget that it failed."""
        ...

    def marked(self) -> Sequence[Bounced]:
        """Return the addresses of active people at which mail fails: none has left for them since without failing."""
        ...

    def place(self, mailbox: str) -> Place | None:
        """Return up to where a mailbox was read, None when it never was."""
        ...

    def move_on(self, mailbox: str, place: Place) -> None:
        """Note up to where it was read."""
        ...
