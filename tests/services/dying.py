"""A process that dies at a chosen step of a cycle: by an exception that nothing survives, or by SIGKILL.

As a program, ``python -m tests.services.mortal DATABASE KEY CALENDAR NOW STEP`` runs one cycle over CalDAV and kills
itself at that step; it prints the number of steps when it lives to the end.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncd.adapters.caldav import CalDavServers
from syncd.adapters.db import open_store
from syncd.adapters.db.vault import FernetVault
from syncd.core.sync.policy import DEFAULT_POLICY
from syncd.ports.store.transaction import Store
from syncd.services.sync.reconcile import Reconciler
from tests.builders import a_practice


class Killed(BaseException):
    """The process is no more."""


@dataclass
class DeathPoint:
    """Counts the steps of a process and ends it at one of them. Dead processes take no further step."""

    dies_at: int | None = None
    steps: int = 0
    dead: bool = False

    @contextmanager
    def step(self) -> Iterator[None]:
        self._tick()
        yield
        self._tick()

    def _tick(self) -> None:
        self.dead = self.dead or self.steps == self.dies_at
        if self.dead:
            self.die()
        self.steps += 1

    def die(self) -> None:
        raise Killed


@dataclass
class DyingStore:
    """A store whose transactions are steps."""

    store: Store
    fate: DeathPoint

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Any]:
        own = threading.current_thread() is threading.main_thread()  # a heartbeat is no step of the cycle
        with self.fate.step() if own else nullcontext(), self.store.transaction(durable=durable) as tx:
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with self.store.reading() as tx:
            yield tx


@dataclass
class DyingRemote:
    """A remote collection whose writes are steps."""

    remote: Any
    fate: DeathPoint

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.remote, name)
        if name not in {"create", "replace", "remove"}:
            return found

        def stepped(*args: Any) -> Any:
            with self.fate.step():
                return found(*args)

        return stepped


@dataclass
class DyingServers:
    servers: Any
    fate: DeathPoint

    def open(self, *args: Any) -> DyingRemote:
        return DyingRemote(self.servers.open(*args), self.fate)


class SigkillPoint(DeathPoint):
    """Ends the process as the kernel does: no handler runs, nothing is given back."""

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def main(database: str, key: str, calendar_id: str, now: str, step: str) -> None:
    """Run one cycle that dies at ``step``."""
    fate = SigkillPoint(dies_at=int(step))
    store: Any = DyingStore(open_store(database), fate)
    with CalDavServers(lambda sent, stored: sent == stored) as caldav:
        servers: Any = DyingServers(caldav, fate)
        reconciler = Reconciler(
            store=store, servers=servers, vault=FernetVault(key), practice=a_practice(), policy=DEFAULT_POLICY
        )
        reconciler.run(calendar_id, datetime.fromisoformat(now))
    sys.stdout.write(str(fate.steps))


if __name__ == "__main__":
    main(*sys.argv[1:])
