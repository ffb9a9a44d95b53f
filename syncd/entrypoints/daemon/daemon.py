"""Starting, ticking, reloading and stopping."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from syncd.adapters.prometheus import COUNTERS
from syncd.bootstrap import System, build
from syncd.core.errors import SyncdError
from syncd.entrypoints.daemon.notify import notify, watchdog_interval
from syncd.entrypoints.logs import configure
from syncd.entrypoints.signals import Signals
from syncd.ports.errors import ConfigurationError
from syncd.services.reporting.check import CheckFailedError, Probe
from syncd.services.work.presence import Presence
from syncd.services.work.runner import Runner
from syncd.services.work.stopping import Stop
from syncd.settings import Settings
from syncd.settings.loading import changed

if TYPE_CHECKING:  # a worker without a web part needs none of it
    from syncd.entrypoints.web.server import WebServer

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

TICK = 1.0
"""Seconds between two questions for what is due: a change in the store, by whatever process, waits no longer."""

STOP_WITHIN = 8.0
"""Seconds that requests under way are given to finish; the whole stop takes less than ten."""

_STOP = (SIGTERM, SIGINT)
_STOP_WEB_WITHIN = 3.0
_STUCK_AFTER = 30.0
_FREE_EVERY = 15.0
_SHOW_EVERY = 30.0
_WATCH_EVERY = 60.0
_OF_A_QUEUE = 50


class Daemon:
    """Runs until it is told to stop. ``load`` reads the settings, again on each reload; ``config``: from which file.

    ``web``: serve the console on `web.listen`, as `syncd run` does; else only what monitors ask, on `worker.listen`.
    """

    def __init__(
        self, load: Callable[[], Settings], *, debug: bool = False, web: bool = True, config: Path | None = None
    ) -> None:
        self._config = config
        self._load = load
        self._debug = debug
        self._web = web
        self._started = False

    def run(self) -> bool:
        """Run in the main thread until SIGTERM or SIGINT; return whether every request under way could finish.

        SIGHUP reloads the settings; wrong ones are logged, and the old ones kept. Raises the `SyncdError` that says why
        it cannot start: wrong settings, no key.
        """
        settings = self._load()
        configure(settings.logging, debug=self._debug)
        generation = Generation(build(settings, measures=COUNTERS))
        with Signals(*_STOP, SIGHUP) as signals:
            finished = self._serve(generation, signals)
            while not signals.came(*_STOP):
                signals.forget(SIGHUP)  # first, so that one that comes while the settings are read is not lost
                generation = self._reloaded(generation.settings)
                finished = self._serve(generation, signals) and finished
        log.info("stopped", clean=finished)
        return finished

    def _serve(self, generation: "Generation", signals: Signals) -> bool:
        """Work with one set of settings until a signal comes; return whether every request under way could finish."""
        web = self._served(generation)
        generation.start()
        sync = generation.settings.sync
        self._started = True
        log.info("started", workers=sync.workers, interval=sync.interval)
        notify("READY=1", "STATUS=working")
        while not signals.came(*_STOP, SIGHUP):
            signals.wait(watchdog_interval())
            if generation.is_alive:
                notify("WATCHDOG=1")
        if signals.came(*_STOP):
            notify("STOPPING=1")
        generation.begin_nothing_more()
        served = web is None or web.stop(_STOP_WEB_WITHIN)
        return generation.stop(STOP_WITHIN - _STOP_WEB_WITHIN) and served

    def _served(self, generation: "Generation") -> "WebServer | None":
        """Serve what is to be served; the calendars are kept true whether or not its address can be had.

        Raises `ConfigurationError` at the start for an address that somebody chose and that cannot be had.
        """
        settings = generation.settings
        section = settings.web if self._web else settings.worker
        if not section.listen:
            return None
        from syncd.entrypoints.web.serving import monitored_server, web_server

        serve = partial(web_server, config=self._config) if self._web else monitored_server
        try:
            server = serve(generation.system, generation.readiness)
        except ConfigurationError as error:
            if "listen" in section.model_fields_set and not self._started:
                raise
            log.error("the web part is not served", message=error.message)  # noqa: TRY400 - says it all
            return None
        server.start()
        return server

    def _reloaded(self, settings: Settings) -> "Generation":
        try:
            fresh = self._load()
            generation = Generation(build(fresh, measures=COUNTERS))
        except SyncdError as error:
            log.error("reload refused: the old settings stay", message=error.message)  # noqa: TRY400 - says it all
            return Generation(build(settings, measures=COUNTERS))
        configure(fresh.logging, debug=self._debug)
        log.info("settings reloaded", changed=changed(settings, fresh))
        return generation


class Generation:
    """Scheduler and workers under one set of settings."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._stop = Stop()
        self._jobs = system.jobs
        self._runner = Runner(
            system.tasks(self._stop), system.store, system.leases, self._stop, is_alone=self._jobs is None
        )
        self._presence = Presence(system.store, system.settings.engine)
        self._scheduler = BackgroundScheduler(timezone=UTC)
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that takes longer than a second is no news
        self._guard = self._runner.guard
        self._last_tick = time.monotonic()
        self._is_expected = False

    @property
    def system(self) -> System:
        """What the settings ask for."""
        return self._system

    @property
    def settings(self) -> Settings:
        """The settings that it works with."""
        return self._system.settings

    def readiness(self) -> Iterator[Probe]:
        """Yield what must work before this process can do anything, its own ticks included."""
        yield from self._system.readiness()
        yield Probe("scheduler", self._ticks)

    @property
    def is_alive(self) -> bool:
        """Tell whether the scheduler still ticks: what the watchdog wants to know."""
        return time.monotonic() - self._last_tick < _STUCK_AFTER

    def start(self) -> None:
        """Begin to tick."""
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        now = datetime.now(UTC)
        jobs = (self._free, _FREE_EVERY), (self._tick, TICK), (self._show, _SHOW_EVERY), (self._watch, _WATCH_EVERY)
        for job, seconds in jobs:
            self._scheduler.add_job(job, "interval", seconds=seconds, next_run_time=now, **options)
        self._scheduler.start()
        self._system.inbound.watch(self._stop)
        if self._jobs is not None:
            self._jobs.start(self._runner.do, self.settings.sync.workers)

    def begin_nothing_more(self) -> None:
        """Let what is under way go on, and begin nothing: no further request, no further unit of work."""
        self._stop.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def stop(self, timeout: float) -> bool:
        """Begin nothing more and wait for what is under way; return whether all of it ended in time."""
        self.begin_nothing_more()
        deadline = time.monotonic() + timeout
        finished = self._runner.stop(timeout)
        if self._jobs is not None:
            finished = self._jobs.stop(max(deadline - time.monotonic(), 0.5)) and finished
        if finished:
            with self._guard():
                self._presence.leave()
            self._system.close()
        return finished

    def _ticks(self) -> str:
        if not self.is_alive:
            raise CheckFailedError(f"The scheduler has not ticked for {_STUCK_AFTER:.0f} seconds. Restart syncd.")
        return "The scheduler ticks."

    def _tick(self) -> None:
        if not self._is_expected:
            with self._guard():
                self._system.expect_work(datetime.now(UTC))
                self._is_expected = True
        self._look()
        self._last_tick = time.monotonic()

    def _look(self) -> None:
        """Have what is due done: by this process's threads, or by whichever worker gets the job."""
        if self._jobs is None:
            self._runner.tick()
            return
        with self._runner.guard():
            self._jobs.defer_now(self._runner.all_due(_OF_A_QUEUE))

    def _free(self) -> None:
        self._runner.free_abandoned()

    def _watch(self) -> None:
        with self._guard():
            self._system.alerting.watch(datetime.now(UTC))

    def _show(self) -> None:
        with self._guard():
            self._system.store.ping()  # an upgrade by another process may have left this program behind
            self._presence.show(datetime.now(UTC))
