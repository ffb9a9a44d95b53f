"""The daemon's mail workers: as many as there is mail, a stop that waits, and no trouble that ends them for good."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
import structlog

from syncd.entrypoints.daemon.postroom import Postroom
from syncd.ports.errors import StoreUnavailableError
from syncd.ports.mail import MailUnavailableError, PermanentMailError
from syncd.services.messaging.delivery import Attempt, Outcome

Deliver = Callable[[datetime], Attempt | None]


class Mailbag:
    """So many messages to be delivered; each attempt ends as ``outcome`` says."""

    def __init__(self, messages: int, error: PermanentMailError | MailUnavailableError | None = None) -> None:
        self.left = messages
        self.error = error
        self.attempts = 0
        self.may_end = threading.Event()
        self.may_end.set()
        self._lock = threading.Lock()

    def __call__(self, _now: datetime) -> Attempt | None:
        with self._lock:
            if not self.left:
                return None
            self.left -= 1
            self.attempts += 1
            number = self.attempts
        self.may_end.wait(10)
        return Attempt(f"msg-{number}", Outcome.LATER if self.error else Outcome.SENT, self.error)


@contextmanager
def a_postroom(deliver: Deliver, workers: int = 2) -> Iterator[Postroom]:
    postroom = Postroom(deliver, workers)
    try:
        yield postroom
    finally:
        assert postroom.stop(10)


def test_a_bag_of_mail() -> None:
    """One wake-up is enough: a worker goes on until nothing is due."""
    bag = Mailbag(20)
    with a_postroom(bag) as postroom:
        postroom.wake(1)
        assert _until(lambda: bag.left == 0)
    assert bag.attempts == 20


def _until(is_so: Callable[[], bool]) -> bool:
    ticks = threading.Event()
    return any(is_so() or ticks.wait(0.01) for _ in range(1000))


def test_no_more_than_allowed() -> None:
    """However much is due, and however often it is woken, so many messages are sent at the same time."""
    bag = Mailbag(10)
    bag.may_end.clear()
    with a_postroom(bag, workers=3) as postroom:
        for _ in range(5):
            postroom.wake(10)
        assert _until(lambda: bag.attempts == 3)
        bag.may_end.set()


def test_the_mail_server_is_down() -> None:
    """One failure is enough to see it: the rest of the bag is left for the next tick."""
    bag = Mailbag(10, MailUnavailableError())
    with a_postroom(bag) as postroom:
        postroom.wake(1)
        assert _until(lambda: bag.attempts == 1)
    assert bag.attempts == 1


def test_one_mail_is_refused() -> None:
    """It holds up nothing; the log names the message and the kind of trouble, and nobody."""
    bag = Mailbag(3, PermanentMailError("550 chris@example.org unknown"))
    with structlog.testing.capture_logs() as logs, a_postroom(bag) as postroom:
        postroom.wake(1)
        assert _until(lambda: bag.left == 0 and len(logs) == 3)
    assert logs[0]["message"] == "msg-1"
    assert logs[0]["code"] == "mail_refused"
    assert "example.org" not in str(logs)


@pytest.mark.parametrize("error", [StoreUnavailableError(), RuntimeError("a bug")])
def test_the_store_fails(error: Exception) -> None:
    """A worker that fails says so, and the next wake-up finds another."""
    calls = []

    def fail(_now: datetime) -> Attempt | None:
        calls.append(1)
        raise error

    with structlog.testing.capture_logs() as logs, a_postroom(fail) as postroom:
        postroom.wake(1)
        assert _until(lambda: len(logs) == 1)
        assert _until(lambda: not postroom._running)
        postroom.wake(1)
        assert _until(lambda: len(calls) == 2)


def test_stopped_while_sending() -> None:
    """A stop waits as long as it is told, and nothing new begins."""
    bag = Mailbag(5)
    bag.may_end.clear()
    postroom = Postroom(bag, 1)
    postroom.wake(1)
    assert _until(lambda: bag.attempts == 1)
    assert not postroom.stop(0.05)
    bag.may_end.set()
    assert postroom.stop(10)
    postroom.wake(1)
    assert bag.attempts == 1
