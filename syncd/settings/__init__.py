"""Typed settings, read once at start from the configuration file and ``SYNCD_SECTION__KEY`` variables."""

from syncd.settings.loading import load
from syncd.settings.sections import Settings

__all__ = ["Settings", "load"]
