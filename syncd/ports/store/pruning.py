"""The store of what is over and may be let go of; what a claim, an open decision or a proof rests on is not in it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Litter(StrEnum):
    """What is let go of, in this order."""

    WATCHED = "publications"
    BODIES = "bodies"
    DRIFTS = "drifts"
    MESSAGES = "messages"
    MAILS = "received_mails"
    WORK = "work"
    NOTICES = "alert_notices"
    SESSIONS = "sessions"
    LINKS = "one_time_links"
    TOKENS = "tokens"
    TRIES = "sign_in_tries"
    FORMS = "form_keys"
    ANSWERS = "kept_answers"
    HOOKS = "webhook_deliveries"


Mark = tuple[str, ...]
"""How one entry is told from the others of its kind."""


class Prunings(Protocol):
    """What is over, by kind.

    ``publications``: watched events of which every session, and no other to come, ended before; they become retired.
    ``bodies``: the texts of retired events, unless a drift on them is open or a claim is undecided.
    ``drifts``: settled ones whose sessions are over too, unless a claim among theirs is undecided.
    ``messages``: mail that left or was merged, of sessions that are over and in no open drift.
    ``received_mails``: mail that came in, of sessions that are over and in no open drift, or of none.
    ``work``: units that rest. ``alert_notices``: news of alerts that left, or that were given up.
    ``sessions``, ``one_time_links``, ``tokens``: what expired, ended or was revoked.
    ``sign_in_tries``: wrong passwords in a row, the last of them before. ``form_keys``: of forms that were sent.
    ``kept_answers``: what the API answered to requests under a key. ``webhook_deliveries``: events that left for
    webhooks, or that were given up.
    """

    def over(self, litter: Litter, before: datetime, *, after: Mark | None = None, limit: int) -> Sequence[Mark]:
        """Return the next ``limit`` entries that were over before then, in the order of their marks."""
        ...

    def let_go(self, litter: Litter, before: datetime, marks: Sequence[Mark]) -> int:
        """Let go of these; what is not over before then any more stays. Return how many it was."""
        ...
