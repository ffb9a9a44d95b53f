"""Fixtures of the imports' tests."""

from tests.entrypoints.command import shell

__all__ = ["shell"]
