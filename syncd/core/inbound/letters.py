"""An inbound mail, taken apart: what of it bears on answers and bounces, whatever program wrote it."""

from dataclasses import dataclass
from typing import NamedTuple


class Field(NamedTuple):
    """A header field that servers add on the way, as written; ``name`` in lower case."""

    name: str
    value: str


class CalendarPart(NamedTuple):
    """A calendar object in a mail; ``method`` is what the part's parameter says, in capitals; "" where it is silent."""

    body: bytes
    method: str = ""


class Failure(NamedTuple):
    """What a report says of one recipient (RFC 3464 section 2.3): every address named for it, action and status."""

    recipients: tuple[str, ...]
    action: str
    status: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report about a mail that was sent (RFC 6522).

    ``is_delivery``: it is about its delivery, not about its being read. ``returned_id`` is the Message-ID of what it
    gives back, ``returned_calendar`` a calendar object in that.
    """

    is_delivery: bool
    failures: tuple[Failure, ...] = ()
    returned_id: str = ""
    returned_calendar: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail. Addresses are without case; Message-IDs without brackets.

    ``digest`` is the same for two copies that took different ways here. ``senders`` are the mailboxes of all From
    fields. ``return_path`` is the envelope's sender, "" the null path, None where no server wrote it down. ``trace``
    are the Received and Authentication-Results fields, the topmost first. ``refers_to`` are the Message-IDs that it
    says it is about. ``parts`` are calendar objects for this mail's reader, never those of a mail within it.
    ``is_automatic``: it says of itself that no person wrote it. ``has_tnef``: there is a winmail.dat in it.
    ``trouble`` says why it cannot be read; then the rest may be missing.
    """

    digest: str
    size: int
    message_id: str = ""
    senders: tuple[str, ...] = ()
    return_path: str | None = None
    trace: tuple[Field, ...] = ()
    refers_to: tuple[str, ...] = ()
    parts: tuple[CalendarPart, ...] = ()
    report: Report | None = None
    is_automatic: bool = False
    has_tnef: bool = False
    trouble: str = ""

    @property
    def sender(self) -> str:
        """The one mailbox that it is from; "" where there is none, or more than one."""
        return self.senders[0] if len(self.senders) == 1 else ""
