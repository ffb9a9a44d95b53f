"""The JSON schema of the configuration file: editors complete and check what is typed by it."""

from typing import Any

from syncd.settings.sections import Settings

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NOISE = frozenset({"title", "writeOnly"})


def file_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of what a file may say. A setting that is left out has its default."""
    schema: dict[str, Any] = _plain(Settings.model_json_schema())
    return {"$schema": _DRAFT, "title": "syncd's settings", **schema}


def _plain(part: Any) -> Any:
    """Return a part of a schema without what a TOML file has no use for: titles, and null as a value."""
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _plain(value) for key, value in part.items() if key not in _NOISE or isinstance(value, dict)}
    choices = [one for one in kept.get("anyOf", []) if one != {"type": "null"}]
    if len(choices) == 1:
        del kept["anyOf"]
        kept |= choices[0]
    if kept.get("default", ...) is None or "$ref" in kept:  # a whole section's default is that of its settings
        kept.pop("default", None)
    return kept
