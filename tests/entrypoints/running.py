"""The daemon as a real process, heard as systemd hears it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self


class Daemon:
    """`syncd run`, or another ``command``, in ``folder`` for the time of a ``with`` block; ready when it begins."""

    def __init__(self, folder: Path, *, config: str = "syncd.toml", command: str = "run") -> None:
        self._folder = folder
        self._config = config
        self._command = command
        self._said: list[str] = []

    def __enter__(self) -> Self:
        address = self._folder / "notify"
        address.unlink(missing_ok=True)
        self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ear.bind(str(address))
        environment = {**os.environ, "NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "1000000"}
        self._log = (self._folder / "daemon.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "syncd", self._command, "--config", self._config],
            cwd=self._folder,
            env=environment,
            stdout=self._log,
            stderr=self._log,
        )
        assert self.says("READY=1"), self.log
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)
        self._ear.close()
        self._log.close()

    @property
    def log(self) -> str:
        """What it has written to standard error so far."""
        return (self._folder / "daemon.log").read_text()

    def says(self, word: str, within: float = 30) -> bool:
        """Wait until it tells systemd ``word`` once more."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            self._ear.settimeout(left)
            try:
                heard = self._ear.recv(1000).decode()
            except TimeoutError:
                return False
            if word in heard.splitlines():
                return True
        return False

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def stop(self) -> tuple[int, float]:
        """Send SIGTERM; return its exit code and how many seconds it took to end."""
        self.send(signal.SIGTERM)
        return self.ended()

    def ended(self) -> tuple[int, float]:
        """Wait for its end; return its exit code and how many seconds that took."""
        started = time.monotonic()
        return self._process.wait(30), time.monotonic() - started


def becomes(is_so: Callable[[], bool], within: float = 30) -> bool:
    """Wait until something is so, and tell whether it became so in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return is_so()
