"""Rows of the benchmark: what was measured, and what it may cost at most."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Row:
    """CPU per call in milliseconds, of syncd and of the bare loop; the budget is for the difference."""

    name: str
    requests: float
    cpu: float
    bare: float
    budget: float

    @property
    def above(self) -> float:
        return self.cpu - self.bare

    @property
    def is_within(self) -> bool:
        return self.above <= self.budget


def measured(
    name: str, act: Callable[[], object], bare: Callable[[], object], *, calls: int, requests: float, budget: float
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


def report(rows: Sequence[Row]) -> bool:
    """Print the rows; tell whether all are within their budgets."""
    print(f"{'':34}{'requests':>9}{'CPU ms':>9}{'bare ms':>9}{'above':>9}{'budget':>9}")  # noqa: T201 - a report
    for row in rows:
        verdict = "ok" if row.is_within else "OVER BUDGET"
        figures = f"{row.requests:>9.2f}{row.cpu:>9.3f}{row.bare:>9.3f}{row.above:>9.3f}{row.budget:>9.3f}"
        print(f"{row.name:34}{figures}  {verdict}")  # noqa: T201
    return all(row.is_within for row in rows)
