"""The ports to the mail transport and to the words of mails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from syncd.core.errors import SyncdError


class MailError(SyncdError):
    """A message could not be sent."""

    code = "mail_failed"


class TemporaryMailError(MailError):
    """The message was refused for now; the same may be accepted later."""

    code = "mail_refused_for_now"


class MailUnavailableError(TemporaryMailError):
    """The mail transport does not work at all: nothing that is sent now will leave."""

    code = "mail_unavailable"


class LostAfterDataError(TemporaryMailError):
    """The connection was lost when the whole message had been sent: it may have been accepted."""

    code = "mail_maybe_sent"


class PermanentMailError(MailError):
    """The message was refused, and would be again."""

    code = "mail_refused"


class BrokenMessageError(TemporaryMailError):
    """The message could not be written, for a reason that nobody foresaw."""

    code = "mail_broken"


class WordingError(SyncdError):
    """A template for mails is wrong."""

    code = "wrong_template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A mail as it is handed over. ``id`` is the same in every attempt; ``content`` is RFC 5322 with CRLF, 7 bit."""

    id: str
    sender: str
    recipient: str
    content: bytes = field(repr=False)


class Mailer(Protocol):
    """The mail transport. May be used by several threads at once."""

    def send(self, envelope: Envelope) -> None:
        """Hand one mail over; when this returns, the transport answers for it.

        Raises `PermanentMailError` or `TemporaryMailError`; of the latter, `LostAfterDataError` when the mail may have
        been accepted all the same, `MailUnavailableError` when it is the transport that fails and not the mail.
        """
        ...

    def probe(self) -> str:
        """Return a sentence that says how the transport was found; raise `MailUnavailableError` if it does not work."""
        ...

    def close(self) -> None:
        """Give back what is open."""
        ...


class Letter(NamedTuple):
    """A mail's words, in both forms."""

    subject: str
    text: str
    html: str


class Words(Protocol):
    """The words of mails."""

    def write(self, party: str, kind: str, values: Mapping[str, Any]) -> Letter:
        """Return what to write to a party about that kind of event. Raises `WordingError`."""
        ...
