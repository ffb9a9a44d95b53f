"""Fixtures of the tests of work."""

from tests.entrypoints.command import shell

__all__ = ["shell"]
