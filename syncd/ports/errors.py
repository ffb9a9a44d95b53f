"""Errors of the practice's own side of the ports: the store, the vault, the configuration."""

from syncd.core.errors import SyncdError


class StoreUnavailableError(SyncdError):
    """The database cannot be reached, or has not been set up (run: syncd init)."""

    code = "database_unavailable"


class VaultError(SyncdError):
    """The key for stored credentials is missing or is not the one they were sealed with."""

    code = "wrong_key"


class ConfigurationError(SyncdError):
    """The configuration is wrong."""

    code = "configuration"
