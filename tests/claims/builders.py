"""Builders with defaults for the tests about claims and the report."""

from dataclasses import replace
from itertools import count
from typing import Any

from syncd.core.events.findings import Finding, Kind, Severity
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from tests.builders import NOW

_numbers = count(1)

TO_WEDNESDAY = Finding(
    kind=Kind.MOVED,
    severity=Severity.CLAIM_DATE,
    field="DTSTART",
    published="2026-12-01T10:00:00-05:00",
    observed="2026-12-02T14:00:00-05:00",
)
"""Tuesday's session of the builders, dragged to Wednesday afternoon."""


def a_drift(**changes: Any) -> Drift:
    """Return an open drift: Tuesday's event of ``apt-1`` dragged to Wednesday."""
    number = next(_numbers)
    default = Drift(
        id=f"drift-{number}",
        publication_id=None,
        appointment_id="apt-1",
        calendar_id="cal-1",
        provider_id="prv-1",
        kinds=(Kind.MOVED,),
        severity=Severity.CLAIM_DATE,
        findings=(TO_WEDNESDAY,),
        fingerprint=f"edit-{number}",
        action=DriftAction.FLAG,
        rule="practice",
        detected_at=NOW,
        claim_date_changes=True,
    )
    return replace(default, **changes)


def a_reverted(**changes: Any) -> Drift:
    """Return the same drift as policy put it right."""
    settled: dict[str, Any] = {"status": DriftStatus.REVERTED, "resolved_at": NOW, "resolved_by": "policy"}
    return a_drift(**(settled | {"action": DriftAction.REVERT} | changes))
