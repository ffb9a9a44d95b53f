"""The key that seals passwords and signs links: where it is kept, and how one comes to be there."""

import hashlib
import hmac
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.ports.errors import ConfigurationError, VaultError

if TYPE_CHECKING:
    from syncd.settings import Settings


def ensure_key(settings: "Settings") -> str:
    """Make the key's file where none is given; return where the key is, in words. Raises `ConfigurationError`."""
    if settings.security.key is not None:
        return "given by the configuration"
    if credential() is not None:
        return "given by systemd"
    path = settings.security.key_file
    if not path.exists():
        _make_folder(path.parent)
        try:
            _make_key(path)
        except OSError as error:
            raise ConfigurationError(
                f"security.key_file: {path} cannot be made: {error.strerror}.", file=str(path)
            ) from error
    return str(path)


def _make_key(path: Path) -> None:
    """Make a key's file, unless another process does so first: whoever sees the file sees a whole key in it."""
    from syncd.adapters.db.vault import new_key

    # Created with its final mode at once: at no moment may others read it.
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(new_key())
    try:
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
    finally:
        fresh.unlink()


def put_new_key_first(settings: "Settings") -> str:
    """Make a new key and put it before those in the key's file, which go on opening what they sealed; return the file.

    Raises `ConfigurationError` where the key is no file of ours, and says what to do instead.
    """
    from syncd.adapters.db.vault import new_key

    if settings.security.key is not None or credential() is not None:
        raise ConfigurationError(
            "The key is given by the configuration or by systemd, so syncd cannot change it. Put a new line with a new "
            f"key before the old one there, such as {new_key()} and run: syncd key reseal",
            setting="security.key",
        )
    path = settings.security.key_file
    fresh = path.with_name(f"{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{new_key()}\n{keys(settings)}\n")
    fresh.replace(path)
    return str(path)


def keys(settings: "Settings") -> str:
    """Return the keys, a line each, the newest first. Raises `VaultError` when they cannot be read."""
    if settings.security.key is not None:
        return settings.security.key.get_secret_value()
    path = credential() or settings.security.key_file
    try:
        keys = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise VaultError(
            f"The key for stored passwords cannot be read from {path}. On a new installation run: syncd init. "
            "Otherwise put the key back from your backup.",
            file=str(path),
        ) from error
    if not keys:
        raise VaultError(f"The key file {path} is empty. Put the key back from your backup.", file=str(path))
    return keys


def link_key(settings: "Settings") -> bytes:
    """Return the key that signs links: its own, so that nothing signed with it opens a sealed password.

    It is made from the oldest key: links that were sent stay good when a newer key is put before it.
    """
    oldest = keys(settings).split()[-1]
    return hmac.new(oldest.encode(), b"syncd links", hashlib.sha256).digest()


def credential() -> Path | None:
    """Return the file in which systemd gives the key, None where it gives none."""
    from syncd.settings.sources import CREDENTIALS_VARIABLE, KEY_CREDENTIAL

    folder = os.environ.get(CREDENTIALS_VARIABLE)
    path = Path(folder, KEY_CREDENTIAL) if folder else None
    return path if path is not None and path.is_file() else None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"security.key_file: the folder {folder} cannot be made: {error.strerror}.", folder=str(folder)
        ) from error
