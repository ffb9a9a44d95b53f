"""Runs the web part in a thread of its own, until it is told to stop."""

import logging
import socket
import threading
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

import uvicorn

from syncd.ports.errors import ConfigurationError

_BACKLOG = 256
_STARTS_WITHIN = 10.0


class _SaidAlready(logging.Filter):
    """Leaves out what our own handler of unexpected errors has logged, with its number."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written."""
        return "Exception in ASGI application" not in record.msg


logging.getLogger("uvicorn.error").addFilter(_SaidAlready())


class _Quiet(uvicorn.Server):
    """A server that leaves signals to the process's main thread."""

    def install_signal_handlers(self) -> None:
        """Install none."""


class WebServer:
    """One listening address and the application behind it."""

    def __init__(
        self, app: Any, listen: str, *, trusted_proxies: tuple[str, ...] = (), setting: str = "web.listen"
    ) -> None:
        """Bind the address at once, so that one that is taken is an error of the start.

        Raises `ConfigurationError`, which names the ``setting``.
        """
        self._socket = _bound(listen, setting)
        self._app = app
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies) or None,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=15,
            lifespan="off",
        )
        self._server = _Quiet(config)
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """The host and port that it listens on."""
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    @property
    def is_alive(self) -> bool:
        """Tell whether it still answers."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to answer; returns once it does."""
        self._thread.start()
        deadline = monotonic() + _STARTS_WITHIN
        while not self._server.started and self._thread.is_alive() and monotonic() < deadline:
            sleep(0.01)

    def stop(self, timeout: float) -> bool:
        """Let requests under way finish and begin none; tell whether all ended within ``timeout`` seconds."""
        if live := getattr(getattr(self._app, "state", None), "live", None):
            live.stopping = True  # streams would last for minutes
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(timeout)
        with suppress(OSError):
            self._socket.close()
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _bound(listen: str, setting: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, int(port)))
    except OSError as error:
        listening.close()
        raise ConfigurationError(
            f"{setting} = {listen!r}: {error.strerror}. Choose another address, or end what listens there.",
            setting=setting,
        ) from error
    listening.listen(_BACKLOG)
    return listening
