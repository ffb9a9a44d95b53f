"""The vault: credentials sealed with Fernet (AES-128 in CBC mode, HMAC-SHA256; cryptography's recipe)."""

from cryptography.fernet import Fernet, InvalidToken

from syncd.ports.errors import VaultError


class FernetVault:
    """Seals credentials with one key, which stands anywhere but in the database."""

    def __init__(self, key: str) -> None:
        """Take a key that `new_key` made. Raises `VaultError` when it is none."""
        try:
            self._fernet = Fernet(key.strip())
        except ValueError:
            raise VaultError("The key for stored credentials is damaged. Restore it from a copy.") from None

    def seal(self, secret: str) -> bytes:
        """Return the sealed form of a secret: another one each time."""
        return self._fernet.encrypt(secret.encode())

    def unseal(self, sealed: bytes) -> str:
        """Return the secret. Raises `VaultError` when the key does not fit."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise VaultError from None


def new_key() -> str:
    """Return a fresh random key, as text for a file or an environment variable."""
    return Fernet.generate_key().decode()
