"""How often somebody may come: a count by name and minute, in this process."""

import threading
from collections import Counter
from datetime import datetime

from fastapi import FastAPI

_MOST_NAMES = 10_000


class Throttle:
    """Lets each name come ``most`` times a minute; for threads. It forgets the minute before, and all when too many."""

    def __init__(self, most: int) -> None:
        """Nobody has come yet."""
        self._most = most
        self._lock = threading.Lock()
        self._minute = 0
        self._came: Counter[str] = Counter()

    def came(self, name: str, now: datetime) -> bool:
        """Note that somebody comes; tell whether that is not once too often."""
        with self._lock:
            minute = int(now.timestamp()) // 60
            if minute != self._minute or len(self._came) > _MOST_NAMES:
                self._minute, self._came = minute, Counter()
            self._came[name] += 1
            return self._came[name] <= self._most

    def is_full(self, name: str, now: datetime) -> bool:
        """Tell whether a name has come as often as it may this minute."""
        with self._lock:
            return int(now.timestamp()) // 60 == self._minute and self._came[name] >= self._most


def throttle_of(app: FastAPI, name: str, most: int) -> Throttle:
    """Return the application's own throttle of that name; it is made at the first time of asking."""
    if not hasattr(app.state, name):
        setattr(app.state, name, Throttle(most))
    found: Throttle = getattr(app.state, name)
    return found
