"""Fixtures of the tests about claims."""

from tests.entrypoints.command import shell

__all__ = ["shell"]
