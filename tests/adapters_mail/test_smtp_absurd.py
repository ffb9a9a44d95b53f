"""Mail servers that answer endlessly, slowly or absurdly: each attempt ends in time, and says what is known of it."""

import time
import tracemalloc

import pytest

from syncd.adapters.smtp import SmtpAccount, SmtpMailer
from syncd.ports.mail import Envelope, LostAfterDataError, MailError, MailUnavailableError, TemporaryMailError
from tests.servers.raw_smtp import RawServer, Say, dripping, endless, whole

pytestmark = pytest.mark.server
STEP = 0.4
SLOW = dripping(b"250 " + b"x" * 500 + b"\r\n", STEP / 4)

ABSURD: dict[str, Say] = {
    "endless lines": endless(b"250-more\r\n"),
    "one endless line": endless(b"x" * 1000),
    "no number": whole(b"hello there\r\n"),
    "no reply of SMTP": whole(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "empty lines": endless(b"\r\n"),
    "two codes in one reply": whole(b"250-yes\r\n550 no\r\n"),
    "octets of no text": whole(b"\xff\xfe\x00\x01\r\n"),
    "a code of four digits": whole(b"2500 ok\r\n"),
    "octet by octet": SLOW,
    "half a line, then silence": whole(b"25"),
    "nothing": whole(b""),
}


def failure(script: dict[str, Say], content: bytes = b"Subject: hello\r\n\r\nHello.\r\n") -> MailError:
    """Return how an attempt fails, which it must within the time that one mail may take."""
    with RawServer(script) as server:
        account = SmtpAccount(host="127.0.0.1", port=server.port, security="none", timeout=STEP)
        began = time.monotonic()
        with pytest.raises(MailError) as caught:
            SmtpMailer(account).send(
                Envelope(id="m", sender="a@example.com", recipient="b@example.org", content=content)
            )
        assert time.monotonic() - began < 6 * STEP + 1
        return caught.value


@pytest.mark.parametrize("name", ABSURD)
@pytest.mark.parametrize("verb", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
def test_an_absurd_answer_before_the_mail_was_sent(verb: str, name: str) -> None:
    """Nothing was handed over: it is tried again, and the transport's trouble is no judgement on the mail."""
    script = {verb: ABSURD[name]} | ({"HELO": ABSURD[name]} if verb == "EHLO" else {})
    error = failure(script)

    assert isinstance(error, TemporaryMailError)
    assert not isinstance(error, LostAfterDataError)


@pytest.mark.parametrize("name", ABSURD)
def test_an_absurd_answer_to_the_mail(name: str) -> None:
    """It was handed over whole: whether it was taken is unknown, and said to be."""
    assert isinstance(failure({"mail": ABSURD[name]}), LostAfterDataError)


@pytest.mark.parametrize("code", [100, 154, 300, 334, 354, 399, 600, 999])
def test_an_answer_to_the_mail_that_is_neither_yes_nor_no(code: int) -> None:
    """Only 2xx says yes, only 4xx and 5xx say no."""
    assert isinstance(failure({"mail": whole(b"%d perhaps\r\n" % code)}), LostAfterDataError)


@pytest.mark.parametrize("code", [100, 250, 600])
def test_an_answer_to_data_that_does_not_invite(code: int) -> None:
    """Then the mail is not sent, so nothing is unknown."""
    assert not isinstance(failure({"DATA": whole(b"%d go?\r\n" % code)}), LostAfterDataError)


def test_an_answer_that_came_before_the_mail() -> None:
    """A yes that nobody can have meant is none."""
    assert isinstance(failure({"DATA": whole(b"354 go on\r\n250 ok\r\n")}), TemporaryMailError)


def test_a_server_that_stops_reading() -> None:
    """A mail that does not get through ends by the deadline too."""

    def stop_reading(peer: object) -> None:
        peer.sendall(b"354 go on\r\n")  # type: ignore[attr-defined]  # a socket
        time.sleep(8 * STEP)

    assert isinstance(failure({"DATA": stop_reading}, (b"x" * 500 + b"\r\n") * 16_000), MailError)


def test_an_endless_answer_costs_no_memory() -> None:
    """A server that never stops is not listened to for long."""
    tracemalloc.start()
    try:
        failure({"mail": endless(b"250-" + b"x" * 500 + b"\r\n")})
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_octets_that_no_terminal_should_see() -> None:
    """What is kept of an answer is text in one line."""
    message = failure({"RCPT": whole(b"550 \x1b[31mno\x9b1m \x07\r\n")}).message

    assert message.isprintable()


def test_a_server_that_is_gone_for_good() -> None:
    """A wrong greeting is the transport's trouble."""
    assert isinstance(failure({"greeting": whole(b"554 go away\r\n")}), MailUnavailableError)
