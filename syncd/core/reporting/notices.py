"""What leaves to tell somebody of alerts: one notice for each address, over one channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class AlertChannel(StrEnum):
    """How somebody is told."""

    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One telling, to be delivered at least once, under the same ``id`` each time.

    ``recipient`` is an address; empty for the webhook, of which there is one. ``content`` is plain data. ``given_up``:
    it was refused for good, or could not be delivered while it still said anything.
    """

    id: str
    channel: AlertChannel
    recipient: str
    created_at: datetime
    content: Mapping[str, Any]
    attempts: int = 0
    sent_at: datetime | None = None
    given_up: bool = False
    last_error: str | None = None

    @property
    def where(self) -> str:
        """To whom it goes, in words."""
        return self.recipient or f"the {self.channel}"


OUT_OF_DATE = timedelta(hours=24)
"""After so long a notice says nothing any more: what lasts is told again by another."""
