"""The workers that deliver the outbox: a few messages at the same time, and none that holds up the others."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import structlog

from syncd.core.errors import SyncdError
from syncd.ports.mail import MailUnavailableError
from syncd.services.messaging.delivery import Attempt

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Postroom:
    """Delivers as long as something is due. ``deliver`` tries one message, or returns None when there is none."""

    def __init__(self, deliver: Callable[[datetime], Attempt | None], workers: int) -> None:
        self._deliver = deliver
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="post")
        self._changed = threading.Condition()
        self._running = 0
        self._stopped = False

    def wake(self, due: int) -> None:
        """See to it that somebody works on so many due messages."""
        with self._changed:
            wanted = min(due, self._workers) if not self._stopped else 0
            for _ in range(wanted - self._running):
                self._running += 1
                self._pool.submit(self._work)

    def stop(self, timeout: float) -> bool:
        """Start nothing more; wait for the message under way. Returns whether all workers ended in time."""
        with self._changed:
            self._stopped = True
            ended = self._changed.wait_for(lambda: not self._running, timeout)
        self._pool.shutdown(wait=ended)
        return ended

    def _work(self) -> None:
        try:
            while not self._stopped and self._deliver_one():
                pass
        except SyncdError as error:
            log.warning("delivery stopped", code=error.code, message=error.message)
        except Exception:
            log.exception("delivery failed unexpectedly")
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _deliver_one(self) -> bool:
        """Try one message; tell whether it makes sense to try another at once."""
        attempt = self._deliver(datetime.now(UTC))
        if attempt is None:
            return False
        if attempt.error is None:
            log.info("message sent", message=attempt.message_id)
        else:  # the error's own text may quote what a server said about a person
            log.warning(
                "message not sent", message=attempt.message_id, outcome=attempt.outcome, code=attempt.error.code
            )
        return not isinstance(attempt.error, MailUnavailableError)
