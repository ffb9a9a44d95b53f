"""`config show`, `config check`, and what `check` and refusals say of files, keys and addresses."""

import json
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.entrypoints.command import Shell

ROOT = Path(__file__).parents[2]


def test_where_each_setting_comes_from(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable, a file or the default; a secret is never shown."""
    Path("own.toml").write_text('[sync]\nworkers = 3\n[mail]\npassword = "hunter2"\n')
    monkeypatch.setenv("SYNCD_SYNC__INTERVAL", "120")
    monkeypatch.setenv("SYNCD_DATABASE__URL", "postgresql://dana:hunter3@db.example.com/syncd")
    outcome = shell.run("config", "show", "--json", "--config", "own.toml")
    found = {one["key"]: (one["value"], one["source"]) for one in outcome.document["settings"]}
    assert found["sync.workers"] == (3, "own.toml")
    assert found["sync.interval"] == (120.0, "SYNCD_SYNC__INTERVAL")
    assert found["practice.privacy"] == ("initials", "default")
    assert found["mail.password"] == ("(set, not shown)", "own.toml")
    assert "hunter" not in outcome.out
    assert "hunter" not in shell.run("config", "show", "--config", "own.toml").out


def test_all_that_is_wrong_is_told_at_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the file and from variables, each with its place."""
    Path("wrong.toml").write_text("[sync]\nworkers = 0\njiter = 1\n")
    monkeypatch.setenv("SYNCD_MAIL__PORT", "many")
    monkeypatch.setenv("SYNCD_POLICY__RULES", "no list")
    monkeypatch.setenv("SYNCD_MIAL__PORT", "25")
    outcome = shell.run("config", "check", "--json", "--config", "wrong.toml")
    assert outcome.code == 2
    assert outcome.document["ok"] is False
    sources = [problem["source"] for problem in outcome.document["problems"]]
    assert sorted(sources) == [
        "SYNCD_MAIL__PORT", "SYNCD_MIAL__PORT", "SYNCD_POLICY__RULES", "wrong.toml", "wrong.toml"
    ]  # fmt: skip
    assert shell.run("config", "check").code == 2


WRONG = [
    ("SYNCD_PRACTICE__EMAIL", "nobody", "e-mail address"),
    ("SYNCD_PRACTICE__PRIVACY", "all", "one of: busy"),
    ("SYNCD_PRACTICE__PLAIN_EVENTS", "perhaps", "true or false"),
    ("SYNCD_SYNC__WORKERS", "0", "at least 1"),
    ("SYNCD_SYNC__JITTER", "nan", "at most 0.5"),
    ("SYNCD_GUARDS__QUIET_HOURS", "22:00-06:00", "a list as JSON"),
    ("SYNCD_GUARDS__QUIET_HOURS", '["late"]', "such as 22:00-06:00"),
    ("SYNCD_DATABASE__URL", "mysql://x:hunter2@y/z", "sqlite:///PATH"),
    ("SYNCD_DATABASE__URL", "postgresql://x:hun@ter2@y/z", "%40"),
    ("SYNCD_LINKS__BASE_URL", "https://x:hunter2@y.example", "without a login"),
    ("SYNCD_BOOKING__REASONS", '[{"code": "Ill!", "label": "x"}]', "such as provider_ill"),
]


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
def test_a_wrong_value_is_told_in_words(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """No regular expression, no Python, no library's phrase; no secret."""
    monkeypatch.setenv(name, value)
    message = shell.refused("status", code=2)["message"]
    assert name in message
    assert words in message
    assert not any(bad in message for bad in ("Value error", "Input should", "^", "<", "hunter", "True", "None", "\\"))


PATHS = [
    ("SYNCD_CALDAV__CA_FILE", "absent.pem", "no such file"),
    ("SYNCD_CALDAV__CA_FILE", ".", "as a file"),
    ("SYNCD_MAIL__CA_FILE", "absent.pem", "no such file"),
    ("SYNCD_MAIL__TEMPLATES", "absent", "no such folder"),
    ("SYNCD_MAIL__TEMPLATES", "a-file", "as a folder"),
    ("SYNCD_MAIL__FOLDER", "a-file", "in the way"),
    ("SYNCD_MAIL__FOLDER", "a-file/mail", "is no folder"),
    ("SYNCD_SECURITY__KEY_FILE", ".", "a folder stands there"),
    ("SYNCD_SECURITY__KEY_FILE", "a-file/key", "is no folder"),
    ("SYNCD_DATABASE__URL", "sqlite:///.", "a folder stands there"),
    ("SYNCD_DATABASE__URL", "sqlite:///a-file/syncd.db", "is no folder"),
]


@pytest.mark.parametrize(("name", "value", "words"), PATHS)
@pytest.mark.parametrize("command", ["init", "status", "check"])
def test_a_path_is_wrong(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, command: str, name: str, value: str, words: str
) -> None:
    """It is a configuration error that names the setting, whatever the command, and nothing is made."""
    Path("a-file").write_text("")
    monkeypatch.setenv(name, value)
    error = shell.refused(command, code=2)
    assert error["code"] == "configuration"
    assert name in error["message"]
    assert words in error["message"]
    assert [path.name for path in shell.folder.iterdir()] == ["a-file"]


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and "-" not in path.suffix}


def test_check_writes_nothing(shell: Shell) -> None:
    """Neither the mail folder nor a file in it is made; what there is stays as it is."""
    shell.json("init")
    before = everything(shell.folder)
    assert shell.run("check").code == 0
    assert everything(shell.folder) == before
    assert not Path("var/mail").exists()


@pytest.mark.parametrize(("file", "name"), [("var/secret.key", "key"), ("var/syncd.db", "database")])
def test_every_user_can_read_a_file(shell: Shell, file: str, name: str) -> None:
    """check fails and says which command mends it."""
    shell.json("init")
    for folder in Path(file).resolve().parents:
        if folder == Path("/"):
            break
        if not folder.stat().st_mode & 0o001:
            folder.chmod(0o755)
    Path(file).chmod(0o644)
    (told,) = [one for one in shell.run("check", "--json").document["checks"] if one["name"] == name]
    assert not told["ok"]
    assert f"chmod 600 {file}" in told["message"]


def test_the_database_is_none(shell: Shell) -> None:
    """A storage error names the place and what to do."""
    shell.json("init")
    Path("var/syncd.db").write_bytes(b"no database at all" * 100)
    for suffix in ("-wal", "-shm"):
        Path(f"var/syncd.db{suffix}").unlink(missing_ok=True)
    error = shell.refused("status")
    assert error["code"] == "database_unavailable"
    assert "var/syncd.db" in error["message"]
    assert "database.url" in error["message"]


def test_there_is_no_database(shell: Shell) -> None:
    """The place is named, with what to run."""
    message = shell.refused("status")["message"]
    assert "var/syncd.db" in message
    assert "syncd init" in message


class TestTheSchema:
    def test_the_file_in_docs(self, shell: Shell) -> None:
        """docs/settings.schema.json is what `config schema` prints."""
        outcome = shell.run("config", "schema", "--json")
        assert outcome.document == json.loads((ROOT / "docs/settings.schema.json").read_text())

    def test_it_knows_every_setting(self, shell: Shell) -> None:
        """Each setting that there is stands in it, with its meaning; nothing else may."""
        schema = shell.run("config", "schema", "--json").document
        keys = defaultdict[str, set[str]](set)
        for one in shell.run("config", "show", "--json").document["settings"]:
            section, _, key = one["key"].partition(".")
            keys[section].add(key)
        assert set(schema["properties"]) == set(keys)
        for section, expected in keys.items():
            if expected == {""}:
                continue
            part = schema["$defs"][schema["properties"][section]["$ref"].rpartition("/")[2]]
            assert set(part["properties"]) == expected, section
            assert part["additionalProperties"] is False
            assert all("description" in each for each in part["properties"].values()), section

    def test_it_accepts_the_example(self, shell: Shell) -> None:
        """The example file is right by it, and what is wrong is not."""
        validator = Draft202012Validator(shell.run("config", "schema", "--json").document)
        example = tomllib.loads((ROOT / "config/syncd.example.toml").read_text())
        assert list(validator.iter_errors(example)) == []
        wrong: list[dict[str, object]] = [{"sync": {"workers": 0}}, {"snyc": {}}, {"alerts": {"quiet_hours": ["late"]}}]
        assert all(list(validator.iter_errors(one)) for one in wrong)
