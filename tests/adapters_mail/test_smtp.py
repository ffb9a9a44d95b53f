"""Mail over SMTP, against a real server: what its answers mean, and what becomes of the connection."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.smtp import SmtpAccount, SmtpMailer
from syncd.ports.mail import (
    Envelope,
    LostAfterDataError,
    MailError,
    MailUnavailableError,
    PermanentMailError,
    TemporaryMailError,
)
from tests.adapters.certificates import issue_certificate
from tests.servers.base import free_port
from tests.servers.smtp import Delay, Drop, MailServer, Refuse, RefuseRecipient, with_login

TO = "chris@example.org"
PASSWORD = "correct horse"
pytestmark = pytest.mark.server


def an_envelope(content: bytes = b"Subject: hello\r\n\r\nHello.\r\n") -> Envelope:
    return Envelope(id="msg-1", sender="office@example.com", recipient=TO, content=content)


def a_mailer(server: MailServer, **account: Any) -> SmtpMailer:
    given: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "security": "none", "timeout": 10, **account}
    return SmtpMailer(SmtpAccount(**given))


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def mailer(server: MailServer) -> Iterator[SmtpMailer]:
    mailer = a_mailer(server)
    yield mailer
    mailer.close()


def refusal(mailer: SmtpMailer) -> MailError:
    with pytest.raises(MailError) as caught:
        mailer.send(an_envelope())
    return caught.value


def test_a_mail_is_accepted(server: MailServer, mailer: SmtpMailer) -> None:
    """The server gets the mail byte for byte, a line that is a lone dot included."""
    content = b"Subject: dots\r\n\r\n.\r\n..two\r\nend.\r\n"
    mailer.send(an_envelope(content))
    assert server.accepted == [(TO, content)]


def test_mails_one_after_the_other(server: MailServer, mailer: SmtpMailer) -> None:
    """A session is used again while it is fresh: no log-in for every mail."""
    for _ in range(3):
        mailer.send(an_envelope())
    assert (len(server.accepted), server.sessions) == (3, 1)


def test_the_server_ended_an_idle_session(server: MailServer, mailer: SmtpMailer) -> None:
    """A session that no longer answers is no failure of the next mail."""
    mailer.send(an_envelope())
    mailer.send(an_envelope())
    session, _ = mailer._idle.queue[0]
    session.docmd("QUIT")
    mailer.send(an_envelope())
    assert (len(server.accepted), server.sessions) == (3, 2)


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (Refuse("451 4.3.0 try again later"), TemporaryMailError),
        (Refuse("552 5.2.2 mailbox full"), PermanentMailError),
        (RefuseRecipient("450 4.2.0 greylisted"), TemporaryMailError),
        (RefuseRecipient("550 5.1.1 no such mailbox"), PermanentMailError),
        (Refuse("421 4.3.2 going down"), MailUnavailableError),
        (Refuse("530 5.7.0 log in first"), MailUnavailableError),
    ],
)
def test_a_refusal(server: MailServer, mailer: SmtpMailer, act: Refuse | RefuseRecipient, error: type) -> None:
    """4xx is for now, 5xx for good; what is about the session is no judgement on the mail. The next mail goes."""
    server.act(TO, act)
    refused = refusal(mailer)
    assert type(refused) is error
    assert act.reply in refused.message
    mailer.send(an_envelope())
    assert len(server.accepted) == 1


def test_a_refusal_that_names_the_recipient(server: MailServer, mailer: SmtpMailer) -> None:
    """What is kept of a server's answer names nobody."""
    server.act(TO, RefuseRecipient(f"550 5.1.1 <{TO}>: no such mailbox"))
    message = refusal(mailer).message
    assert message == "The mail server refused it: 550 5.1.1 … no such mailbox"


def test_connection_lost_after_data(server: MailServer, mailer: SmtpMailer) -> None:
    """Whether the mail arrived is then unknown, and said to be."""
    server.act(TO, Drop(kept=True))
    assert isinstance(refusal(mailer), LostAfterDataError)


