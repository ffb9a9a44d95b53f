"""The store of form keys: each lets one form be carried out once."""

from datetime import datetime
from typing import Protocol


class FormKeys(Protocol):
    """Keys of forms that were sent, each with where its first sending led."""

    def take(self, key: str, now: datetime) -> bool:
        """Take a key in this transaction; False when it was taken before. Waits for another that is taking it."""
        ...

    def keep(self, key: str, result: str) -> None:
        """Note where the sending that took the key led."""
        ...

    def result(self, key: str) -> str:
        """Return where the first sending led. Raises `NotFoundError`."""
        ...
