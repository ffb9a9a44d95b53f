"""Where settings come from: a TOML file, and over it the variables ``SYNCD_SECTION__KEY``. Validates nothing."""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from syncd.ports.errors import ConfigurationError

PREFIX = "SYNCD_"
CONFIG_VARIABLE = "SYNCD_CONFIG"
DEFAULT_FILE = Path("config/syncd.toml")

_LISTS = (tuple, list, frozenset, set, dict)


class Problem(NamedTuple):
    """One thing that is wrong with the configuration: which key, what to do about it, and where it was set."""

    key: str
    message: str
    source: str = ""


class Found(NamedTuple):
    """What was found: values by section and key, the place that each came from, and what cannot be used at all."""

    values: dict[str, Any]
    places: dict[tuple[str, str], str]
    problems: list[Problem]

    def place(self, section: str, key: str) -> str:
        """Return where a value was set: a variable, a file, or ``default``."""
        return self.places.get((section, key)) or self.places.get((section, "")) or "default"


def gather(path: Path | None, model: type[BaseModel], environment: Mapping[str, str] | None = None) -> Found:
    """Return what the file and the environment say of ``model``; every section is there, maybe empty.

    Raises `ConfigurationError` when the file cannot be read or is no TOML.
    """
    from_file = {} if path is None else _read(path)
    sections: dict[str, Any] = {name: {} for name in model.model_fields if _section(model, name)}
    found = Found({**sections, **from_file}, {}, [])
    for section, values in from_file.items():
        found.places[section, ""] = str(path)
        if isinstance(values, dict):
            found.values[section] = dict(values)
            found.places.update({(section, key): str(path) for key in values})
    for name, text in sorted((os.environ if environment is None else environment).items()):
        if name.upper().startswith(PREFIX) and name.upper() != CONFIG_VARIABLE:
            _take(found, model, name, text)
    return found


def chosen_file(config: Path | None) -> Path | None:
    """Return the file to read: ``config``, else $SYNCD_CONFIG, else config/syncd.toml where it exists, else None."""
    named = config or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    if named is None:
        return DEFAULT_FILE if DEFAULT_FILE.is_file() else None
    if "\0" in str(named) or not named.is_file():
        raise ConfigurationError(f"There is no configuration file {str(named)!r}.", file=str(named))
    return named


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} cannot be read: it is not UTF-8.", file=str(path)) from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        why = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise ConfigurationError(f"{path} is not valid TOML: {why}.", file=str(path)) from error


def _take(found: Found, model: type[BaseModel], name: str, text: str) -> None:
    """Lay one variable over what was found."""
    section, *rest = name.upper().removeprefix(PREFIX).lower().split("__")
    if section not in model.model_fields or len(rest) > 1:
        found.problems.append(Problem(name, f"{name}: there is no such setting.", name))
        return
    key = rest[0] if rest else ""
    if not key and _section(model, section) is None:  # a setting that stands above all sections
        found.values[section] = text
        found.places[section, ""] = name
        return
    try:
        value = _value(model, section, key, text)
    except ValueError:
        form = "a list" if rest else "a table"
        found.problems.append(Problem(name, f"{name}: give {form} as JSON, such as {_example(key)}", name))
        return
    if not rest:
        found.values[section] = value
        found.places.update({(section, ""): name, **{(section, one): name for one in value}})
        return
    if not isinstance(found.values[section], dict):
        return  # the file has no table there; validation tells of it
    found.values[section][key] = value
    found.places[section, key] = name


def _example(key: str) -> str:
    return '["one", "two"]' if key else '{"key": "value"}'


def _value(model: type[BaseModel], section: str, key: str, text: str) -> Any:
    """Return a variable's text as the kind of value that its setting takes; raise `ValueError` for what is no JSON."""
    annotation = _annotation(model, section, key)
    if not key or get_origin(annotation) in _LISTS:
        value = json.loads(text)
        if not isinstance(value, list if key else dict):
            raise ValueError("neither list nor table")
        return value
    return None if not text and NoneType in get_args(annotation) else text


def _annotation(model: type[BaseModel], section: str, key: str) -> Any:
    inner = _section(model, section)
    return inner.model_fields[key].annotation if inner and key in inner.model_fields else None


def _section(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return the section of that name; None for a setting that stands above all sections."""
    inner = model.model_fields[name].annotation
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def settings_of(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Yield the section and key of every setting, in the order in which they are declared.

    The key is empty for one that stands above all sections.
    """
    for name in model.model_fields:
        inner = _section(model, name)
        yield from ((name, key) for key in inner.model_fields) if inner else [(name, "")]
