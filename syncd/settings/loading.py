"""Reading the settings, and saying of each wrong one which it is, what is allowed and where it was set."""

import os
import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, TomlConfigSettingsSource
from pydantic_settings.exceptions import SettingsError

from syncd.ports.errors import ConfigurationError
from syncd.settings.sections import PREFIX, ReasonSection, RuleSection, Settings

CONFIG_VARIABLE = "SYNCD_CONFIG"
DEFAULT_FILE = Path("config/syncd.toml")


_LISTS: dict[str, type[BaseModel]] = {"rules": RuleSection, "reasons": ReasonSection}
"""Lists of tables, and what each of their tables may hold."""


_SECRETS = {"key", "password", "url"}
"""Settings whose values are never shown: each is a secret or may hold one."""


class Problem(NamedTuple):
    """One thing that is wrong with the configuration: which key, and what to do about it."""

    key: str
    message: str


def load(config: Path | None = None) -> Settings:
    """Read the settings: variables over ``config``, else ``$SYNCD_CONFIG``, else config/syncd.toml if it exists.

    Raises `ConfigurationError` that names every wrong key, its value, what is allowed and where it was set.
    """
    path = _chosen_file(config)
    try:
        found = _reader_of(path)()
    except ValidationError as error:
        raise _as_error([_problem(dict(wrong), path) for wrong in error.errors()]) from error
    except SettingsError as error:
        raise ConfigurationError(f"{error}: lists and tables are given as JSON in a variable.") from error
    if unknown := _unknown_variables():
        raise _as_error(unknown)
    return Settings.model_construct(**dict(found))


def _chosen_file(config: Path | None) -> Path | None:
    named = config or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    if named is None:
        return DEFAULT_FILE if DEFAULT_FILE.is_file() else None
    if not named.is_file():
        raise ConfigurationError(f"There is no configuration file {str(named)!r}.", file=str(named))
    return named


def _reader_of(path: Path | None) -> type[Settings]:
    if path is not None:
        _check_syntax(path)

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is the library's
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, TomlConfigSettingsSource(settings_cls, toml_file=path)

    return FromFile


def _check_syntax(path: Path) -> None:
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}.", file=str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}.", file=str(path)) from error


def _as_error(problems: Sequence[Problem]) -> ConfigurationError:
    return ConfigurationError(
        "\n".join(problem.message for problem in problems), problems=[problem._asdict() for problem in problems]
    )


def _problem(wrong: dict[str, Any], path: Path | None) -> Problem:
    key = ".".join(str(part) for part in wrong["loc"])
    source = _source(key, path)
    if wrong["type"] == "extra_forbidden":
        return Problem(key, f"{key} ({source}): there is no such setting.{_suggestion(wrong['loc'])}")
    shown = "" if _SECRETS & set(wrong["loc"]) else f" = {wrong['input']!r}"
    reason = wrong["msg"].removeprefix("Value error, ").rstrip(".")
    meaning = _meaning(wrong["loc"])
    return Problem(key, f"{key}{shown} ({source}): {reason}.{f' It is: {meaning}.' if meaning else ''}")


def _source(key: str, path: Path | None) -> str:
    variable = PREFIX + "__".join(key.split(".")[:2]).upper()
    return variable if variable in os.environ else str(path)


def _suggestion(location: tuple[int | str, ...]) -> str:
    fields = list(_section_at(location[:-1]).model_fields)
    near = get_close_matches(str(location[-1]), fields, n=1, cutoff=0.5)
    if near:
        return f" Did you mean {'.'.join([*map(str, location[:-1]), near[0]])}?"
    return f" There are: {', '.join(fields)}."


def _section_at(location: Sequence[int | str]) -> type[BaseModel]:
    section: type[BaseModel] = Settings
    for part in location:
        field = section.model_fields.get(str(part))
        annotation = field.annotation if field else None
        if part in _LISTS:
            section = _LISTS[str(part)]
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            section = annotation
    return section


def _meaning(location: Sequence[int | str]) -> str:
    fields = _section_at(location[:-1]).model_fields
    return next((fields[str(part)].description or "" for part in reversed(location) if str(part) in fields), "")


def _unknown_variables() -> list[Problem]:
    sections = list(Settings.model_fields)
    names = [name for name in sorted(os.environ) if name.startswith(PREFIX) and name != CONFIG_VARIABLE]
    return [
        Problem(name, f"{name}: there is no such section.{_suggestion((name[len(PREFIX) :].split('__')[0].lower(),))}")
        for name in names
        if name[len(PREFIX) :].split("__")[0].lower() not in sections
    ]
