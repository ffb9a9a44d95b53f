"""An SMTP server that answers what a script says, octet by octet if it must: for what no sound server does."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Self

Say = Callable[[socket.socket], None]


def whole(text: bytes) -> Say:
    """Return what says a text at once."""
    return lambda peer: peer.sendall(text)


def endless(line: bytes) -> Say:
    """Return what says a line again and again, until nobody listens."""

    def say(peer: socket.socket) -> None:
        while True:
            peer.sendall(line)

    return say


def dripping(text: bytes, pause: float) -> Say:
    """Return what says a text one octet at a time."""

    def say(peer: socket.socket) -> None:
        for octet in text:
            peer.sendall(bytes([octet]))
            time.sleep(pause)

    return say


SOUND: dict[str, Say] = {
    "greeting": whole(b"220 here\r\n"),
    "EHLO": whole(b"250-here\r\n250 8BITMIME\r\n"),
    "MAIL": whole(b"250 ok\r\n"),
    "RCPT": whole(b"250 ok\r\n"),
    "DATA": whole(b"354 go on\r\n"),
    "mail": whole(b"250 ok\r\n"),
    "NOOP": whole(b"250 ok\r\n"),
    "QUIT": whole(b"221 bye\r\n"),
}


@dataclass
class RawServer:
    """Answers each command by ``script``; ``mail`` is the end of DATA. Use as a context."""

    script: dict[str, Say] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with suppress(OSError), peer, peer.makefile("rb") as lines:
            self._say("greeting", peer)
            for line in lines:
                verb = line[:4].decode("ascii", "replace").upper()
                self._say(verb, peer)
                if verb == "DATA":
                    mail = list(takewhile(lambda text: text != b".\r\n", lines))  # or what came before it hung up
                    self.mails.append(b"".join(mail))
                    self._say("mail", peer)

    def _say(self, verb: str, peer: socket.socket) -> None:
        (self.script.get(verb) or SOUND.get(verb) or whole(b"502 what?\r\n"))(peer)
