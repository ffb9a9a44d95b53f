"""Signals to the process: none is lost between a look and a wait, and handlers come back as they were."""

import signal
import threading
import time

from syncd.entrypoints.signals import Signals


def test_one_that_came_before_the_wait() -> None:
    """Whoever begins to wait after the signal does not wait."""
    with Signals(signal.SIGUSR1) as signals:
        signal.raise_signal(signal.SIGUSR1)
        signals.wait(None)
        assert signals.came(signal.SIGUSR1, signal.SIGUSR2)
        assert not signals.came(signal.SIGUSR2)


def test_one_that_another_thread_was_interrupted_by() -> None:
    """The main thread wakes although the kernel gave the signal to a thread beside it."""
    with Signals(signal.SIGUSR1) as signals:
        thread = threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR1))
        thread.start()
        signals.wait(None)
        thread.join()
        assert signals.came(signal.SIGUSR1)


def test_one_that_is_forgotten() -> None:
    """What was dealt with wakes nobody again; the next one does."""
    with Signals(signal.SIGUSR1) as signals:
        signal.raise_signal(signal.SIGUSR1)
        signals.wait(None)
        signals.forget(signal.SIGUSR1)
        began = time.monotonic()
        signals.wait(0.05)
        assert time.monotonic() - began >= 0.05
        assert not signals.came(signal.SIGUSR1)
        signal.raise_signal(signal.SIGUSR1)
        assert signals.came(signal.SIGUSR1)


def test_handlers_come_back() -> None:
    """Afterwards each signal does what it did before."""
    before = signal.getsignal(signal.SIGUSR1)
    with Signals(signal.SIGUSR1):
        assert signal.getsignal(signal.SIGUSR1) != before
    assert signal.getsignal(signal.SIGUSR1) == before
