"""Why a value of a setting is refused, in words for the person who wrote it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

_NUMBER = {"float_parsing", "float_type", "decimal_parsing"}
_WHOLE = {"int_parsing", "int_type", "int_from_float", "int_parsing_size"}
_LIST = {"tuple_type", "list_type", "frozen_set_type", "set_type", "iterable_type"}
_TABLE = {"model_type", "dict_type", "model_attributes_type", "dataclass_type", "mapping_type"}

_PLAIN: dict[str, str] = {
    "missing": "it must be given",
    "finite_number": "it must be a finite number",
    "string_type": "it must be a text, in quotes",
    "string_unicode": "it must be a text in UTF-8",
    "string_sub_type": "it must be a text, in quotes",
    "bool_parsing": "it must be true or false",
    "bool_type": "it must be true or false",
    "path_type": "it must be a path, in quotes",
    "string_too_short": "it must not be empty",
    "too_short": "it must have at least one entry",
    **dict.fromkeys(_NUMBER, "it must be a number"),
    **dict.fromkeys(_WHOLE, "it must be a whole number"),
    **dict.fromkeys(_LIST, "it must be a list, in square brackets"),
    **dict.fromkeys(_TABLE, "it must be a table, not a single value"),
}

_BOUNDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda bound: f"it must be at least {bound['ge']:n}",
    "greater_than": lambda bound: f"it must be more than {bound['gt']:n}",
    "less_than_equal": lambda bound: f"it must be at most {bound['le']:n}",
    "less_than": lambda bound: f"it must be less than {bound['lt']:n}",
    "string_too_long": lambda bound: f"it must have at most {bound['max_length']} characters",
    "enum": lambda bound: f"it must be one of: {_choices(bound)}",
    "literal_error": lambda bound: f"it must be one of: {_choices(bound)}",
    "value_error": lambda bound: str(bound["error"]),
}


def reason(wrong: Mapping[str, Any]) -> str:
    """Return why a value is refused (one of pydantic's errors, as data), without a full stop."""
    kind, bound = wrong["type"], wrong.get("ctx", {})
    if kind in _PLAIN:
        return _PLAIN[kind]
    told = _BOUNDS[kind](bound) if kind in _BOUNDS else str(wrong["msg"]).replace("Input should be", "it must be")
    return told.rstrip(".")


def shown(value: object) -> str:
    """Return a value as it is written in the file, where it is a single one; nothing for a list or a table."""
    if isinstance(value, str | bool | int | float):
        text = json.dumps(value, ensure_ascii=not (isinstance(value, str) and value.isprintable()))
        return f" = {text if len(text) <= 80 else text[:79] + '…'}"
    return ""


def _choices(bound: Mapping[str, Any]) -> str:
    return str(bound["expected"]).replace("'", "").replace(" or ", ", ")
