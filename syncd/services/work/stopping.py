"""The one stop that all work heeds: between two requests, two claims, two series."""

import threading

from syncd.core.errors import SyncdError


class StoppingError(SyncdError):
    """The process is stopping; the work goes on where it was, later or elsewhere."""

    code = "stopping"


class Stop:
    """Says whether this process is to stop. Shared by all that works in it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def is_set(self) -> bool:
        """Tell whether to stop."""
        return self._event.is_set()

    def set(self) -> None:
        """Ask everybody to stop."""
        self._event.set()

    def check(self) -> None:
        """Raise `StoppingError` once everybody was asked to stop."""
        if self._event.is_set():
            raise StoppingError

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until everybody is asked to stop; return whether that is so."""
        return self._event.wait(seconds)
