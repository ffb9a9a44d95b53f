"""What is due and not begun: one line of subjects per queue, so that a queue that is full delays no other."""

from collections import Counter, deque
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from syncd.core.work import Key


class Backlog:
    """The due units of one kind. Of a queue no more than ``per_queue`` run at a time; None: as many as there are.

    Queues take turns. One that is full is put aside until a unit of it ends, so that nothing is searched through.
    """

    def __init__(self, per_queue: int | None) -> None:
        self._per_queue = per_queue
        self._lines: dict[str, deque[Key]] = {}
        self._turns: deque[str] = deque()
        self._running: Counter[str] = Counter()
        self._busy: set[str] = set()

    def __len__(self) -> int:
        """Return how many units wait."""
        return sum(map(len, self._lines.values()))

    @property
    def running(self) -> int:
        """How many units run."""
        return len(self._busy)

    def replace(self, keys: Iterable[Key]) -> None:
        """Put what is due now in place of what was due before; what runs is left out."""
        self._lines = {}
        for key in keys:
            if key.subject not in self._busy:
                self._lines.setdefault(key.queue, deque()).append(key)
        self._turns = deque(queue for queue in self._lines if self._has_room(queue))

    def extend(self, keys: Iterable[Key]) -> None:
        """Add to what is due; what waits or runs already is left out."""
        for key in keys:
            line = self._lines.get(key.queue)
            if key.subject in self._busy or (line is not None and key in line):
                continue
            if line is None:
                self._lines[key.queue] = deque([key])
                if self._has_room(key.queue):
                    self._turns.append(key.queue)
            else:
                line.append(key)

    def has_any(self, subjects: AbstractSet[str]) -> bool:
        """Tell whether any of these subjects waits or runs."""
        waiting = (key.subject for line in self._lines.values() for key in line)
        return not subjects.isdisjoint(self._busy) or any(subject in subjects for subject in waiting)

    def begin(self, most: int) -> list[Key]:
        """Return up to ``most`` units that may begin, and count them as running."""
        chosen: list[Key] = []
        while self._turns and len(chosen) < most:
            queue = self._turns.popleft()
            line = self._lines[queue]
            key = line.popleft()
            self._running[queue] += 1
            self._busy.add(key.subject)
            chosen.append(key)
            if not line:
                del self._lines[queue]
            elif self._has_room(queue):
                self._turns.append(queue)
        return chosen

    def ended(self, key: Key) -> None:
        """Note that a unit runs no more."""
        was_full = not self._has_room(key.queue)
        self._running[key.queue] -= 1
        self._busy.discard(key.subject)
        if not self._running[key.queue]:
            del self._running[key.queue]
        if was_full and key.queue in self._lines:
            self._turns.append(key.queue)

    def _has_room(self, queue: str) -> bool:
        return self._per_queue is None or self._running[queue] < self._per_queue
