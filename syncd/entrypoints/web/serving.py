"""The web part as a process starts it: the application on the address that the settings name."""

from pathlib import Path
from signal import SIGINT, SIGTERM

import structlog

from syncd.bootstrap import System
from syncd.entrypoints.daemon.notify import notify, watchdog_interval
from syncd.entrypoints.signals import Signals
from syncd.entrypoints.web.app import Readiness, create_app, create_monitored
from syncd.entrypoints.web.server import WebServer
from syncd.ports.errors import ConfigurationError
from syncd.services.work.runner import Guard

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_LOOK_EVERY = 30.0
_STOP_WITHIN = 8.0


def web_server(system: System, readiness: Readiness | None = None, config: Path | None = None) -> WebServer:
    """Return the server, its address bound. Raises `ConfigurationError` where nothing is to be served, or cannot be."""
    section = system.settings.web
    if not section.listen:
        raise ConfigurationError("web.listen is empty: nothing is to be served.", setting="web.listen")
    server = WebServer(create_app(system, readiness, config), section.listen, trusted_proxies=section.trusted_proxies)
    log.info("serving", address=section.address)
    return server


def monitored_server(system: System, readiness: Readiness | None = None) -> WebServer:
    """Return what serves /healthz, /readyz and /metrics of a worker, its address bound. Raises `ConfigurationError`."""
    listen = system.settings.worker.listen
    server = WebServer(create_monitored(system, readiness), listen, setting="worker.listen")
    log.info("serving what monitors ask", address=listen)
    return server


def serve(system: System, config: Path | None = None) -> bool:
    """Serve the console until SIGTERM or SIGINT; return whether every request under way could finish.

    Returns False, too, when the server ends by itself.
    """
    server, guard = web_server(system, config=config), Guard()
    with Signals(SIGTERM, SIGINT) as signals:
        server.start()
        notify("READY=1", "STATUS=serving")
        while server.is_alive and not signals.came(SIGTERM, SIGINT):
            signals.wait(watchdog_interval() or _LOOK_EVERY)
            notify("WATCHDOG=1")
            with guard():  # an upgrade by another process may have left this program behind
                system.store.ping()
        notify("STOPPING=1")
        return server.is_alive and server.stop(_STOP_WITHIN)
