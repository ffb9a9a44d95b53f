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


def main() -> None:
    """Explain each bomb against itself an hour later, with a copy of it beside."""
    seconds = {}
    for name, make in BOMBS.items():
        bomb = make()
        assert len(bomb) <= MAX_BYTES, name
        other, copy = bomb.replace(b"T100000", b"T110000"), bomb.replace(b"UID:", b"UID:x", 1)
        pace = _bare_loop()
        began = process_time()
        explain(bomb, other, (copy,), ZoneInfo("America/New_York"))
        took = process_time() - began
        # A neighbour on the other half of the core makes every second shorter: the loop tells by how much.
        seconds[name] = took * _NOMINAL / max((pace + _bare_loop()) / 2, _NOMINAL)
    json.dump({"seconds": seconds, "kilobytes": _most_kilobytes()}, sys.stdout)


if __name__ == "__main__":
    main()
