"""Signals to this process: none is lost, and no handler waits for a lock."""

import select
import signal
import socket
from contextlib import suppress
from types import FrameType
from typing import Self


class Signals:
    """What of ``numbers`` came, for the time of a ``with`` block in the main thread.

    A signal that comes just before the main thread blocks runs no handler until something else wakes that thread, and
    a handler that sets an `Event` may wait for the lock that the interrupted code holds. The byte that Python writes
    to a socket at the very moment (`signal.set_wakeup_fd`) does neither.
    """

    def __init__(self, *numbers: signal.Signals) -> None:
        self._numbers = numbers
        self._came: set[int] = set()

    def __enter__(self) -> Self:
        """Take the signals from whoever takes them now."""
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._woke_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._take) for number in self._numbers}
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._woke_before)
        self._reader.close()
        self._writer.close()

    def came(self, *numbers: signal.Signals) -> bool:
        """Tell whether one of them came and was not forgotten."""
        return not self._came.isdisjoint(numbers)

    def forget(self, number: signal.Signals) -> None:
        """Take it as not come."""
        self._came.discard(number)

    def wait(self, timeout: float | None) -> None:
        """Return when a signal comes, at once if one came since the last wait, or after so many seconds."""
        select.select([self._reader], [], [], timeout)
        with suppress(BlockingIOError):
            while self._reader.recv(1024):
                pass

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self._came.add(number)
