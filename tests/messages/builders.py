"""Builders of messages, with defaults."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from syncd.core.messaging.content import Facts, News, facts_document
from syncd.core.messaging.outbox import Message
from tests.builders import NOW

_numbers = count(1)


def some_facts(**changes: Any) -> Facts:
    default = Facts(
        recipient="Chris Client",
        counterpart="Pat Provider",
        timezone="America/New_York",
        provider_email="pat@example.com",
    )
    return replace(default, **changes)


def a_message(
    news: Sequence[News] = (), *, calendar: str = "", reason: str = "", personal: str = "", **changes: Any
) -> Message:
    """Return a queued message to a client; facts that a test is about are given by name."""
    facts = some_facts(news=tuple(news), calendar=calendar, reason=reason, personal=personal)
    default = Message(
        id=f"msg-test{next(_numbers)}",
        kind="booked",
        appointment_id="apt-1",
        recipient="chris@example.org",
        party="client",
        method="REQUEST",
        uid="apt-1.example",
        sequence=0,
        created_at=NOW,
        facts=facts_document(facts),
    )
    return replace(default, **changes)
