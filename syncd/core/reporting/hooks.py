"""What programs elsewhere are told of as it happens: webhooks, their subscriptions and what is on its way to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final


class HookEvent(StrEnum):
    """What may have happened. ``drift.resolved`` is told of an edit that a rule settled at once, too."""

    DRIFT_OPENED = "drift.opened"
    DRIFT_RESOLVED = "drift.resolved"
    CLAIM_HELD = "claim.held"
    CLAIM_CLEAR = "claim.clear"
    APPOINTMENT_CHANGED = "appointment.changed"
    CALENDAR_STATE = "calendar.state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told of what. ``name`` tells one subscriber from another."""

    name: str
    events: frozenset[HookEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDelivery:
    """One event on its way to one subscriber, delivered at least once under the same ``id``.

    ``data`` holds ids, words and times, and never a name or a text of an event. ``given_up``: it could not be delivered
    for too long, or its subscriber is there no more.
    """

    id: str
    hook: str
    event: HookEvent
    subject: str
    at: datetime
    data: Mapping[str, Any]
    attempts: int = 0
    sent_at: datetime | None = None
    given_up: bool = False
    last_error: str | None = None


GIVEN_UP_AFTER: Final = timedelta(days=3)
"""For so long it is tried: a subscriber that was away over a weekend misses nothing."""
