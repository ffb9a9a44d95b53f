"""The composition root: builds the adapters that the settings ask for and hands them to the services."""

from typing import TYPE_CHECKING, Any

from syncd.bootstrap.system import System

if TYPE_CHECKING:
    from syncd.ports.measures import Measures
    from syncd.settings import Settings

__all__ = ["System", "build", "initialise"]


def build(settings: "Settings", *, patience: float = 0.0, measures: "Measures | None" = None) -> System:
    """Return the system that the settings ask for. Opens nothing yet. ``patience`` and ``measures``: see `System`."""
    return System(settings, patience, measures)


def initialise(settings: "Settings") -> dict[str, Any]:
    """Create or upgrade the database, and the key where none is given; safe to repeat. Returns what there is now."""
    from syncd.adapters.db import upgrade
    from syncd.bootstrap.keys import ensure_key
    from syncd.settings.loading import without_password

    url = settings.database.url
    revision = upgrade(url)
    if settings.engine == "procrastinate":
        from syncd.adapters.procrastinate import install

        install(url)
    return {"database": without_password(url), "revision": revision, "key": ensure_key(settings)}