def test_no_answer_after_data(server: MailServer) -> None:
    """A time-out after the whole mail was sent is the same as a lost connection."""
    server.act(TO, Delay(2.0))
    error = refusal(a_mailer(server, timeout=0.3))
    assert isinstance(error, LostAfterDataError)
    assert "too long" in error.message


def test_nobody_listens() -> None:
    """A server that is not there is the transport's trouble, named with its address."""
    port = free_port()
    mailer = SmtpMailer(SmtpAccount(host="127.0.0.1", port=port, security="none", timeout=2))
    error = refusal(mailer)
    assert isinstance(error, MailUnavailableError)
    assert f"127.0.0.1:{port}" in error.message


def test_a_server_that_is_silent() -> None:
    """Waiting for a greeting ends at the time-out."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        account = SmtpAccount(host="127.0.0.1", port=listener.getsockname()[1], security="none", timeout=0.2)
        assert "too long" in refusal(SmtpMailer(account)).message


class TestSecurity:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> tuple[Path, Path]:
        return issue_certificate(tmp_path, "127.0.0.1")

    @pytest.fixture
    def secure(self, certificate: tuple[Path, Path]) -> Iterator[MailServer]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        with MailServer(options=with_login("office", PASSWORD, context)) as running:
            yield running

    def test_login_over_starttls(self, secure: MailServer, certificate: tuple[Path, Path]) -> None:
        """The password goes over TLS, with a certificate that is trusted."""
        mailer = a_mailer(secure, security="starttls", username="office", password=PASSWORD, ca_file=certificate[0])
        mailer.send(an_envelope())
        assert len(secure.accepted) == 1
        assert mailer.probe() == f"127.0.0.1:{secure.port} takes mail as office (starttls)."
        mailer.close()

    def test_a_wrong_password(self, secure: MailServer, certificate: tuple[Path, Path]) -> None:
        """It is no fault of the mail, which waits until the settings are mended; the password is shown nowhere."""
        mailer = a_mailer(secure, security="starttls", username="office", password="wrong one", ca_file=certificate[0])
        error = refusal(mailer)
        assert isinstance(error, MailUnavailableError)
        assert "535" in error.message
        assert "wrong one" not in error.message + repr(mailer._account)

    def test_a_certificate_that_nobody_knows(self, secure: MailServer) -> None:
        """TLS is always verified."""
        error = refusal(a_mailer(secure, security="starttls"))
        assert "certificate is not trusted" in error.message

    def test_no_starttls_offered(self, server: MailServer) -> None:
        """Nothing is sent in the clear when TLS was asked for."""
        error = refusal(a_mailer(server, security="starttls"))
        assert "does not offer" in error.message
        assert server.attempts == 0

    def test_no_login_although_one_is_needed(self, secure: MailServer, certificate: tuple[Path, Path]) -> None:
        """A server that wants a login judges no mail."""
        error = refusal(a_mailer(secure, security="starttls", ca_file=certificate[0]))
        assert isinstance(error, MailUnavailableError)

    def test_tls_from_the_start(self, certificate: tuple[Path, Path]) -> None:
        """Port 465 and the like (RFC 8314 section 3.3)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        with MailServer(options={"ssl_context": context}) as server:
            mailer = a_mailer(server, security="tls", ca_file=certificate[0])
            mailer.send(an_envelope())
            mailer.close()
            assert len(server.accepted) == 1


def test_a_session_breaks_before_the_mail(server: MailServer, mailer: SmtpMailer, monkeypatch: Any) -> None:
    """A connection that was lost before DATA has taken nothing along: it is tried again without a doubt."""

    def lost(*_: object) -> None:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(smtplib.SMTP, "rcpt", lost)
    error = refusal(mailer)
    assert isinstance(error, TemporaryMailError)
    assert not isinstance(error, LostAfterDataError)
