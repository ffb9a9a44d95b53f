"""Rows that other use cases leave behind: outgoing messages, claims and the audit trail."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from syncd.core.practice import Party


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
    next_attempt_at: datetime | None = None
    handed_over_at: datetime | None = None
    sent_at: datetime | None = None
    last_error: str | None = None


class ClaimStatus(StrEnum):
    """Where a claim stands: not over yet, held, free to be filed, filed, or void because nothing took place."""

    PENDING = "pending"
    HELD = "held"
    CLEAR = "clear"
    FILED = "filed"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The claim of one appointment. Its ``date_of_service`` is the appointment's, never a date of its own.

    ``confirmed_at`` is when the calendars in which the session stands were last looked at for the claim's sake.
    ``number`` is what the billing system calls it, since it was filed.
    """

    id: str
    appointment_id: str
    date_of_service: date
    status: ClaimStatus = ClaimStatus.PENDING
    confirmed_at: datetime | None = None
    number: str | None = None
    filed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A person's word on which date a session took place. Append-only.

    ``party`` is the provider or the practice's admin, ``by`` the person as they were named, ``actor`` who typed it.
    """

    appointment_id: str
    at: datetime
    date_of_service: date
    party: Party
    by: str
    actor: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """Who or what decided or changed what, when and why. Append-only; ``number`` and hashes are the store's."""

    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any] = field(default_factory=dict)
