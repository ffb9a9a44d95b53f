"""Typed settings, read once at start from the configuration file and ``SYNCD_SECTION__KEY`` variables."""
