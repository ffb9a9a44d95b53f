"""The port to what seals credentials at rest."""

from typing import Protocol


class Vault(Protocol):
    """Seals credentials at rest."""

    def seal(self, secret: str) -> bytes:
        """Return the sealed form of a secret."""
        ...

    def unseal(self, sealed: bytes) -> str:
        """Return the secret. Raises `VaultError` when the key does not fit."""
        ...

    def reseal(self, sealed: bytes) -> bytes:
        """Return the same secret sealed with the newest key. Raises `VaultError` when no key fits."""
        ...
