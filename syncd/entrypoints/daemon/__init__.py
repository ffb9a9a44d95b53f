"""The daemon: a scheduler that asks the store once a second which calendars are due, and workers that see to them."""

from syncd.entrypoints.daemon.daemon import Daemon

__all__ = ["Daemon"]
