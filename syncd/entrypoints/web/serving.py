"""The web part as a process starts it: the application on the address that the settings name."""

from collections.abc import Callable, Iterable

import structlog

from syncd.bootstrap import System
from syncd.entrypoints.web.app import create_app
from syncd.entrypoints.web.server import WebServer
from syncd.ports.errors import ConfigurationError
from syncd.services.reporting.check import Probe

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def web_server(system: System, readiness: Callable[[], Iterable[Probe]] | None = None) -> WebServer:
    """Return the server, its address bound. Raises `ConfigurationError` where nothing is to be served, or cannot be."""
    section = system.settings.web
    if not section.listen:
        raise ConfigurationError("web.listen is empty: nothing is to be served.", setting="web.listen")
    server = WebServer(create_app(system, readiness), section.listen, trusted_proxies=section.trusted_proxies)
    log.info("serving", address=section.address)
    return server
