"""The store of what people were told of alerts, what is on its way to them, and what was seen of machines."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from syncd.core.reporting.notices import Notice
from syncd.core.reporting.telling import Condition
from syncd.core.reporting.watching import Observation, Watched


class Conditions(Protocol):
    """What is remembered of alerts: one row for each."""

    def list(self) -> Sequence[Condition]:
        """Return all."""
        ...

    def replace(self, conditions: Iterable[Condition]) -> None:
        """Remember these, and no others."""
        ...


class Notices(Protocol):
    """What leaves to tell people."""

    def add(self, notice: Notice) -> None:
        """Store a new one; its delivery is due at once."""
        ...

    def find(self, notice_id: str) -> Notice | None:
        """Return one, None when there is none."""
        ...

    def save(self, notice: Notice) -> None:
        """Store how its delivery went."""
        ...

    def undelivered(self, since: datetime, attempts: int) -> Sequence[Notice]:
        """Return for each address the newest that did not leave in so many attempts, or for good, since then.

        Left out are addresses at which a later one arrived.
        """
        ...


class Observations(Protocol):
    """What processes see of their machines and servers."""

    def see(self, observations: Iterable[Observation]) -> None:
        """Note what is so now; when a thing was first seen is kept."""
        ...

    def list(self) -> Sequence[Observation]:
        """Return all, by kind and subject."""
        ...

    def forget(self, kind: Watched, but: Iterable[str]) -> None:
        """Forget the things of a kind but these: nobody looks at the others any more."""
        ...

    def prune(self, before: datetime) -> int:
        """Forget what was last seen before then; return how many things these were."""
        ...
