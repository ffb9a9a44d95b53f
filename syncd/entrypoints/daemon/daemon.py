"""Starting, ticking, reloading and stopping."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import FrameType
from urllib.parse import urlsplit

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from syncd.bootstrap import System, build
from syncd.core.errors import SyncdError
from syncd.entrypoints.daemon.cycles import cycle_runner
from syncd.entrypoints.daemon.interrupt import InterruptibleServers, StoppingError
from syncd.entrypoints.daemon.notify import notify, watchdog_interval
from syncd.entrypoints.daemon.postroom import Postroom
from syncd.entrypoints.daemon.workshop import Job, Workshop
from syncd.entrypoints.logs import configure
from syncd.services.scheduling.extending import EXTENDER, extend_series
from syncd.services.scheduling.outcomes import TIMEKEEPER, complete_over
from syncd.services.sync.leases import free_abandoned
from syncd.services.sync.publications import retire
from syncd.settings import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

TICK = 1.0
"""Seconds between two questions for what is due: a change in the store, by whatever process, waits no longer."""

STOP_WITHIN = 8.0
"""Seconds that requests under way are given to finish; the whole stop takes less than ten."""

_STUCK_AFTER = 30.0
_FREE_EVERY = 60.0
_COMPLETE_EVERY = 60.0
_EXTEND_EVERY = 3600.0
_DIGEST_EVERY = 600.0


class Daemon:
    """Runs until it is told to stop. ``load`` reads the settings, again on each reload."""

    def __init__(self, load: Callable[[], Settings], *, debug: bool = False) -> None:
        self._load = load
        self._debug = debug
        self._stopping = threading.Event()
        self._woken = threading.Event()

    def run(self) -> bool:
        """Run until `stop` or SIGTERM; return whether every request under way could finish.

        Raises the `SyncdError` that says why it cannot start: wrong settings, no key. Wrong settings at a reload are
        logged, and the old ones kept.
        """
        settings = self._load()
        configure(settings.logging, debug=self._debug)
        generation = Generation(build(settings))
        with self._signals():
            finished = self._serve(generation)
            while not self._stopping.is_set():
                generation = self._reloaded(generation.settings)
                finished = self._serve(generation) and finished
        log.info("stopped", clean=finished)
        return finished

    def stop(self) -> None:
        """Ask it to stop; returns at once."""
        self._stopping.set()
        self._woken.set()

    def _serve(self, generation: "Generation") -> bool:
        """Work with one set of settings until a signal comes; return whether every request under way could finish."""
        generation.start()
        sync = generation.settings.sync
        log.info("started", workers=sync.workers, interval=sync.interval)
        notify("READY=1", "STATUS=working")
        while not self._stopping.is_set() and not self._woken.wait(watchdog_interval()):
            if generation.is_alive:
                notify("WATCHDOG=1")
        if self._stopping.is_set():
            notify("STOPPING=1")
        return generation.stop(STOP_WITHIN)

    def _reloaded(self, settings: Settings) -> "Generation":
        self._woken.clear()  # first, so that a signal that comes while the settings are read is not lost
        try:
            fresh = self._load()
            generation = Generation(build(fresh))
        except SyncdError as error:
            log.error("reload refused: the old settings stay", message=error.message)  # noqa: TRY400 - says it all
            return Generation(build(settings))
        configure(fresh.logging, debug=self._debug)
        return generation

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT as stop and SIGHUP as reload, where this is the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def on_stop(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        def on_reload(_number: int, _frame: FrameType | None) -> None:
            self._woken.set()

        handlers = {signal.SIGTERM: on_stop, signal.SIGINT: on_stop, signal.SIGHUP: on_reload}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class Generation:
    """Scheduler and workers under one set of settings."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._stopping = threading.Event()
        sync = system.settings.sync
        servers = InterruptibleServers(system.servers, self._stopping)
        reconciler = replace(system.reconciler, servers=servers)
        self._claim_audit = system.claim_audit(reconciler)
        run = cycle_runner(reconciler)
        self._workshop = Workshop(run, workers=sync.workers, per_host=sync.per_host, rest=sync.soon_interval)
        self._postroom = Postroom(system.delivery.deliver_next, system.settings.mail.connections)
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._last_tick = time.monotonic()
        self._trouble = ""
        self._lock = threading.Lock()

    @property
    def settings(self) -> Settings:
        """The settings that it works with."""
        return self._system.settings

    @property
    def is_alive(self) -> bool:
        """Tell whether the scheduler still ticks: what the watchdog wants to know."""
        return time.monotonic() - self._last_tick < _STUCK_AFTER

    def start(self) -> None:
        """Begin to tick."""
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        now = datetime.now(UTC)
        self._scheduler.add_job(self._tick, "interval", seconds=TICK, next_run_time=now, **options)
        self._scheduler.add_job(self._post, "interval", seconds=TICK, next_run_time=now, **options)
        self._scheduler.add_job(self._free, "interval", seconds=_FREE_EVERY, next_run_time=now, **options)
        self._scheduler.add_job(self._extend, "interval", seconds=_EXTEND_EVERY, next_run_time=now, **options)
        self._scheduler.add_job(self._complete, "interval", seconds=_COMPLETE_EVERY, next_run_time=now, **options)
        audit_every = self.settings.claims.audit_interval
        self._scheduler.add_job(self._audit_claims, "interval", seconds=audit_every, next_run_time=now, **options)
        self._scheduler.add_job(self._send_digest, "interval", seconds=_DIGEST_EVERY, next_run_time=now, **options)
        self._scheduler.start()

    def stop(self, timeout: float) -> bool:
        """Begin nothing more and wait for the requests under way; return whether all of them ended in time."""
        self._stopping.set()
        self._scheduler.shutdown(wait=False)
        deadline = time.monotonic() + timeout
        cycles_ended = self._workshop.stop(timeout)
        finished = self._postroom.stop(max(deadline - time.monotonic(), 0)) and cycles_ended
        if finished:
            self._system.close()
        return finished

    def _tick(self) -> None:
        with self._guarded():
            with self._system.store.reading() as tx:
                due = tx.calendars.due(datetime.now(UTC))
            self._workshop.offer(Job(calendar.id, urlsplit(calendar.url).netloc) for calendar in due)
        self._last_tick = time.monotonic()

    def _post(self) -> None:
        with self._guarded():
            with self._system.store.reading() as tx:
                due = tx.messages.deliverable(datetime.now(UTC), self.settings.mail.connections)
            self._postroom.wake(len(due))
            self._system.delivery.check_pace(datetime.now(UTC))

    def _free(self) -> None:
        with self._guarded():
            free_abandoned(self._system.store)

    def _extend(self) -> None:
        with self._guarded():
            now = datetime.now(UTC)
            terms = self._system.terms(EXTENDER, now)
            extend_series(self._system.store, terms, now + terms.rules.horizon)
            retire(self._system.store, now - timedelta(days=self.settings.sync.watch_days))

    def _complete(self) -> None:
        with self._guarded():
            complete_over(self._system.store, self._system.terms(TIMEKEEPER, datetime.now(UTC)))

    def _audit_claims(self) -> None:
        with self._guarded(), suppress(StoppingError):
            cleared = self._claim_audit.run(datetime.now(UTC))
            if cleared:
                log.info("claims cleared", claims=cleared)

    def _send_digest(self) -> None:
        with self._guarded():
            sent = self._system.digest.send_due(datetime.now(UTC))
            if sent:
                log.info("digest sent", recipients=sent)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Log what goes wrong, the same trouble once, and go on at the next tick."""
        try:
            yield
        except SyncdError as error:
            with self._lock:
                is_news, self._trouble = error.message != self._trouble, error.message
            if is_news:
                log.error("cannot work", code=error.code, message=error.message)  # noqa: TRY400 - says it all
        except Exception:
            log.exception("tick failed unexpectedly")
        else:
            self._trouble = ""
