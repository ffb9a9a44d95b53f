"""The compose file as data."""

from typing import Any

import yaml

from tests.deploy.dockerfile import ROOT

PATH = ROOT / "config" / "compose.yaml"


def composed() -> dict[str, Any]:
    """Return the whole file, what its services share laid into each."""
    document: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return document


def of_syncd() -> dict[str, dict[str, Any]]:
    """Return the services that are syncd itself."""
    return {name: one for name, one in composed()["services"].items() if one["image"].startswith("syncd")}
