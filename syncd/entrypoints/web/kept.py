"""What was counted a moment ago, for all who ask within that moment."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Keeps a value for some seconds; whoever asks first after that has it made anew."""

    def __init__(self, seconds: float) -> None:
        """Nothing is kept yet."""
        self._seconds = seconds
        self._lock = Lock()
        self._value: tuple[float, T] | None = None

    def __call__(self, make: Callable[[], T]) -> T:
        """Return what is kept, or what ``make`` returns."""
        with self._lock:
            if self._value is None or time.monotonic() - self._value[0] > self._seconds:
                self._value = time.monotonic(), make()
            return self._value[1]
