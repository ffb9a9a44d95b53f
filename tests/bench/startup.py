"""The command line's start: CPU of whole commands, beside a bare interpreter."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.measure import Row
from tests.corpus.bodies import body

_RUNS = 7
_BUDGETS: dict[tuple[str, ...], float] = {
    ("--help",): 150,
    ("status",): 400,
    ("drift", "list"): 400,
    ("drift", "explain", "before.ics", "after.ics"): 250,
}
"""Milliseconds of CPU that a command may take, its interpreter included."""


def rows() -> Iterator[Row]:
    """Measure the commands on an installation of their own."""
    with TemporaryDirectory() as folder:
        Path(folder, "before.ics").write_bytes(body())
        Path(folder, "after.ics").write_bytes(body("SUMMARY:Another"))
        _run(folder, "-m", "syncd", "init")
        bare = _cpu(folder, "-c", "pass")
        for command, budget in _BUDGETS.items():
            name = f"syncd {' '.join(command[:2])}"
            took = _cpu(folder, "-m", "syncd", *command)
            yield Row(name=name, requests=0, cpu=took, bare=bare, budget=budget - bare)


def _cpu(folder: str, *arguments: str) -> float:
    """Return the CPU of the best of some runs, in milliseconds; the first one fills caches."""
    return min(_once(folder, *arguments) for _ in range(_RUNS))


def _once(folder: str, *arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(folder, *arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def _run(folder: str, *arguments: str) -> None:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
