"""The store of answers that are kept for requests that are sent once more."""

from typing import Protocol

from syncd.core.access.answers import KeptAnswer


class KeptAnswers(Protocol):
    """Answers by the hash of key and sender."""

    def add(self, answer: KeptAnswer) -> None:
        """Store a new one. Raises `AlreadyExistsError` when there is one of that id: of two at once, one is told so."""
        ...

    def find(self, answer_id: str) -> KeptAnswer | None:
        """Return one, None when there is none."""
        ...

    def save(self, answer: KeptAnswer) -> None:
        """Store a changed one."""
        ...

    def remove(self, answer_id: str) -> None:
        """Forget one."""
        ...
