"""The whole loop under whatever may happen, on every kind of calendar and database (promises 1 to 6 of the design)."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.event import listen

from syncd.adapters.db import open_store
from tests.adapters.worlds import World, memory_world
from tests.stateful.loop_setup import LoopSetup
from tests.stateful.machine import Loop

RaiseStage = Callable[[], AbstractContextManager[LoopSetup]]


def play(raise_stage: RaiseStage, *, examples: int, steps: int) -> None:
    """Play so many examples of so many steps at most: the same ones every time."""

    class Played(Loop):
        def __init__(self) -> None:
            super().__init__(raise_stage)

    run_state_machine_as_test(
        Played,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            report_multiple_bugs=False,
            deadline=None,  # the machine may be busy
            suppress_health_check=list(HealthCheck),
        ),
    )


def _never_sync(connection: sqlite3.Connection, _entry: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # what a test leaves need not outlive a loss of power


def stages(template: Path, folder: Path, make_world: Callable[[], World]) -> RaiseStage:
    """Return what raises a stage with a store of its own, a copy of ``template``."""

    @contextmanager
    def raise_stage() -> Iterator[LoopSetup]:
        path = shutil.copy(template, folder / "stateful.db")
        with closing(open_store(f"sqlite:///{path}")) as store:
            listen(store._engine, "connect", _never_sync)
            yield LoopSetup(store, world=make_world())
        for leftover in folder.glob("stateful.db*"):
            leftover.unlink()

    return raise_stage


def test_in_memory(sqlite_template: Path, tmp_path: Path) -> None:
    """Whatever happens, in whatever order, comes to rest in one truth: thousands of steps."""
    play(stages(sqlite_template, tmp_path, memory_world), examples=30, steps=50)
