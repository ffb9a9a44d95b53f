"""One SMTP session under one deadline: whatever a server sends, and however slowly, it ends in time and in memory."""

import smtplib
import socket
import ssl
import time
from typing import Any

_LONGEST_LINE = 4_096
"""Octets; RFC 5321 section 4.5.3.1.5 allows 512."""
_MOST_LINES = 100
_CHUNK = 16_384


class AbsurdReplyError(smtplib.SMTPException):
    """What the server sent is no SMTP reply (RFC 5321 section 4.2)."""


class Session(smtplib.SMTP):
    """An SMTP session. Every step ends by the deadline that was last set, and after ``step`` seconds at the latest."""

    def __init__(self, host: str, port: int, step: float, total: float, context: ssl.SSLContext | None = None) -> None:
        """Connect, over TLS with a ``context``, within ``total`` seconds. Raises as smtplib does."""
        self._step = step
        self._context = context
        self._received = b""
        self._source: socket.socket | None = None
        self.expire_in(total)
        super().__init__(host, port, timeout=step)

    def expire_in(self, seconds: float) -> None:
        """Set the deadline of all that follows."""
        self._deadline = time.monotonic() + seconds

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        """Connect; smtplib calls this (its own subclass for TLS does the same)."""
        plain = socket.create_connection((host, port), min(timeout, self._left()))
        if self._context is None:
            return plain
        try:
            return self._context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def getreply(self) -> tuple[int, bytes]:
        """Return the server's next reply: code and text, its lines joined.

        Raises `AbsurdReplyError` for what is none, `TimeoutError`, and `smtplib.SMTPServerDisconnected`.
        """
        try:
            return self._reply()
        except OSError:
            self.close()
            raise

    def _reply(self) -> tuple[int, bytes]:
        texts: list[bytes] = []
        codes: set[bytes] = set()
        while len(texts) < _MOST_LINES:
            line = self._line()
            codes.add(line[:3])
            if not (line[:3].isdigit() and line[3:4] in {b"", b" ", b"-"}) or len(codes) > 1:
                break
            texts.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(texts)
        self.close()
        raise AbsurdReplyError

    def _line(self) -> bytes:
        if self._source is not self.sock:  # after STARTTLS nothing counts that came before it
            self._source, self._received = self.sock, b""
        while b"\n" not in self._received:
            if len(self._received) > _LONGEST_LINE:
                self.close()
                raise AbsurdReplyError
            self._received += self._receive()
        line, _, self._received = self._received.partition(b"\n")
        return line.rstrip(b"\r")

    def _receive(self) -> bytes:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        self.sock.settimeout(min(self._step, self._left()))
        received = self.sock.recv(_CHUNK)
        if not received:
            self.close()
            raise smtplib.SMTPServerDisconnected("closed")
        return received

    def send(self, s: Any) -> None:
        """Send text or octets, all of it by the deadline. Raises `AbsurdReplyError` where an answer came before."""
        if self._received and self._source is self.sock:
            self.close()
            raise AbsurdReplyError  # it answered what nobody had said
        content = memoryview(s.encode(self.command_encoding) if isinstance(s, str) else s)
        for at in range(0, len(content), _CHUNK):
            if self.sock is not None:
                self.sock.settimeout(min(self._step, self._left()))
            super().send(content[at : at + _CHUNK])

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
