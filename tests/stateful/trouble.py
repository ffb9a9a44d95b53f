"""What comes between syncd and a server: faults, lost answers, and a provider who is faster. It counts the writes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

WRITES = frozenset({"create", "replace", "remove"})
OPERATIONS = WRITES | {"changes", "fetch"}


@dataclass
class Trouble:
    """Strikes at an operation of a remote collection, once. ``writes`` lists what was written, operation and href."""

    writes: list[tuple[str, str]] = field(default_factory=list)
    _before: dict[str, Callable[[], object]] = field(default_factory=dict)
    _after: dict[str, Callable[[], object]] = field(default_factory=dict)

    def strike(self, operation: str, action: Callable[[], object], *, carried_out: bool = False) -> None:
        """Call ``action`` before the next such operation, or with ``carried_out`` after it: its answer is lost."""
        (self._after if carried_out else self._before)[operation] = action

    def fail(self, operation: str, error: Exception, *, carried_out: bool = False) -> None:
        """Raise ``error`` at the next such operation."""

        def raise_error() -> None:
            raise error

        self.strike(operation, raise_error, carried_out=carried_out)

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        self._before.clear()
        self._after.clear()

    def carry_out(self, operation: str, called: Callable[..., Any], *args: Any) -> Any:
        """Carry out one operation, with what strikes it."""
        if (action := self._before.pop(operation, None)) is not None:
            action()
        answer = called(*args)
        if operation in WRITES:
            self.writes.append((operation, args[0]))
        if (action := self._after.pop(operation, None)) is not None:
            action()
        return answer


@dataclass
class TroubledRemote:
    """A remote collection behind the trouble."""

    remote: Any
    trouble: Trouble

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.remote, name)
        if name not in OPERATIONS:
            return found
        return lambda *args: self.trouble.carry_out(name, found, *args)


@dataclass
class TroubledServers:
    servers: Any
    trouble: Trouble

    def open(self, *args: Any) -> TroubledRemote:
        return TroubledRemote(self.servers.open(*args), self.trouble)
