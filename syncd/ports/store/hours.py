"""The store of providers' working hours and time off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from syncd.core.scheduling.hours import TimeOff, Week


class Hours(Protocol):
    """When providers work."""

    def of_provider(self, provider_id: str) -> Week | None:
        """Return a provider's own hours, None for one who has none of their own."""
        ...

    def set(self, provider_id: str, week: Week | None) -> None:
        """Give a provider hours of their own; None takes them away."""
        ...

    def time_off(self, provider_id: str, since: datetime, until: datetime | None = None) -> Sequence[TimeOff]:
        """Return the provider's time off that shares any moment with [since, until), by its start; None: no end."""
        ...

    def add_time_off(self, off: TimeOff) -> None:
        """Store time off."""
        ...

    def remove_time_off(self, off_id: str) -> TimeOff:
        """Take time off away and return it. Raises `NotFoundError`."""
        ...
