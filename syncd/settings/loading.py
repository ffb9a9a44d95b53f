"""Reading the settings, and saying of each wrong one which it is, what is allowed and where it was set."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, SecretStr, ValidationError

from syncd.ports.errors import ConfigurationError
from syncd.settings.reasons import reason, shown
from syncd.settings.sections import ReasonSection, RuleSection, Settings
from syncd.settings.sources import CONFIG_VARIABLE, PREFIX, Found, Problem, chosen_file, gather, settings_of
from syncd.settings.values import TogetherError
from syncd.settings.webhooks import SubscriberSection

_LISTS: dict[str, type[BaseModel]] = {"rules": RuleSection, "reasons": ReasonSection, "to": SubscriberSection}
"""Lists of tables, and what each of their tables may hold."""


_SECRETS = {"key", "password", "url", "base_url", "alerts"}
"""Settings whose values are never shown: each is a secret or may hold one."""


class Setting(NamedTuple):
    """One setting as it stands: its value as plain data (a secret is not shown) and where it was set."""

    key: str
    value: Any
    source: str


def load(config: Path | None = None) -> Settings:
    """Read the settings: variables over ``config``, else ``$SYNCD_CONFIG``, else config/syncd.toml if it exists.

    Raises `ConfigurationError` that names every wrong key, its value, what is allowed and where it was set.
    """
    return _checked(gather(chosen_file(config), Settings))


def explained(config: Path | None = None, in_force: Settings | None = None) -> tuple[Setting, ...]:
    """Return every setting with its value and where that was set. Raises as `load`.

    ``in_force``: the settings whose values are shown; default: those that would be read now.
    """
    found = gather(chosen_file(config), Settings)
    settings = in_force or _checked(found)
    values = settings.model_dump(mode="json")
    return tuple(
        Setting(f"{section}.{key}".rstrip("."), _open(settings, values, section, key), found.place(section, key))
        for section, key in settings_of(Settings)
    )


def changed(before: Settings, after: Settings) -> Sequence[str]:
    """Return the keys of the settings that differ, in their order."""

    def value(settings: Settings, section: str, key: str) -> object:
        part = getattr(settings, section)
        return getattr(part, key) if key else part

    keys = settings_of(Settings)
    return [f"{s}.{k}".rstrip(".") for s, k in keys if value(before, s, k) != value(after, s, k)]


def problems_of(error: ConfigurationError) -> Sequence[Mapping[str, str]]:
    """Return everything that an error of `load` tells, one by one."""
    listed: Sequence[Mapping[str, str]] = error.details.get("problems") or [
        {"key": "", "message": error.message, "source": str(error.details.get("file", ""))}
    ]
    return listed


def _checked(found: Found) -> Settings:
    problems = [_with_suggestion(problem) for problem in found.problems]
    try:
        settings = Settings.model_validate(found.values)
    except ValidationError as error:
        problems += [_problem(dict(wrong), found) for wrong in error.errors(include_url=False)]
    else:
        if not problems:
            return settings
    raise ConfigurationError(
        "\n".join(problem.message for problem in problems), problems=[problem._asdict() for problem in problems]
    )


def _open(settings: Settings, values: Mapping[str, Any], section: str, key: str) -> Any:
    if not key:
        return values[section]
    value = getattr(getattr(settings, section), key)
    if isinstance(value, SecretStr):
        return "(set, not shown)"
    return without_password(value) if key == "url" else values[section][key]


def without_password(url: str) -> str:
    """Return an address without its password, whatever stands in that: up to the last @ all is the login."""
    scheme, _, rest = url.partition("://")
    login, at, place = rest.rpartition("@")
    return f"{scheme}://{login.partition(':')[0]}{at}{place}"


def _problem(wrong: dict[str, Any], found: Found) -> Problem:
    location = tuple(wrong["loc"]) or _of_the_whole(wrong)
    key = ".".join(str(part) for part in location)
    source = found.place(str(location[0]), str(location[1]) if len(location) > 1 else "")
    if wrong["type"] == "extra_forbidden":
        return Problem(key, f"{key} ({source}): there is no such setting.{_suggestion(location)}", source)
    value = "" if _SECRETS & set(location) else shown(wrong["input"])
    meaning = _meaning(location)
    told = f"{key}{value} ({source}): {reason(wrong)}.{f' It is: {meaning}.' if meaning else ''}"
    return Problem(key, told, source)


def _of_the_whole(wrong: dict[str, Any]) -> tuple[str, ...]:
    """Return the setting that a rule about several of them is told of."""
    error = wrong.get("ctx", {}).get("error")
    return tuple(error.setting.split(".")) if isinstance(error, TogetherError) else ("engine",)


def _with_suggestion(problem: Problem) -> Problem:
    """Add what was meant to a variable that no setting answers to."""
    if not problem.message.endswith("no such setting."):
        return problem
    section = problem.key.upper().removeprefix(PREFIX).split("__")[0].lower()
    if section in Settings.model_fields:
        return problem._replace(message=f"{problem.message} Give {PREFIX}{section.upper()}__KEY.")
    return problem._replace(message=f"{problem.message}{_suggestion((section,))}")


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


__all__ = ["CONFIG_VARIABLE", "Setting", "changed", "explained", "load", "problems_of", "without_password"]
