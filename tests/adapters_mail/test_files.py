"""Mail as files."""

from pathlib import Path

import pytest

from syncd.adapters.mailfiles import FileMailer
from syncd.ports.mail import Envelope, MailUnavailableError

ENVELOPE = Envelope(
    id="msg-1", sender="office@example.com", recipient="chris@example.org", content=b"Subject: a\r\n\r\nb\r\n"
)


def test_a_mail_is_written(tmp_path: Path) -> None:
    """One file for a message, whole, that nobody else may read; the folder is made."""
    folder = tmp_path / "var" / "mail"
    FileMailer(folder).send(ENVELOPE)
    (written,) = folder.iterdir()
    assert written.name == "msg-1.eml"
    assert written.read_bytes() == ENVELOPE.content
    assert written.stat().st_mode & 0o777 == 0o600


def test_a_mail_is_written_twice(tmp_path: Path) -> None:
    """After a crash the same message makes the same file, and no second one."""
    mailer = FileMailer(tmp_path)
    mailer.send(ENVELOPE)
    mailer.send(ENVELOPE)
    assert [path.name for path in tmp_path.iterdir()] == ["msg-1.eml"]


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """It is the transport's trouble, and the message says how to mend it; nothing half-written stays."""
    blocked = tmp_path / "a file"
    blocked.write_text("")
    mailer = FileMailer(blocked / "mail")
    for attempt in (lambda: mailer.send(ENVELOPE), mailer.probe):
        with pytest.raises(MailUnavailableError, match=r"mail\.folder"):
            attempt()


def test_probe(tmp_path: Path) -> None:
    """Trying the folder leaves nothing in it."""
    assert str(tmp_path) in FileMailer(tmp_path).probe()
    assert list(tmp_path.iterdir()) == []
