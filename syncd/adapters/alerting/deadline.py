"""An end to whatever goes on over a socket, however slowly the other side drips."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_after(seconds: float, current: Callable[[], socket.socket | None]) -> Iterator[threading.Event]:
    """Cut the ``current`` socket if the block takes longer; the event says whether that was done."""
    is_over = threading.Event()

    def cut() -> None:
        is_over.set()
        connected = current()
        if connected is not None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield is_over
    finally:
        timer.cancel()
