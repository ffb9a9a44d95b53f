"""Fixtures of the command line's tests."""

from tests.entrypoints.command import shell

__all__ = ["shell"]
