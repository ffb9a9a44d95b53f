"""The mailer: sessions with one SMTP server, used again for as long as they are fresh."""

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Literal

from syncd.adapters.smtp.replies import error_of, worded
from syncd.adapters.smtp.session import AbsurdReplyError, Session
from syncd.ports.mail import Envelope, LostAfterDataError, MailUnavailableError, TemporaryMailError

Security = Literal["starttls", "tls", "none"]

_STEPS = 4
"""One mail takes at most so many times as long as one step may."""
_FRESH = 20.0
"""Seconds that an idle session is kept; servers close theirs after some minutes (RFC 5321 section 4.5.3.2.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpAccount:
    """How to reach the server. ``ca_file``: certificates of a private authority, besides the usual ones.

    ``timeout``: seconds that one step may take; a whole mail, connecting included, may take four times as long.
    """

    host: str
    port: int
    security: Security = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 30.0
    ca_file: Path | None = None


class SmtpMailer:
    """Sends over SMTP. One session carries one mail at a time; threads get sessions of their own."""

    def __init__(self, account: SmtpAccount) -> None:
        """Connect to nothing yet."""
        self._account = account
        self._idle: LifoQueue[tuple[Session, float]] = LifoQueue()

    def send(self, envelope: Envelope) -> None:
        """Hand one mail over; raises as the port says."""
        deadline = time.monotonic() + self._total
        session = self._session()
        try:
            session.expire_in(deadline - time.monotonic())
            _deliver(session, envelope)
        except BaseException:
            session.close()
            raise
        self._idle.put((session, time.monotonic()))

    def probe(self) -> str:
        """Connect, log in, and say so."""
        session = self._connect()
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
        account = self._account
        who = f" as {account.username}" if account.username else ""
        return f"{account.host}:{account.port} takes mail{who} ({account.security})."

    def close(self) -> None:
        """End the idle sessions."""
        with suppress(Empty):
            while True:
                session, _ = self._idle.get_nowait()
                session.expire_in(self._account.timeout)
                with suppress(smtplib.SMTPException, OSError):
                    session.quit()

    def _session(self) -> Session:
        """Return an idle session that still answers, else a new one."""
        with suppress(Empty):
            while True:
                session, since = self._idle.get_nowait()
                session.expire_in(self._account.timeout)
                if time.monotonic() - since < _FRESH and _answers(session):
                    return session
                session.close()
        return self._connect()

    def _connect(self) -> Session:
        account = self._account
        with self._translated(), ExitStack() as undo:
            session = self._open()
            undo.callback(session.close)
            if account.security == "starttls":
                session.starttls(context=self._tls())
            if account.username:
                session.login(account.username, account.password)
            undo.pop_all()
        return session

    def _open(self) -> Session:
        account = self._account
        context = self._tls() if account.security == "tls" else None
        return Session(account.host, account.port, account.timeout, self._total, context)

    @property
    def _total(self) -> float:
        return _STEPS * self._account.timeout

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._account.ca_file is not None:
            context.load_verify_locations(self._account.ca_file)
        return context

    @contextmanager
    def _translated(self) -> Iterator[None]:
        where = f"The mail server {self._account.host}:{self._account.port} cannot be used"
        try:
            yield
        except smtplib.SMTPResponseException as error:
            raise MailUnavailableError(f"{where}: {worded(error.smtp_code, _raw(error.smtp_error))}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailUnavailableError(f"{where}: {_reason(error)}.") from error


def _deliver(session: Session, envelope: Envelope) -> None:
    try:
        session.ehlo_or_helo_if_needed()
        _expect(session.mail(envelope.sender), success=2)
        _expect(session.rcpt(envelope.recipient), success=2)
        _expect(session.docmd("DATA"), success=3)
    except (smtplib.SMTPException, OSError) as error:
        raise TemporaryMailError(f"The connection was lost before the mail was sent: {_reason(error)}.") from error
    try:
        session.send(_stuffed(envelope.content))
        reply = session.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise LostAfterDataError(
            f"The connection was lost when the mail had been sent ({_reason(error)}): it may have arrived."
        ) from error
    if reply[0] // 100 not in {2, 4, 5}:
        raise LostAfterDataError(f"The mail server's answer says neither yes nor no: {worded(*reply)}")
    _expect(reply, success=2)


def _expect(reply: tuple[int, bytes], *, success: int) -> None:
    code, text = reply
    if code // 100 != success:
        raise error_of(code, text)


def _stuffed(content: bytes) -> bytes:
    """Return the mail as DATA carries it: no line is a lone dot but the last (RFC 5321 section 4.5.2)."""
    lines = content.removesuffix(b"\r\n").split(b"\r\n")
    return b"\r\n".join([*(b"." + line if line.startswith(b".") else line for line in lines), b".", b""])


def _answers(session: Session) -> bool:
    try:
        return session.noop()[0] // 100 == 2
    except (smtplib.SMTPException, OSError):
        return False


def _raw(text: bytes | str) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _reason(error: BaseException) -> str:
    """Return what went wrong without what the server said: an exception's own text may quote an address."""
    match error:
        case smtplib.SMTPServerDisconnected():
            cause = error.__context__
            return _reason(cause) if isinstance(cause, OSError) else "the server closed the connection"
        case smtplib.SMTPNotSupportedError():
            return "it does not offer what the settings ask for (STARTTLS or a login)"
        case AbsurdReplyError():
            return "it did not answer as a mail server does"
        case TimeoutError():
            return "it took too long"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message})"
        case OSError() if error.strerror:
            return error.strerror
        case _:
            return type(error).__name__
