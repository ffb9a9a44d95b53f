"""Answers that are kept for a day, so that a request that is sent once more under its key has one effect."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from syncd.core.errors import InvalidValueError, RefusalError

KEPT: Final = timedelta(hours=24)
"""For so long a key is known."""


class KeyReusedError(InvalidValueError):
    """That Idempotency-Key was used for another request. Take a new one."""

    code = "idempotency_key_reused"


class InProgressError(RefusalError):
    """The first request with that Idempotency-Key is still being carried out. Send it again in a moment."""

    code = "in_progress"


class OutcomeUnknownError(RefusalError):
    """The first request with that key broke off. Look whether it was done; to do it again, take another key."""

    code = "outcome_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What was answered to a request. ``id`` is the hash of key and sender, ``request`` that of all that was sent.

    ``status`` is None until the request has ended; ``sealed`` holds the answer's headers and body, since it may show a
    secret. ``broke_off``: nobody knows whether it was done.
    """

    id: str
    request: str
    at: datetime
    status: int | None = None
    sealed: bytes | None = None
    broke_off: bool = False

    def is_over(self, now: datetime) -> bool:
        """Tell whether its key is forgotten."""
        return now - self.at >= KEPT
