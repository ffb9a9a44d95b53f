"""Passwords hashed with Argon2id (RFC 9106) by argon2-cffi; the only package that knows it."""

from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Passwords:
    """Hashes with 19 MiB, two passes and one lane: OWASP's least for Argon2id, about 20 ms here."""

    def __init__(self, *, memory_kib: int = 19 * 1024, passes: int = 2) -> None:
        """Take the costs; lower ones are for tests."""
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)

    def hash(self, password: str) -> str:
        """Return the hash of a password."""
        return self._hasher.hash(password)

    def verify(self, hashed: str | None, password: str) -> bool:
        """Tell whether a password is the one; None takes as long and is never right."""
        try:
            self._hasher.verify(hashed or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Tell whether a hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(hashed)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody's password")
