"""Run in a process of its own: prints what each bomb costs, and at the end how much memory the process took."""

import json
import re
import sys
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

from syncd.ics.explain import explain
from syncd.ics.parse import MAX_BYTES
from tests.ics.bombs import BOMBS

_NOMINAL = 0.05
"""Seconds of CPU that the bare loop takes on a core of its own."""

_DOUBTFUL = 0.7
"""What seems to take longer is measured once more: neighbours come and go."""


def _bare_loop() -> float:
    began = process_time()
    total = 0
    for number in range(1_000_000):
        total += number
    return process_time() - began


def _most_kilobytes() -> int:
    """Return what this program took at most: getrusage would count what its parent had when it started it, too."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1])


def _cost(bomb: bytes, other: bytes, copy: bytes) -> float:
    """Return the seconds of CPU that the three bodies take together.

    A neighbour on the other half of the core makes every second shorter: the bare loop tells by how much.
    """
    pace = _bare_loop()
    began = process_time()
    explain(bomb, other, (copy,), ZoneInfo("America/New_York"))
    took = process_time() - began
    return took * _NOMINAL / max((pace + _bare_loop()) / 2, _NOMINAL)


def main() -> None:
    """Explain each bomb against itself an hour later, with a copy of it beside."""
    seconds = {}
    for name, make in BOMBS.items():
        bomb = make()
        assert len(bomb) <= MAX_BYTES, name
        other, copy = bomb.replace(b"T100000", b"T110000"), bomb.replace(b"UID:", b"UID:x", 1)
        took = _cost(bomb, other, copy)
        seconds[name] = took if took < _DOUBTFUL else min(took, _cost(bomb, other, copy))
    json.dump({"seconds": seconds, "kilobytes": _most_kilobytes()}, sys.stdout)


if __name__ == "__main__":
    main()
