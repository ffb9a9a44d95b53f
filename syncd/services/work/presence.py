"""That this process is there to work, for `syncd workers`."""

import os
import socket
from dataclasses import replace
from datetime import datetime

from syncd.core.work import Worker
from syncd.ports.store.transaction import Store
from syncd.services.work.owners import process_owner


class Presence:
    """One worker's line in the list of workers."""

    def __init__(self, store: Store, engine: str) -> None:
        """Nothing is written yet."""
        self._store = store
        self._engine = engine
        self._worker: Worker | None = None

    def show(self, now: datetime) -> None:
        """Note that this process is there at ``now``."""
        self._worker = replace(self._worker, seen_at=now) if self._worker else self._new(now)
        with self._store.transaction(durable=False) as tx:
            tx.works.see(self._worker)

    def leave(self) -> None:
        """Note that it is there no more."""
        with self._store.transaction(durable=False) as tx:
            tx.works.leave(process_owner())

    def _new(self, now: datetime) -> Worker:
        return Worker(
            id=process_owner(),
            host=socket.gethostname(),
            pid=os.getpid(),
            engine=self._engine,
            started_at=now,
            seen_at=now,
        )
