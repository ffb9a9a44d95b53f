"""Secrets given to the program apart from its configuration: variables, files that variables name, credentials."""

from pathlib import Path

import pytest

from syncd.adapters.db.vault import new_key
from syncd.ports.errors import ConfigurationError
from syncd.settings import Settings, load
from syncd.settings.loading import explained
from tests.entrypoints.command import Shell

URL = "postgresql://syncd:hunter2@db.example.com/syncd"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("SYNCD_CONFIG", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def credentials(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which systemd hands over a unit's credentials."""
    folder = elsewhere / "credentials"
    folder.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def secrets_of(settings: Settings) -> tuple[str, str]:
    password = settings.mail.password
    return settings.database.url, password.get_secret_value() if password else ""


def refusal() -> str:
    with pytest.raises(ConfigurationError) as caught:
        load()
    return caught.value.message


class TestFilesThatVariablesName:
    def test_a_secret_in_a_file(self, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """SYNCD_SECTION__KEY_FILE names a file that holds the value; the end of its last line is not part of it."""
        (elsewhere / "url").write_text(f"{URL}\n")
        (elsewhere / "password").write_text(" pass word ")
        monkeypatch.setenv("SYNCD_DATABASE__URL_FILE", "url")
        monkeypatch.setenv("SYNCD_MAIL__PASSWORD_FILE", str(elsewhere / "password"))
        assert secrets_of(load()) == (URL, " pass word ")

    def test_any_other_setting(self, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A list stands in the file as it would in the variable."""
        (elsewhere / "to").write_text('["boss@example.com"]\n')
        monkeypatch.setenv("SYNCD_REPORT__RECIPIENTS_FILE", "to")
        assert load().report.recipients == ("boss@example.com",)

    def test_a_setting_that_is_a_file(self, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """security.key_file and ca_file keep their meaning: the path, not what stands there."""
        (elsewhere / "key").write_text(new_key())
        monkeypatch.setenv("SYNCD_SECURITY__KEY_FILE", "key")
        settings = load()
        assert (settings.security.key_file, settings.security.key) == (Path("key"), None)

    def test_over_the_configuration_file(self, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It wins, and `config show` says where the value came from and not what it is."""
        (elsewhere / "own.toml").write_text('[mail]\npassword = "old"\n')
        (elsewhere / "password").write_text("hunter2")
        monkeypatch.setenv("SYNCD_MAIL__PASSWORD_FILE", "password")
        assert secrets_of(load(Path("own.toml")))[1] == "hunter2"
        (told,) = (one for one in explained(Path("own.toml")) if one.key == "mail.password")
        assert (told.value, told.source) == ("(set, not shown)", "SYNCD_MAIL__PASSWORD_FILE")

    @pytest.mark.parametrize(
        ("content", "why"), [(None, "No such file"), (b"\xff\xfe", "no text in UTF-8")], ids=["absent", "no text"]
    )
    def test_a_file_that_cannot_be_read(
        self, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, why: str
    ) -> None:
        """The message names the variable, the file, the setting and the reason."""
        if content is not None:
            (elsewhere / "password").write_bytes(content)
        monkeypatch.setenv("SYNCD_MAIL__PASSWORD_FILE", "password")
        message = refusal()
        assert message.startswith("SYNCD_MAIL__PASSWORD_FILE: the file 'password', which is to hold mail.password")
        assert why in message

    def test_both_ways_at_once(self, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody has to guess which one counts."""
        (elsewhere / "password").write_text("one")
        monkeypatch.setenv("SYNCD_MAIL__PASSWORD_FILE", "password")
        monkeypatch.setenv("SYNCD_MAIL__PASSWORD", "other")
        message = refusal()
        assert message == "SYNCD_MAIL__PASSWORD_FILE and SYNCD_MAIL__PASSWORD are both given. Leave one of them out."

    def test_a_value_that_is_wrong(self, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the file says is checked as any value, and not shown where it may be a secret."""
        (elsewhere / "url").write_text("mysql://syncd:hunter2@db.example.com/syncd")
        monkeypatch.setenv("SYNCD_DATABASE__URL_FILE", "url")
        message = refusal()
        assert "SYNCD_DATABASE__URL_FILE" in message
        assert "hunter2" not in message

    def test_a_setting_that_there_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A misspelt one is an error, whatever its end."""
        monkeypatch.setenv("SYNCD_MAIL__PASWORD_FILE", "password")
        assert "there is no such setting. Did you mean mail.password?" in refusal()


class TestCredentials:
    def test_a_secret_as_a_credential(self, credentials: Path) -> None:
        """A credential syncd.SECTION.KEY is that setting."""
        (credentials / "syncd.database.url").write_text(f"{URL}\n")
        (credentials / "syncd.mail.password").write_text("hunter2")
        assert secrets_of(load()) == (URL, "hunter2")
        (told,) = (one for one in explained() if one.key == "mail.password")
        assert (told.value, told.source) == ("(set, not shown)", "credential syncd.mail.password")

    def test_between_the_file_and_variables(
        self, elsewhere: Path, credentials: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It wins over the configuration file, and a variable over it."""
        (elsewhere / "own.toml").write_text('[mail]\npassword = "old"\n')
        (credentials / "syncd.mail.password").write_text("hunter2")
        assert secrets_of(load(Path("own.toml")))[1] == "hunter2"
        monkeypatch.setenv("SYNCD_MAIL__PASSWORD", "newest")
        assert secrets_of(load(Path("own.toml")))[1] == "newest"

    def test_others_credentials(self, credentials: Path) -> None:
        """What is not named syncd. is none of ours; syncd.key is the key's file and no setting."""
        (credentials / "database.url").write_text(URL)
        (credentials / "syncd.key").write_text(new_key())
        assert load() == Settings()

    @pytest.mark.parametrize("name", ["syncd.mial.password", "syncd.password", "syncd.engine.x", "syncd.mail.a.b"])
    def test_a_section_that_there_is_not(self, credentials: Path, name: str) -> None:
        """The message says how a credential is to be named."""
        (credentials / name).write_text("x")
        assert refusal() == f"The credential {name}: there is no such setting. Name it syncd.SECTION.KEY."

    def test_a_key_that_there_is_not(self, credentials: Path) -> None:
        """It is told with its place and what was meant."""
        (credentials / "syncd.mail.pasword").write_text("x")
        message = refusal()
        assert "mail.pasword (credential syncd.mail.pasword): there is no such setting." in message
        assert "Did you mean mail.password?" in message

    def test_of_a_service_without_any(self, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder that is not there holds none."""
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(elsewhere / "absent"))
        assert load() == Settings()


def test_they_reach_the_command_line(shell: Shell, credentials: Path) -> None:
    """A database named by a credential is the one that a command works on; its name is not told with its password."""
    (credentials / "syncd.database.url").write_text(f"sqlite:///{shell.folder}/elsewhere.db\n")
    (credentials / "syncd.key").write_text(new_key())
    document = shell.json("init")
    assert document["database"].endswith("/elsewhere.db")
    assert document["key"] == "given by systemd"
