"""A container as an engine would run it from an image's root: contained, with its volume and its secrets."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deploy import chroots
from tests.deploy.dockerfile import stages, words

WITHIN = 120.0
"""Seconds for which anything is waited for: machines are shared."""


@dataclass
class Container:
    """The program in a root with what is bound into it."""

    root: Path
    binds: Mapping[Path, str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def say(self, *command: str) -> str:
        """Run one command to its end and return what it wrote."""
        return chroots.say(self.root, self._whole(command), **self._how)

    @contextmanager
    def running(self, command: Sequence[str], log: Path) -> Iterator["Running"]:
        """Run a command until the block ends."""
        with log.open("wb") as written:
            call = chroots.call(self._whole(command), **self._how)
            surroundings = chroots.surroundings(self.root, **self._how)
            process = subprocess.Popen(call, env=surroundings, stdout=written, stderr=written)
            try:
                yield Running(process, self.root, log)
            finally:
                process.kill()
                process.wait(20)

    def _whole(self, command: Sequence[str]) -> list[str]:
        return [*words(stages()["base"].last("ENTRYPOINT")), *command]

    @property
    def _how(self) -> dict[str, Any]:
        image = stages()["base"]
        environment = {**image.environment, **self.environment}
        return {
            "workdir": image.last("WORKDIR"), "environment": environment, "contained": True, "binds": self.binds
        }  # fmt: skip


@dataclass
class Running:
    """A container that runs."""

    process: "subprocess.Popen[bytes]"
    root: Path
    log: Path

    @property
    def first(self) -> int | None:
        """The container's first process; None where it is not there yet."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return int(children[0]) if children else None

    @property
    def is_healthy(self) -> bool:
        """Run the image's HEALTHCHECK in it, as an engine does."""
        if (first := self.first) is None:
            return False
        image = stages()["base"]
        variables = [f"{name}={value}" for name, value in image.environment.items()]
        inside = ["nsenter", f"--target={first}", "--net", "chroot", str(self.root), "/usr/bin/env", "-i", *variables]
        check = [*inside, *words(image.last("HEALTHCHECK"))]
        return subprocess.run(check, capture_output=True, check=False).returncode == 0

    def becomes_healthy(self) -> bool:
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.is_healthy:
                return True
            time.sleep(0.5)
        return False

    def stop(self) -> int:
        """Stop it as the image says, and return how it ended."""
        first = self.first
        assert first is not None
        os.kill(first, signal.Signals[stages()["base"].last("STOPSIGNAL")])
        return self.process.wait(WITHIN)
