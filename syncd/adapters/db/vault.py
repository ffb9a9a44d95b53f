"""The vault: credentials sealed with Fernet (AES-128 in CBC mode, HMAC-SHA256; cryptography's recipe)."""

from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from syncd.ports.errors import VaultError


class FernetVault:
    """Seals credentials with the first of some keys, which stand anywhere but in the database; any of them opens."""

    def __init__(self, keys: str, *, reread: Callable[[], str] | None = None) -> None:
        """Take keys that `new_key` made, a line each, the newest first. Raises `VaultError` when one is none.

        ``reread`` reads them again when none of them opens a secret: another process may have put a new one before
        them since.
        """
        self._keys = keys
        self._fernet = _fernet(keys)
        self._reread = reread

    def seal(self, secret: str) -> bytes:
        """Return the sealed form of a secret: another one each time."""
        return self._fernet.encrypt(secret.encode())

    def unseal(self, sealed: bytes) -> str:
        """Return the secret. Raises `VaultError` when no key fits."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            if not self._has_new_keys():
                raise VaultError from None
        return self.unseal(sealed)

    def reseal(self, sealed: bytes) -> bytes:
        """Return the same secret sealed with the newest key. Raises `VaultError` when no key fits."""
        return self.seal(self.unseal(sealed))

    def _has_new_keys(self) -> bool:
        """Take the keys that are there now; tell whether they are others."""
        fresh = self._reread() if self._reread else self._keys
        if fresh.split() == self._keys.split():
            return False
        self._keys, self._fernet = fresh, _fernet(fresh)
        return True


def _fernet(keys: str) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys.split()])
    except ValueError:
        raise VaultError("The key for stored credentials is damaged. Restore it from a copy.") from None


def new_key() -> str:
    """Return a fresh random key, as text for a file or an environment variable."""
    return Fernet.generate_key().decode()
