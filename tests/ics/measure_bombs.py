"""Run in a process of its own: prints what each bomb costs, and at the end how much memory the process took."""

import json
import resource
import sys
from time import process_time
from zoneinfo import ZoneInfo

from syncd.ics.explain import explain
from syncd.ics.parse import MAX_BYTES
from tests.ics.bombs import BOMBS


def main() -> None:
    """Explain each bomb against itself an hour later, with a copy of it beside."""
    seconds = {}
    for name, make in BOMBS.items():
        bomb = make()
        assert len(bomb) <= MAX_BYTES, name
        other, copy = bomb.replace(b"T100000", b"T110000"), bomb.replace(b"UID:", b"UID:x", 1)
        began = process_time()
        explain(bomb, other, (copy,), ZoneInfo("America/New_York"))
        seconds[name] = process_time() - began
    json.dump({"seconds": seconds, "kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}, sys.stdout)


if __name__ == "__main__":
    main()
