"""Where settings come from, each over the one before. Validates nothing.

A TOML file; systemd's credentials ``syncd.SECTION.KEY``; the variables ``SYNCD_SECTION__KEY`` and
``SYNCD_SECTION__KEY_FILE``, which names a file that holds the value (not for keys that end in ``_file`` themselves).
"""

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
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
"""Names the folder in which systemd hands over credentials (systemd.exec(5))."""

KEY_CREDENTIAL = "syncd.key"
"""The credential that takes the place of the key's file; it is no setting."""

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
    variables = os.environ if environment is None else environment
    for file in _credentials(variables.get(CREDENTIALS_VARIABLE)):
        _take_credential(found, model, file)
    for name, text in sorted(variables.items()):
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


def _credentials(folder: str | None) -> list[Path]:
    """Return the files of systemd's credentials that are settings."""
    if not folder or not Path(folder).is_dir():
        return []
    return sorted(file for file in Path(folder).glob("syncd.*") if file.name != KEY_CREDENTIAL)


def _take_credential(found: Found, model: type[BaseModel], file: Path) -> None:
    source = f"credential {file.name}"
    _, section, *rest = file.name.split(".")
    if len(rest) != 1 or section not in model.model_fields or _section(model, section) is None:
        told = f"The credential {file.name}: there is no such setting. Name it syncd.SECTION.KEY."
        found.problems.append(Problem(file.name, told, source))
        return
    _take_file(found, model, (section, rest[0]), str(file), source)


def _take(found: Found, model: type[BaseModel], name: str, text: str) -> None:
    """Lay one variable over what was found."""
    section, *rest = name.upper().removeprefix(PREFIX).lower().split("__")
    if section not in model.model_fields or len(rest) > 1:
        found.problems.append(Problem(name, f"{name}: there is no such setting.", name))
        return
    key = rest[0] if rest else ""
    plain = key.removesuffix("_file")
    if plain == key or _is_setting(model, section, key) or not _is_setting(model, section, plain):
        _lay(found, model, (section, key), text, name)
    elif (other := found.places.get((section, plain), "")).upper() == name.upper().removesuffix("_FILE"):
        both = f"{name} and {other} are both given. Leave one of them out."
        found.problems.append(Problem(name, both, name))
    else:
        _take_file(found, model, (section, plain), text, name)


def _take_file(found: Found, model: type[BaseModel], setting: tuple[str, str], path: str, source: str) -> None:
    """Take as a setting's value what stands in a file, without the end of its last line."""
    try:
        text = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a path that holds a NUL
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        told = f"{source}: the file {path!r}, which is to hold {'.'.join(setting)}, cannot be read: {why}."
        found.problems.append(Problem(".".join(setting), told, source))
        return
    _lay(found, model, setting, text, source)


def _lay(found: Found, model: type[BaseModel], setting: tuple[str, str], text: str, source: str) -> None:
    """Lay one value over what was found; without a key it is a whole section, or a setting that is in none."""
    section, key = setting
    if not key and _section(model, section) is None:
        found.values[section] = text
        found.places[section, ""] = source
        return
    try:
        value = _value(model, section, key, text)
    except ValueError:
        form = "a list" if key else "a table"
        told = f"{source}: give {form} as JSON, such as {_example(key)}"
        found.problems.append(Problem(source, told, source))
        return
    if not key:
        found.values[section] = value
        found.places.update({(section, ""): source, **{(section, one): source for one in value}})
        return
    if not isinstance(found.values[section], dict):
        return  # the file has no table there; validation tells of it
    found.values[section][key] = value
    found.places[section, key] = source


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


def _is_setting(model: type[BaseModel], section: str, key: str) -> bool:
    inner = _section(model, section)
    return inner is not None and key in inner.model_fields


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
