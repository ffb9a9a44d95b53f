"""Settings: where they come from, and what a wrong one says."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from syncd.core.events.findings import Kind
from syncd.core.scheduling.reasons import DEFAULT_REASONS
from syncd.core.sync.drift import DriftAction
from syncd.core.sync.policy import DEFAULT_POLICY
from syncd.core.sync.publishing import Practice
from syncd.core.sync.rhythm import Rhythm
from syncd.ports.errors import ConfigurationError
from syncd.settings import Settings, load
from syncd.settings.sections import ReasonSection, RuleSection

EXAMPLE = Path(__file__).parents[2] / "config" / "syncd.example.toml"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the checkout's own configuration, if it has one, out of the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SYNCD_CONFIG", raising=False)


def a_file(text: str) -> Path:
    path = Path("settings.toml")
    path.write_text(text, encoding="utf-8")
    return path


def refusal_of(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(a_file(text))
    return caught.value.message


def test_nothing_is_configured() -> None:
    """Without a file and variables the defaults hold, and they are the core's own."""
    settings = load()
    assert settings == Settings()
    assert settings.policy.policy() == DEFAULT_POLICY
    assert settings.booking.rules().reasons == DEFAULT_REASONS
    assert settings.sync.rhythm() == Rhythm()
    assert settings.practice.practice() == Practice(name="The practice", email="office@example.com")


def test_example_file_says_the_defaults() -> None:
    """The example file, taken as it stands, changes nothing."""
    assert load(EXAMPLE) == Settings()


def test_example_file_mentions_every_setting() -> None:
    """Whoever reads the example file has seen every setting there is."""
    text = EXAMPLE.read_text(encoding="utf-8")
    sections = {name: field.annotation for name, field in Settings.model_fields.items()}
    for section, model in sections.items():
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            assert re.search(rf"^{section} = ", text.split("\n[")[0], re.MULTILINE), section
            continue
        part = text.split(f"[{section}]\n")[1].split("\n[")[0] + text.split(f"[[{section}.")[-1]
        for key in model.model_fields.keys() - {"rules", "reasons"}:
            assert re.search(rf"^(# )?{key} = ", part, re.MULTILINE), f"{section}.{key}"
    for model in (RuleSection, ReasonSection):
        assert all(re.search(rf"^#   {key}|^{key} = ", text, re.MULTILINE) for key in model.model_fields)


def test_example_file_is_plain_toml() -> None:
    """Every section of the example is one that settings know."""
    assert set(tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))) <= set(Settings.model_fields)


def test_a_variable_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """SYNCD_SECTION__KEY takes precedence over what the file says, key by key."""
    monkeypatch.setenv("SYNCD_SYNC__INTERVAL", "120")
    settings = load(a_file("[sync]\ninterval = 600\nworkers = 3\n"))
    assert (settings.sync.interval, settings.sync.workers) == (120, 3)


def test_the_file_is_named_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """$SYNCD_CONFIG names the file where --config does not."""
    monkeypatch.setenv("SYNCD_CONFIG", str(a_file("[sync]\nworkers = 3\n")))
    assert load().sync.workers == 3


def test_the_default_file_is_read_where_it_exists() -> None:
    """config/syncd.toml is read without being named."""
    Path("config").mkdir()
    Path("config/syncd.toml").write_text("[sync]\nworkers = 3\n", encoding="utf-8")
    assert load().sync.workers == 3


def test_a_named_file_is_absent() -> None:
    """A file that was named must be there: its absence is no reason to run on defaults."""
    with pytest.raises(ConfigurationError, match=r"no configuration file 'elsewhere\.toml'"):
        load(Path("elsewhere.toml"))


def test_the_file_is_no_toml() -> None:
    """A syntax error is told with its line."""
    assert "line 2" in refusal_of("[sync]\ninterval 5\n")


def test_a_key_is_misspelt() -> None:
    """An unknown key is an error that suggests the one that was meant."""
    message = refusal_of("[sync]\nintervall = 5\n")
    assert "sync.intervall (settings.toml): there is no such setting. Did you mean sync.interval?" in message


def test_a_section_is_misspelt() -> None:
    """An unknown section is an error that suggests the one that was meant."""
    assert "Did you mean database?" in refusal_of('[databse]\nurl = "sqlite:///x.db"\n')


