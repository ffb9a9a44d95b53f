"""Webhook and ping over real HTTP: what is sent, and what each answer means."""

import hashlib
import hmac
import ssl
from pathlib import Path

import pytest

from syncd.adapters.alerting import HttpPing, HttpWebhook
from syncd.ports.alerting import ChannelError
from tests.adapters.certificates import issue_certificate
from tests.alerting.receiver import Receiver
from tests.builders import NOW
from tests.servers.base import free_port

SECRET = "a secret of many characters"
BODY = '{"practice": "Übung"}'.encode()
pytestmark = pytest.mark.server


def refusal(url: str, timeout: float = 5) -> str:
    with pytest.raises(ChannelError) as caught:
        HttpWebhook(url, SECRET, timeout=timeout).post("ntc-1", BODY, NOW)
    return caught.value.message


def test_a_body_is_taken(receiver: Receiver) -> None:
    """Arrives as it is, with its id and a signature that whoever has the secret can work out."""
    said = HttpWebhook(receiver.url, SECRET).post("ntc-1", BODY, NOW)
    (request,) = receiver.requests
    seconds = int(NOW.timestamp())
    expected = hmac.new(SECRET.encode(), f"{seconds}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert (request.method, request.path, request.body) == ("POST", "/secret-path?a=1", BODY)
    assert request.headers["Syncd-Signature"] == f"t={seconds},v1={expected}"
    assert (request.headers["Syncd-Id"], request.headers["Content-Type"]) == ("ntc-1", "application/json")
    assert said == f"127.0.0.1:{receiver.port} answered 200 OK."


def test_a_ping(receiver: Receiver) -> None:
    """Is a GET of the address as it was given."""
    HttpPing(receiver.url).ping()
    (request,) = receiver.requests
    assert (request.method, request.path, request.body) == ("GET", "/secret-path?a=1", b"")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (500, "answered 500"),
        (404, "answered 404"),
        (302, "a redirect is not followed"),
        ("drop", "the connection ended without an answer"),
    ],
)
def test_it_is_not_taken(receiver: Receiver, answer: int | str, words: str) -> None:
    """Whatever is not a 2xx is a failure, said in words that do not give the secret path away."""
    receiver.answers.append(answer)
    said = refusal(receiver.url)
    assert words in said
    assert "secret-path" not in said
    assert len(receiver.requests) == 1


def test_a_server_that_never_ends(receiver: Receiver) -> None:
    """One that goes on sending its answer is left when the time is over."""
    receiver.answers.append("drip")
    assert "127.0.0.1" in refusal(receiver.url, timeout=0.5)


def test_nobody_listens() -> None:
    """Says that nobody can be reached there, and why."""
    assert "cannot be reached: Connection refused" in refusal(f"http://127.0.0.1:{free_port()}/secret-path")


def test_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    """Gets nothing; with its authority in the settings it does."""
    certificate, key = issue_certificate(tmp_path, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with Receiver(tls=context) as receiver:
        assert "is not trusted" in refusal(receiver.url)
        assert receiver.requests == []
        HttpWebhook(receiver.url, SECRET, ca_file=certificate).post("ntc-1", BODY, NOW)
        assert len(receiver.requests) == 1


def test_a_proxy(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is used where the environment names one."""
    monkeypatch.setenv("http_proxy", f"http://user:pass@127.0.0.1:{receiver.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    HttpPing("http://alerts.example.com/ping").ping()
    (request,) = receiver.requests
    assert request.path == "http://alerts.example.com/ping"
    assert request.headers["Proxy-Authorization"] == "Basic dXNlcjpwYXNz"
