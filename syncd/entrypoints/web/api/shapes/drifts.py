"""Drifts: edits in providers' calendars, what was found, and what is said about them."""

from typing import Annotated

from pydantic import Field

from syncd.core.events.findings import Kind, Severity
from syncd.core.sync.drift import Answer, DriftAction, DriftStatus
from syncd.entrypoints.web.api.shapes import (
    AppointmentId,
    CalendarId,
    DriftId,
    MomentText,
    Next,
    ProviderId,
    Shape,
    example,
)
from syncd.entrypoints.web.api.values import Given, Note, Truth

Body = Annotated[str, Field(max_length=100_000, description="an iCalendar body (RFC 5545)")]


class Finding(Shape):
    """One difference. ``recurrence_id``: the instance that it is about; null: all of the event."""

    kind: Kind
    recurrence_id: MomentText | None
    field: str
    published: str | None
    observed: str | None
    severity: Severity


class Drift(Shape):
    """An edit of one event, and what became of it. ``edited_at`` is null where the edit left no time of its own."""

    model_config = example(
        id="drift-5s1g7z3q9d",
        appointment="apt-7m2k9qf3x1",
        calendar="cal-2f6j8p1v4x",
        provider="prv-4h8d2n6c1w",
        kinds=["moved"],
        severity="claim_date",
        claim_date_changes=True,
        findings=[
            {
                "kind": "moved",
                "recurrence_id": None,
                "field": "DTSTART",
                "published": "2026-12-01T10:00:00-05:00",
                "observed": "2026-12-02T10:00:00-05:00",
                "severity": "claim_date",
            }
        ],
        status="open",
        action="flag",
        rule="claim dates wait",
        detected_at="2026-11-25T10:00:00+00:00",
        edited_at=None,
        due_at=None,
        resolved_at=None,
        resolved_by=None,
        note="",
        answer=None,
        answered_at=None,
    )

    id: DriftId
    appointment: AppointmentId
    calendar: CalendarId
    provider: ProviderId
    kinds: list[Kind]
    severity: Severity
    claim_date_changes: bool
    findings: list[Finding]
    status: DriftStatus
    action: DriftAction
    rule: str
    detected_at: MomentText
    edited_at: MomentText | None
    due_at: MomentText | None
    resolved_at: MomentText | None
    resolved_by: str | None
    note: str | None
    answer: Answer | None
    answered_at: MomentText | None


class Drifts(Shape):
    """A part of the list of drifts."""

    drifts: list[Drift]
    next: Next


class Decision(Given):
    """Why, for the record."""

    model_config = example(note="Called: it was a slip.")

    note: Note = ""


class Acceptance(Decision):
    """Why; and whether it is meant that the client has two sessions at once."""

    model_config = example(note="Agreed with the client by telephone.")

    allow_overlap: Truth = False


class TwoBodies(Given):
    """Two bodies of one resource; ``observed`` null: nothing stands there any more. ``also``: others that appeared."""

    published: Body
    observed: Body | None
    also: Annotated[tuple[Body, ...], Field(max_length=10)] = ()
    timezone: Annotated[str | None, Field(max_length=60, description="the provider's IANA time zone")] = None


class Comparison(Shape):
    """What a detector makes of two bodies."""

    drift: bool
    kinds: list[str]
    benign: list[str]
    claim_date_changes: bool
    findings: list[Finding]
