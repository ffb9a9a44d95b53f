"""How often somebody may come: a count by name and minute, in this process."""

import threading
from collections import Counter

from syncd.core.errors import RefusalError

_MOST_NAMES = 10_000


class TooOftenError(RefusalError):
    """That is too often."""

    code = "too_often"


class Throttle:
    """Lets each name come ``most`` times a minute; for threads. It forgets the minute before, and all when too many."""

    def __init__(self, most: int) -> None:
        """Nobody has come yet."""
        self._most = most
        self._lock = threading.Lock()
        self._minute = 0
        self._came: Counter[str] = Counter()

    def came(self, name: str, seconds: float) -> None:
        """Note that somebody comes at a moment, in seconds. Raises `TooOftenError` for one too many."""
        with self._lock:
            minute = int(seconds) // 60
            if minute != self._minute or len(self._came) > _MOST_NAMES:
                self._minute, self._came = minute, Counter()
            self._came[name] += 1
            if self._came[name] > self._most:
                raise TooOftenError("That is too often. Come again in a minute.", seconds=60 - int(seconds) % 60)

    def is_full(self, name: str, seconds: float) -> bool:
        """Tell whether a name has come too often in the minute of that moment, without noting one more."""
        with self._lock:
            return int(seconds) // 60 == self._minute and self._came[name] >= self._most
