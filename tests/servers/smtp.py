"""A real SMTP server on loopback that accepts, refuses, delays, greylists, and drops the connection after DATA."""

import asyncio
import logging
import ssl
from collections import defaultdict
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.base import free_port

# A client that gave up is what these tests are about: the server would log it, perhaps after its test has ended.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer DATA with an error."""

    reply: str = "451 4.3.0 try again later"


@dataclass(frozen=True, slots=True)
class RefuseRecipient:
    """Answer RCPT with an error."""

    reply: str = "550 5.1.1 <someone@example.org>: no such mailbox"


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection when the mail is there, ``kept`` or not, without an answer."""

    kept: bool = True


@dataclass(frozen=True, slots=True)
class Delay:
    """Answer only after some seconds."""

    seconds: float = 5.0


Act = Refuse | RefuseRecipient | Drop | Delay


@dataclass
class MailServer:
    """Takes mails; ``acts`` are what it does first, per recipient, before it accepts. Use as a context."""

    acts: dict[str, list[Act]] = field(default_factory=lambda: defaultdict(list))
    greylists: bool = False
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    attempts: int = 0
    sessions: int = 0
    options: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._known: set[str] = set()
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **self.options)
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def act(self, recipient: str, *acts: Act) -> None:
        self.acts[recipient].extend(acts)

    def mails_to(self, recipient: str) -> list[EmailMessage]:
        return [parsed(content) for to, content in self.accepted if to == recipient]

    # What aiosmtpd calls

    async def handle_EHLO(  # noqa: N802 - the library's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        self.attempts += 1
        if self.greylists and address not in self._known:
            self._known.add(address)
            return "450 4.2.0 greylisted, come back in five minutes"
        if self.acts[address] and isinstance(self.acts[address][0], RefuseRecipient):
            return self.acts[address].pop(0).reply  # type: ignore[union-attr]  # it was just looked at
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        recipient = envelope.rcpt_tos[0]
        act = self.acts[recipient].pop(0) if self.acts[recipient] else None
        match act:
            case Refuse(reply=reply):
                return reply
            case Drop(kept=kept):
                if kept:
                    self._keep(recipient, envelope)
                server.transport.abort()
                return "250 OK"
            case Delay(seconds=seconds):
                await asyncio.sleep(seconds)
        self._keep(recipient, envelope)
        return "250 OK"

    def _keep(self, recipient: str, envelope: Envelope) -> None:
        content = envelope.original_content
        assert content is not None
        self.accepted.append((recipient, content))


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=WIRE)
    assert isinstance(message, EmailMessage)
    return message


def with_login(username: str, password: str, context: ssl.SSLContext | None = None) -> dict[str, Any]:
    """Return the options of a server that wants a login, over STARTTLS where it has a certificate."""

    def check(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data == LoginPassword(username.encode(), password.encode()), handled=False)

    return {
        "authenticator": check,
        "auth_required": True,
        "auth_require_tls": context is not None,
        "tls_context": context,
        "require_starttls": context is not None,
    }