def test_a_variable_is_misspelt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with our prefix that no setting answers to is an error, in its section as in its key."""
    monkeypatch.setenv("SYNCD_SYNCH__WORKERS", "3")
    with pytest.raises(ConfigurationError, match=r"SYNCD_SYNCH__WORKERS.*Did you mean sync\?"):
        load()
    monkeypatch.delenv("SYNCD_SYNCH__WORKERS")
    monkeypatch.setenv("SYNCD_SYNC__WORKER", "3")
    with pytest.raises(ConfigurationError, match=r"Did you mean sync\.workers\?"):
        load()


def test_a_value_is_out_of_range() -> None:
    """A wrong value is told with key, value, source, what is allowed and what the setting is."""
    message = refusal_of("[sync]\ninterval = 1\n")
    assert message.startswith("sync.interval = 1 (settings.toml): it must be at least 10.")
    assert "seconds between two looks at a calendar" in message


def test_a_variable_has_a_wrong_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the variable, so that nobody looks for the mistake in the file."""
    monkeypatch.setenv("SYNCD_SYNC__WORKERS", "many")
    with pytest.raises(ConfigurationError, match=r'sync\.workers = "many" \(SYNCD_SYNC__WORKERS\)'):
        load(a_file(""))


def test_a_wrong_value_holds_a_password() -> None:
    """A value that may hold a secret is not shown."""
    message = refusal_of('[database]\nurl = "mysql://user:hunter2@db.example.com/syncd"\n')
    assert "hunter2" not in message
    assert "postgresql://" in message


def test_a_password_is_no_text() -> None:
    """A password that is wrong in itself is not shown either."""
    assert "4711" not in refusal_of("[mail]\npassword = 4711\n")


def test_several_values_are_wrong() -> None:
    """All that is wrong is told at once, one line each."""
    message = refusal_of("[sync]\nworkers = 0\njitter = 2\n")
    assert len(message.splitlines()) == 2


def test_a_policy_rule_ignores_a_time() -> None:
    """A rule that would leave a time wrong without anybody knowing is refused before anything runs."""
    message = refusal_of('[[policy.rules]]\nname = "lax"\naction = "ignore"\nkinds = ["moved"]\n')
    assert "may ignore only description and title" in message


def test_a_policy_rule_names_an_unknown_kind() -> None:
    """The kinds that there are stand in the message."""
    message = refusal_of('[[policy.rules]]\nname = "x"\naction = "flag"\nkinds = ["shifted"]\n')
    assert "policy.rules.0.kinds" in message
    assert "instance_moved" in message


def test_a_policy_rule_has_a_misspelt_key() -> None:
    """Keys of a list's tables are checked like all others."""
    message = refusal_of('[[policy.rules]]\nname = "x"\naction = "flag"\nseverities = ["time"]\n')
    assert "Did you mean policy.rules.0.severity?" in message


def test_a_policy_of_ones_own() -> None:
    """Rules are taken in the order of the file, with their conditions."""
    policy = load(
        a_file('[[policy.rules]]\nname = "late"\naction = "flag"\nkinds = ["moved"]\nwithin_hours = 24\n')
    ).policy.policy()
    (rule,) = policy.rules
    assert (rule.name, rule.action, rule.kinds) == ("late", DriftAction.FLAG, frozenset({Kind.MOVED}))
    assert rule.within is not None
    assert rule.within.total_seconds() == 24 * 3600


def test_the_key_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key among the settings never shows itself."""
    monkeypatch.setenv("SYNCD_SECURITY__KEY", "open sesame")
    settings = load()
    assert "sesame" not in repr(settings)
    assert settings.security.key is not None
    assert settings.security.key.get_secret_value() == "open sesame"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[practice]\nemail = "m\u00fcller@example.com"', "only ASCII letters"),
        ('[practice]\nemail = "office@example..com"', "dot too many"),
        ('[report]\nrecipients = ["boss@example.com", "boss"]', "no @"),
        ('[practice]\nname = "\\u001b[31m"', "control characters"),
        ('[practice]\nlanguage = "english please"', "en-US"),
    ],
)
def test_a_text_that_cannot_stand_in_a_mail(text: str, said: str) -> None:
    """It is refused at the start, in a sentence that says why."""
    assert said in refusal_of(text)


def test_an_address_with_an_international_domain() -> None:
    """It is kept as it leaves."""
    settings = load(a_file('[practice]\nemail = "office@b\u00fccher.example"'))

    assert settings.practice.email == "office@xn--bcher-kva.example"
