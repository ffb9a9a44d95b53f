"""Jobs that carry batches of due work: deferred, run, and retried when their worker died.

Of each kind and shard one job waits at a time (its queueing lock), whoever defers it: in the transaction that makes
work due, which wakes the workers (LISTEN/NOTIFY), or at a tick for what comes due by its time. No job is scheduled for
later and none has a lock: a later job would block those that are ready.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any
from zlib import crc32

import psycopg
import structlog
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, ProcrastinateException
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager

from syncd.core.work import Key, WorkKind
from syncd.ports.errors import StoreUnavailableError

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

BATCH = 50
"""Units of work in a job: a job costs some milliseconds, an idle cycle not many more."""

_SHARDS = 16
_LOCK = 0x73796E636A  # "syncj": PostgreSQL's advisory lock of whoever installs the tables
_SPACE = 0x73796E63  # "sync": and those of whoever defers a job, one for each queueing lock
_TASK = "syncd.work"
_SESSION = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=8s"
_STALLED_AFTER = 30.0
_LOOK_FOR_STALLED = 15.0
_AGAIN = 2.0

Do = Callable[[WorkKind, Sequence[str]], None]
"""Does those of the subjects of a kind that are still due; returns when that is done, or the process stops."""


def install(url: str) -> None:
    """Create Procrastinate's tables where they are not; safe to repeat. Raises `StoreUnavailableError`."""
    try:
        with psycopg.connect(_conninfo(url)) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            found = connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone()
            if found is None or found[0] is None:
                connection.execute(SchemaManager.get_schema())
    except psycopg.Error as error:
        raise StoreUnavailableError(f"The tables of Procrastinate cannot be made ({type(error).__name__}).") from None


def _conninfo(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _shard(key: Key) -> int:
    return crc32((key.queue or key.subject).encode()) % _SHARDS


def _batches(keys: Iterable[Key]) -> Iterator[tuple[WorkKind, int, list[str]]]:
    """Yield the keys by kind and shard, in the same order for all, at most a batch of each."""
    in_order = sorted(keys, key=lambda key: (key.kind, _shard(key)))
    for (kind, shard), group in groupby(in_order, key=lambda key: (key.kind, _shard(key))):
        yield kind, shard, [key.subject for key in islice(group, BATCH)]


class Jobs:
    """The jobs of one installation, for those who defer them and for a worker that runs them."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet."""
        self._url = _conninfo(url)
        self._deferring = App(connector=SyncPsycopgConnector(conninfo=self._url))
        self._deferred = self._deferring.task(name=_TASK)(_nothing)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._worker: asyncio.Task[None] | None = None

    def defer(self, connection: Any, keys: Iterable[Key]) -> None:
        """Defer jobs for what is due, in the transaction of a psycopg ``connection``: they are there when it ends.

        Waits for nobody and never spoils that transaction: what has no job now gets one at the next tick.
        """
        for kind, shard, subjects in _batches(keys):
            lock = f"{kind}:{shard}"
            # Another transaction that has deferred this one and has not ended may be of a worker that is cut off.
            asked = {"lock": lock, "space": _SPACE, "number": crc32(lock.encode()) - 2**31}
            if not connection.execute(_IS_FREE, asked).fetchone()[0]:
                continue
            try:
                with connection.transaction():
                    self._deferred.configure(queueing_lock=lock, queue=str(kind), connection=connection).defer(
                        kind=str(kind), subjects=[*subjects]
                    )
            except AlreadyEnqueued:
                log.debug("a job waits already", lock=lock)
            except ProcrastinateException as error:
                log.warning("no job was deferred", lock=lock, error=type(error).__name__)

    def defer_now(self, keys: Sequence[Key]) -> None:
        """Defer jobs for what is due. Raises `StoreUnavailableError`."""
        if not keys:
            return
        try:
            with psycopg.connect(self._url, connect_timeout=10, options=_SESSION) as connection:
                self.defer(connection, keys)
        except (psycopg.Error, ProcrastinateException) as error:
            raise StoreUnavailableError(f"No job can be deferred ({type(error).__name__}).") from None

    def start(self, do: Do, at_once: int) -> None:
        """Begin to run jobs in a thread of their own, so many at once; an outage of the database is waited out."""
        self._thread = threading.Thread(target=self._run, args=(do, at_once), name="jobs", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Fetch no more jobs; return whether those under way ended in time."""
        self._stopping.set()
        if self._thread is None:
            return True
        loop, worker = self._loop, self._worker
        if loop is not None and worker is not None and not loop.is_closed():
            loop.call_soon_threadsafe(worker.cancel)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self, do: Do, at_once: int) -> None:
        trouble = ""
        while not self._stopping.is_set():
            try:
                asyncio.run(self._work(do, at_once))
            except (ProcrastinateException, psycopg.Error, OSError) as error:
                if trouble != (trouble := type(error).__name__):
                    log.warning("jobs cannot be fetched", error=trouble)
            except asyncio.CancelledError:
                return
            except Exception:
                log.exception("jobs cannot be fetched, unexpectedly")
            self._stopping.wait(_AGAIN)

    async def _work(self, do: Do, at_once: int) -> None:
        app = App(connector=PsycopgConnector(conninfo=self._url, min_size=1, max_size=at_once + 3))

        @app.task(name=_TASK)
        async def work(kind: str, subjects: list[str]) -> None:
            await asyncio.to_thread(do, WorkKind(kind), subjects)

        self._loop, self._worker = asyncio.get_running_loop(), asyncio.current_task()
        async with app.open_async():
            retrying = asyncio.create_task(self._retry_stalled(app))
            try:
                await app.run_worker_async(
                    concurrency=at_once,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    shutdown_graceful_timeout=6,
                    fetch_job_polling_interval=2,
                    stalled_worker_timeout=_STALLED_AFTER,
                )
            finally:
                retrying.cancel()

    async def _retry_stalled(self, app: App) -> None:
        """Retry the jobs of workers that died; where another of the same lock waits, that one does for both."""
        while True:
            try:
                for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER):
                    try:
                        await app.job_manager.retry_job(job)
                    except ConnectorException:
                        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
                    log.info("a job of a dead worker is retried", job=job.id)
            except ProcrastinateException as error:
                log.debug("stalled jobs cannot be looked for", error=type(error).__name__)
            await asyncio.sleep(_LOOK_FOR_STALLED)


_IS_FREE = (
    "SELECT NOT EXISTS (SELECT FROM procrastinate_jobs WHERE queueing_lock = %(lock)s AND status = 'todo') "
    "AND pg_try_advisory_xact_lock(%(space)s, %(number)s)"
)


def _nothing(kind: str, subjects: list[str]) -> None:
    """Stand for the task where jobs are only deferred."""
