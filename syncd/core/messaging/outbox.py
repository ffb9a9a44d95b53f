"""A mail in the outbox, and where it stands."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class MessageStatus(StrEnum):
    """Where an outgoing message stands. ``merged``: a later message of the same appointment says it all."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail in the outbox, written in the transaction of the change it tells of.

    ``kind`` is what happened (booked, rescheduled, cancelled, reverted …), ``method`` the iTIP method (REQUEST,
    CANCEL), None for a mail without a calendar part. ``facts`` is what the mail is made of; unique are uid,
    recurrence_id, sequence, method and recipient together. Messages of one ``uid`` to one ``recipient`` leave in the
    order of ``number``. ``handed_over_at`` is when a mail server got it without having answered yet: it may have
    arrived or not, and only trying again can make sure.
    """

    id: str
    kind: str
    appointment_id: str
    recipient: str
    party: str
    method: str | None
    uid: str
    sequence: int
    created_at: datetime
    facts: dict[str, Any] = field(default_factory=dict)
    recurrence_id: datetime | None = None
    status: MessageStatus = MessageStatus.QUEUED
    number: int = 0
    attempts: int = 0
    handed_over_at: datetime | None = None
    sent_at: datetime | None = None
    last_error: str | None = None
