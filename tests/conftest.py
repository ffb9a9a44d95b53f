"""Fixtures that any test may ask for."""

from hypothesis import settings

settings.register_profile("syncd", deadline=None)  # machines are shared: what an example costs is measured elsewhere
settings.load_profile("syncd")

pytest_plugins = ["tests.databases", "tests.servers.fixtures"]
