"""Calendars in memory: the shipped fake of the calendar port, under the same contract suite as the real adapter.

It holds the servers' side (accounts, collections), lets a test act as the provider's own program, and plays faults:
a refused or lost answer, an edit between a read and a write, a collection that vanishes or starts another life.
"""

from syncd.adapters.memory.collection import MemoryCollection, Operation
from syncd.adapters.memory.remote import MemoryRemote, MemoryServers

__all__ = ["MemoryCollection", "MemoryRemote", "MemoryServers", "Operation"]
