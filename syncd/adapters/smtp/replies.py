"""What an SMTP server's reply means for the message."""

import re

from syncd.ports.mail import MailUnavailableError, PermanentMailError, TemporaryMailError

_ADDRESS = re.compile(r"\S*@\S*")
_LONGEST = 200
_READ = 2_000
_ABOUT_THE_SESSION = frozenset({421, 454, 530, 534, 535, 538})
"""Shutting down, no TLS now, and whatever is about logging in: that is no fault of the message (RFC 4954 section 6)."""


def error_of(code: int, text: bytes) -> TemporaryMailError | PermanentMailError:
    """Return the error that a refusal stands for: 5xx is for good, all else may be accepted later."""
    said = worded(code, text)
    if code in _ABOUT_THE_SESSION:
        return MailUnavailableError(f"The mail server refuses to work: {said}")
    if code // 100 == 5:
        return PermanentMailError(f"The mail server refused it: {said}")
    return TemporaryMailError(f"The mail server refused it for now: {said}")


def worded(code: int, text: bytes) -> str:
    """Return a reply for a person: in one line, without the addresses that servers like to repeat."""
    line = " ".join(text[:_READ].decode("utf-8", errors="replace").split())
    shown = "".join(char if char.isprintable() else "?" for char in line)
    return f"{code} {_ADDRESS.sub('…', shown)}"[:_LONGEST]
