"""A claim, where it stands, and what people attested about it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from syncd.core.scheduling.people import Party


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

    ``confirmed_at`` is when the calendars in which the session stands were last looked at for the claim's sake;
    ``proven_at`` is the first such look after the session's end that found it there as the record says.
    ``number`` is what the billing system calls it, since it was filed. ``holds`` are the codes of what held it when it
    was last looked at, the first of them since ``held_since``.
    """

    id: str
    appointment_id: str
    date_of_service: date
    status: ClaimStatus = ClaimStatus.PENDING
    confirmed_at: datetime | None = None
    proven_at: datetime | None = None
    number: str | None = None
    filed_at: datetime | None = None
    holds: tuple[str, ...] = ()
    held_since: datetime | None = None


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
