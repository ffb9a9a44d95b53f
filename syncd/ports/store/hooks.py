"""The store of what is on its way to webhooks. Events enter it by themselves, as the record changes."""

from collections.abc import Sequence
from typing import Protocol

from syncd.core.reporting.hooks import HookDelivery


class Hooks(Protocol):
    """Deliveries to webhooks."""

    def find(self, delivery_id: str) -> HookDelivery | None:
        """Return one, None when there is none."""
        ...

    def save(self, delivery: HookDelivery) -> None:
        """Store how it went."""
        ...

    def latest(self, hook: str | None, most: int) -> Sequence[HookDelivery]:
        """Return the newest ones, of all subscribers or of one."""
        ...
