"""The port to what hashes passwords."""

from typing import Protocol


class Passwords(Protocol):
    """Hashes passwords so that a stolen database does not give them away."""

    def hash(self, password: str) -> str:
        """Return the hash of a password, with its own salt and costs."""
        ...

    def verify(self, hashed: str | None, password: str) -> bool:
        """Tell whether a password is the one; None takes as long and is never right."""
        ...

    def is_outdated(self, hashed: str) -> bool:
        """Tell whether a hash was made with lower costs than today's."""
        ...
