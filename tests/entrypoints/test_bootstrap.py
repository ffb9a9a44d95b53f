"""Where the key comes from, and what init says of the installation."""

from pathlib import Path

import pytest

from syncd.adapters.db.vault import new_key
from syncd.bootstrap import build, initialise
from syncd.ports.errors import ConfigurationError, VaultError
from syncd.settings import Settings, load
from syncd.settings.sources import KEY_CREDENTIAL


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return tmp_path


def sealed_by(settings: Settings) -> bytes:
    return build(settings).vault.seal("hush")


def opens(settings: Settings, sealed: bytes) -> bool:
    try:
        return build(settings).vault.unseal(sealed) == "hush"
    except VaultError:
        return False


def test_no_key_is_given(folder: Path) -> None:
    """init makes one, in a file for its owner only."""
    said = initialise(load())
    assert said["key"] == "var/secret.key"
    assert (folder / "var" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert opens(load(), sealed_by(load()))


def test_systemd_hands_the_key_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential takes the place of the file, which is then not made."""
    (folder / KEY_CREDENTIAL).write_text(f"{new_key()}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert initialise(load())["key"] == "given by systemd"
    assert not (folder / "var" / "secret.key").exists()
    sealed = sealed_by(load())
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    initialise(load())
    assert not opens(load(), sealed)


def test_the_key_is_in_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key among the settings comes before all others."""
    initialise(load())
    monkeypatch.setenv("SYNCD_SECURITY__KEY", new_key())
    sealed = sealed_by(load())
    assert initialise(load())["key"] == "given by the configuration"
    monkeypatch.delenv("SYNCD_SECURITY__KEY")
    assert not opens(load(), sealed)


def test_the_key_is_damaged(folder: Path) -> None:
    """What is no key is told as such."""
    initialise(load())
    (folder / "var" / "secret.key").write_bytes(b"\xff\xfe")
    with pytest.raises(VaultError, match="backup"):
        sealed_by(load())


def test_the_folder_cannot_be_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting is named, and what stands in the way."""
    (folder / "file").write_text("")
    monkeypatch.setenv("SYNCD_SECURITY__KEY_FILE", "file/secret.key")
    with pytest.raises(ConfigurationError, match=r"security\.key_file.*file is no folder"):
        initialise(load())


def test_the_database_has_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """init shows where the database is, without the password."""
    monkeypatch.setattr("syncd.adapters.db.upgrade", lambda _url: "0001")
    monkeypatch.setenv("SYNCD_DATABASE__URL", "postgresql://dana:hunter2@db.example.com/syncd")
    said = initialise(load())
    assert said["database"] == "postgresql://dana@db.example.com/syncd"
