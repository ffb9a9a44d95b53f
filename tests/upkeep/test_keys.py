"""A new key, while a daemon with the old one goes on."""

from pathlib import Path

import pytest

from syncd.adapters.db.vault import FernetVault, new_key
from syncd.core.access.principal import local_administrator
from syncd.ports.errors import VaultError
from syncd.ports.store.transaction import Store
from syncd.services.upkeep.keys import reseal_all
from tests.builders import NOW, a_calendar, a_provider
from tests.entrypoints.command import Shell

ADMIN = local_administrator("root")


def test_two_keys() -> None:
    """The first seals, any opens."""
    old, new = new_key(), new_key()
    both = FernetVault(f"{new}\n{old}\n")
    assert both.unseal(FernetVault(old).seal("secret")) == "secret"
    assert FernetVault(new).unseal(both.seal("secret")) == "secret"


def test_who_holds_the_old_key_goes_on(store: Store, tmp_path: Path) -> None:
    """A daemon that read the old key opens what was resealed since, by reading the file again."""
    file, old = tmp_path / "key", new_key()
    file.write_text(old)
    daemon = FernetVault(file.read_text(), reread=file.read_text)
    dana = a_provider()
    with store.transaction() as tx:
        tx.providers.add(dana)
        tx.calendars.add(a_calendar(provider_id=dana.id, secret=daemon.seal("hush")))

    file.write_text(f"{new_key()}\n{old}")
    assert reseal_all(store, FernetVault(file.read_text()), ADMIN, NOW) == 1

    with store.reading() as tx:
        [calendar] = tx.calendars.list()
    with pytest.raises(VaultError):
        FernetVault(old).unseal(calendar.secret)
    assert daemon.unseal(calendar.secret) == "hush"


def test_secret_that_no_key_opens(tmp_path: Path) -> None:
    """Reading the file again does not go round in circles."""
    file = tmp_path / "key"
    file.write_text(new_key())
    with pytest.raises(VaultError):
        FernetVault(file.read_text(), reread=file.read_text).unseal(FernetVault(new_key()).seal("x"))


class TestCommands:
    def test_rotate(self, shell: Shell) -> None:
        """The new key stands first in the file, which stays its owner's alone; repeated it adds another."""
        shell.json("init")
        file = shell.folder / "var" / "secret.key"
        before = file.read_text().split()
        assert shell.json("key", "rotate")["resealed"] == 0
        shell.json("key", "rotate")
        after = file.read_text().split()
        assert (len(after), after[-1], file.stat().st_mode & 0o777) == (3, before[0], 0o600)

    def test_rotate_a_key_that_is_not_a_file(self, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        """It says what to do instead."""
        monkeypatch.setenv("SYNCD_SECURITY__KEY", new_key())
        shell.json("init")
        refused = shell.run("key", "rotate", "--json")
        assert refused.code == 2
        assert "syncd key reseal" in refused.error["message"]

    def test_backup_and_restore(self, shell: Shell) -> None:
        """A backup is made in the folder of the settings, and put back by its name."""
        shell.json("init")
        made = shell.json("backup")
        assert Path(made["file"]).parent == Path("var/backups")
        shell.json("provider", "add", "--name", "Late", "--email", "late@example.com", "--timezone", "UTC")
        assert shell.json("restore", made["file"])["calendars"] == []
        assert shell.json("provider", "list")["providers"] == []

    def test_restore_nothing(self, shell: Shell) -> None:
        """A file that is not there is named."""
        shell.json("init")
        refused = shell.run("restore", "nowhere.db", "--json")
        assert (refused.code, refused.error["code"]) == (1, "backup_failed")
