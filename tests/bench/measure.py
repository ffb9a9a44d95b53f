"""Rows of the benchmark: what was measured, what it may cost at most, and what it cost when the baseline was taken."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

_ROUNDS = 5
_SLOWER = 1.5
"""So many times the ratio of the baseline is more than a machine's noise."""

BASELINE = Path(__file__).with_name("baseline.json")
RESULT = Path("build/bench.json")


class Figures(TypedDict):
    """A row as it is stored: requests, and CPU as a multiple of the bare loop's in the same run."""

    requests: float
    ratio: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """CPU per call in milliseconds, of syncd and of the bare loop; the budget, if any, is for the difference."""

    name: str
    requests: float
    cpu: float
    bare: float
    budget: float | None = None

    @property
    def above(self) -> float:
        return self.cpu - self.bare

    @property
    def ratio(self) -> float:
        return self.cpu / self.bare if self.bare else 0.0

    @property
    def figures(self) -> Figures:
        return {"requests": round(self.requests, 2), "ratio": round(self.ratio, 2)}

    def verdict(self, before: Figures | None) -> str:
        """Say whether it is within its budget, and no slower than when the baseline was taken."""
        if self.budget is None:
            return ""
        if self.above > self.budget:
            return "OVER BUDGET"
        return f"SLOWER: x{before['ratio']:g} before" if before and self.ratio > before["ratio"] * _SLOWER else "ok"


def measured(
    name: str,
    act: Callable[[], object],
    bare: Callable[[], object],
    *,
    calls: int,
    requests: float,
    budget: float | None = None,
) -> Row:
    """Measure both in turns and take the best round of each: the noise of a machine only ever adds."""
    act()
    bare()
    cpu, bare_cpu = zip(*((_cpu(act, calls), _cpu(bare, calls)) for _ in range(_ROUNDS)), strict=True)
    return Row(name=name, requests=requests, cpu=min(cpu), bare=min(bare_cpu), budget=budget)


def _cpu(act: Callable[[], object], calls: int) -> float:
    started = time.process_time()
    for _ in range(calls):
        act()
    return (time.process_time() - started) / calls * 1000


def report(rows: Sequence[Row], baseline: Mapping[str, Figures]) -> bool:
    """Print the rows; tell whether all are within their budgets and no slower than the baseline."""
    print(f"{'':46}{'requests':>9}{'CPU ms':>9}{'bare ms':>9}{'ratio':>8}{'above':>9}{'budget':>9}")  # noqa: T201
    verdicts = [row.verdict(baseline.get(row.name)) for row in rows]
    for row, verdict in zip(rows, verdicts, strict=True):
        budget = "" if row.budget is None else f"{row.budget:.2f}"
        figures = f"{row.requests:>9.2f}{row.cpu:>9.3f}{row.bare:>9.3f}{row.ratio:>8.2f}{row.above:>9.3f}{budget:>9}"
        print(f"{row.name:46}{figures}  {verdict}")  # noqa: T201 - a report
    return all(verdict in {"", "ok"} for verdict in verdicts)


def read_baseline() -> Mapping[str, Figures]:
    """Return the figures that were taken once, by name."""
    found: dict[str, Figures] = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    return found


def store(rows: Sequence[Row], path: Path) -> None:
    """Write the figures of a run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({row.name: row.figures for row in rows}, indent=2) + "\n")
