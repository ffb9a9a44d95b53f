"""What is asked of a large record, how long that may take, and how long it took.

Measured is this process's CPU, since the noise of a machine only ever adds to the clock's time; what a database server
does is in the clock's time alone, so that of PostgreSQL that counts.
"""

import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from resource import RUSAGE_SELF, getrusage

from syncd.adapters.db import SqlStore, open_store
from syncd.adapters.db.engine import sqlite_path
from syncd.core.access.principal import local_administrator
from syncd.core.work import Pace, WorkKind
from syncd.entrypoints.cli.app import run
from syncd.ports.store.pruning import Litter
from syncd.services.reporting.alerts import objectives
from syncd.services.reporting.numbers import numbers
from syncd.services.upkeep.pruning import Retention, prunable

A_PAGE = ("--json", "--limit", "50")
LIST = 0.3
_DAYS = timedelta(days=1)

COMMANDS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (LIST, ("appointment", "list", *A_PAGE)),
    (LIST, ("appointment", "list", "--search", "Client 777", *A_PAGE)),
    (LIST, ("appointment", "list", "--search", "client", *A_PAGE)),
    (LIST, ("appointment", "list", "--search", "room 3", *A_PAGE)),
    (LIST, ("appointment", "list", "--search", "nobody at all", *A_PAGE)),
    (LIST, ("appointment", "list", "--provider", "p7@example.com", *A_PAGE)),
    (LIST, ("appointment", "list", "--client", "c7@example.org", *A_PAGE)),
    (LIST, ("drift", "list", *A_PAGE)),
    (LIST, ("drift", "list", "--status", "open", *A_PAGE)),
    (LIST, ("drift", "list", "--kind", "title", *A_PAGE)),
    (LIST, ("drift", "list", "--kind", "declined", *A_PAGE)),
    (LIST, ("drift", "list", "--provider", "p7@example.com", *A_PAGE)),
    (LIST, ("message", "list", *A_PAGE)),
    (LIST, ("message", "list", "--status", "failed", *A_PAGE)),
    (LIST, ("claim", "list", *A_PAGE)),
    *((LIST, ("claim", "list", "--status", word, *A_PAGE)) for word in ("pending", "held", "clear", "filed", "void")),
    (LIST, ("audit", "list", *A_PAGE)),
    (LIST, ("audit", "list", "--actor", "user-7", *A_PAGE)),
    (LIST, ("audit", "list", "--actor", "nobody", *A_PAGE)),
    (LIST, ("audit", "list", "--action", "claim", *A_PAGE)),
    (LIST, ("provider", "list", *A_PAGE)),
    (LIST, ("client", "list", *A_PAGE)),
    (LIST, ("calendar", "list", *A_PAGE)),
    (LIST, ("alerts", "list", "--json")),
    (LIST, ("status", "--json")),
    (3.0, ("report", "drift", "--format", "json")),
    (10.0, ("audit", "verify", "--json")),
)

STREAMS = (("appointment", "list", "--json"), ("claim", "list", "--json"), ("message", "list", "--json"))
"""Whole lists: these take their time, and no more memory than a part of them."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """How many seconds something took and may take, None: no budget; how many bytes it wrote."""

    name: str
    seconds: float
    budget: float | None
    written: int = 0


class _Sink(io.TextIOBase):
    """Counts what is written, and keeps nothing."""

    encoding = "utf-8"
    written = 0

    def write(self, text: str) -> int:
        self.written += len(text)
        return len(text)

    def isatty(self) -> bool:
        return False


def measure(url: str, now: datetime) -> Iterator[Measure]:
    """Measure all of it over a database that is filled."""
    os.environ["SYNCD_DATABASE__URL"] = url
    clock = time.process_time if sqlite_path(url) else time.perf_counter
    yield from _streams(clock)
    for budget, command in COMMANDS:
        yield min((_command(command, budget, clock) for _ in range(3)), key=lambda one: one.seconds)
    with closing(open_store(url)) as store:
        for name, limit, act in _questions(store, now):
            yield _timed(name, act, limit, clock)


def _streams(clock: Callable[[], float]) -> Iterator[Measure]:
    """Measure whole lists, before anything else takes memory."""
    for command in STREAMS:
        _command((*command, "--limit", "1000"), None, clock)
    before = getrusage(RUSAGE_SELF).ru_maxrss
    for command in STREAMS:
        yield _command(command, None, clock)
    more = (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1024
    yield Measure(name="whole lists: MiB more than for a thousand entries of each", seconds=more, budget=32)


def _questions(store: SqlStore, now: datetime) -> Iterator[tuple[str, float | None, Callable[[], object]]]:
    within = objectives(timedelta(minutes=5))
    yield "/metrics", LIST, lambda: numbers(store, now, within)
    for kind in WorkKind:
        yield f"due: {kind}", 0.02, lambda kind=kind: _due(store, kind, now)  # type: ignore[misc]  # bound as it is now
    kept = Retention(dict.fromkeys(Litter, 200 * _DAYS))
    yield "prune --dry-run", None, lambda: prunable(store, kept, local_administrator("bench"), now)


def _due(store: SqlStore, kind: WorkKind, now: datetime) -> object:
    with store.reading() as tx:
        return tx.works.due(kind, Pace(farthest=1100 * _DAYS), now, most=50, per_queue=8)


def _timed(name: str, act: Callable[[], object], budget: float | None, clock: Callable[[], float]) -> Measure:
    act()
    began = clock()
    act()
    return Measure(name=name, seconds=clock() - began, budget=budget)


def _command(command: Sequence[str], budget: float | None, clock: Callable[[], float]) -> Measure:
    sink, errors = _Sink(), io.StringIO()
    began = clock()
    with redirect_stdout(sink), redirect_stderr(errors):
        code = run(list(command))
    seconds = clock() - began
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}: {errors.getvalue()}")
    return Measure(name=" ".join(command), seconds=seconds, budget=budget, written=sink.written)


def report(measures: Iterator[Measure]) -> bool:
    """Print each as it comes; tell whether all are within their budgets."""
    good = True
    for one in measures:
        is_within = one.budget is None or one.seconds <= one.budget
        good &= is_within
        verdict = "" if one.budget is None else "ok" if is_within else "OVER BUDGET"
        budget = "" if one.budget is None else f"{one.budget:.2f}"
        print(f"{one.name:75}{one.seconds:>9.3f}{budget:>7}{one.written:>12,}  {verdict}", flush=True)  # noqa: T201
    return good
