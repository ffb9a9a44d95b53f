"""A drift: the findings on one publication that await or got a decision."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from syncd.core.events.findings import Finding, Kind, Severity


class DriftStatus(StrEnum):
    """Where a drift stands; ``open`` is the only one that awaits a decision."""

    OPEN = "open"
    REVERTED = "reverted"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    IGNORED = "ignored"
    SUPERSEDED = "superseded"


class Answer(StrEnum):
    """What its provider says of an edit that was put back; ``settled``: it was meant, and was cleared up since."""

    MISTAKE = "mistake"
    MEANT = "meant"
    SETTLED = "settled"


class DriftAction(StrEnum):
    """What a policy says to do about a drift."""

    REVERT = "revert"
    FLAG = "flag"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One out-of-band edit of one publication, with what was found and what became of it.

    A provider's answer by mail is one too; it is about an invitation, and has neither calendar nor publication.

    ``fingerprint`` identifies the edit (same findings, same values): an open drift is not recorded twice, and a
    decision on a drift whose fingerprint no longer holds is refused. ``edited_at`` is what the calendar says
    (LAST-MODIFIED), as evidence only. ``action`` is the policy's choice, ``rule`` the name of the rule that chose.
    ``due_at`` is when an open one will be put right by itself: quiet hours hold it back until then.
    ``also_concerned`` are further appointments of a series that the edit is about, by id. ``copies`` are the hrefs of
    other resources that are copies of ours. ``answer`` is what the provider said of it once it was put back.
    """

    id: str
    publication_id: str | None
    appointment_id: str
    calendar_id: str
    provider_id: str
    kinds: tuple[Kind, ...]
    severity: Severity
    findings: tuple[Finding, ...]
    fingerprint: str
    action: DriftAction
    rule: str
    detected_at: datetime
    status: DriftStatus = DriftStatus.OPEN
    claim_date_changes: bool = False
    edited_at: datetime | None = None
    due_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    note: str = ""
    also_concerned: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    answer: Answer | None = None
    answered_at: datetime | None = None

    @property
    def by_mail(self) -> bool:
        """Tell whether it is an answer that came by mail: about an invitation, not about an event in any calendar."""
        return not self.calendar_id

    @property
    def concerned(self) -> frozenset[str]:
        """The ids of all appointments that the edit is about."""
        return frozenset({self.appointment_id, *self.also_concerned})
