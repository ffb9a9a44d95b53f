"""The store of what the practice's own system calls what is on record here."""

from typing import Protocol


class ExternalIds(Protocol):
    """Ids of another system, each for one record here; ``kind`` is provider, client or appointment."""

    def find(self, kind: str, external_id: str) -> str | None:
        """Return the id here of what that system calls so, None when it is not known."""
        ...

    def name(self, kind: str, external_id: str, subject: str) -> None:
        """Note what that system calls a record; said again it stays. Raises `AlreadyExistsError` for another record."""
        ...
