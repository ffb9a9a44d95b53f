"""This machine: its name, its clocks, its disks."""

import os
import socket
import time
from datetime import datetime
from pathlib import Path

from syncd.core.reporting.watching import Reading

_STEADY = getattr(time, "CLOCK_BOOTTIME", None)
"""Linux: goes on while the machine sleeps, so that waking up is no jump of the other clock."""


class ThisMachine:
    """See `syncd.ports.alerting.Machine`."""

    @property
    def name(self) -> str:
        """The machine's name."""
        return socket.gethostname()

    def clocks(self, now: datetime) -> Reading:
        """Read both clocks."""
        return Reading(now, time.monotonic() if _STEADY is None else time.clock_gettime(_STEADY))

    def free_share(self, folder: Path) -> float | None:
        """Return which share is free of the disk that holds a folder, or will when it is made."""
        place = folder.absolute()
        while not place.exists() and place != place.parent:
            place = place.parent
        try:
            found = os.statvfs(place)
        except OSError:
            return None
        ours = found.f_blocks - found.f_bfree + found.f_bavail  # without what is kept for the superuser, as `df` counts
        return found.f_bavail / ours if ours else None
