"""Sealed credentials."""

import pytest

from syncd.adapters.db.vault import FernetVault, new_key
from syncd.ports.errors import VaultError


def test_what_was_sealed() -> None:
    """A secret comes back as it was, and does not show in its sealed form."""
    vault = FernetVault(new_key())
    sealed = vault.seal("pässword")
    assert vault.unseal(sealed) == "pässword"
    assert "pässword".encode() not in sealed


def test_the_same_secret_twice() -> None:
    """Equal secrets cannot be told by their sealed forms."""
    vault = FernetVault(new_key())
    assert vault.seal("same") != vault.seal("same")


def test_a_key_read_from_a_file() -> None:
    """The line's end behind a key is no part of it."""
    key = new_key()
    assert FernetVault(f"{key}\n").unseal(FernetVault(key).seal("secret")) == "secret"


def test_another_key() -> None:
    """What another key sealed is refused, and the message says what is wrong."""
    sealed = FernetVault(new_key()).seal("secret")
    with pytest.raises(VaultError, match="not the one they were sealed with"):
        FernetVault(new_key()).unseal(sealed)


@pytest.mark.parametrize("sealed", [b"", b"secret"])
def test_what_nobody_sealed(sealed: bytes) -> None:
    """What is not sealed at all is refused like what another key sealed."""
    with pytest.raises(VaultError):
        FernetVault(new_key()).unseal(sealed)


@pytest.mark.parametrize("key", ["", "short", "ключ", "*" * 44])
def test_a_damaged_key(key: str) -> None:
    """Something that is no key is refused at once, without being shown."""
    with pytest.raises(VaultError, match="damaged") as refusal:
        FernetVault(key)
    assert not key or key not in str(refusal.value)
