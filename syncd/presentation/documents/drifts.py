"""Drifts, their findings, and what `syncd drift explain` says."""

from typing import Any

from syncd.core.events.findings import Comparison, Finding
from syncd.core.sync.drift import Drift
from syncd.presentation.documents.moments import exact


def drift_document(drift: Drift) -> dict[str, Any]:
    """Return a drift as the contract shows it."""
    return {
        "id": drift.id,
        "appointment": drift.appointment_id,
        "calendar": drift.calendar_id or None,
        "provider": drift.provider_id,
        "kinds": [str(kind) for kind in drift.kinds],
        "severity": str(drift.severity),
        "claim_date_changes": drift.claim_date_changes,
        "findings": [finding_document(finding) for finding in drift.findings],
        "status": str(drift.status),
        "action": str(drift.action),
        "rule": drift.rule,
        "detected_at": exact(drift.detected_at),
        "edited_at": exact(drift.edited_at),
        "due_at": exact(drift.due_at),
        "resolved_at": exact(drift.resolved_at),
        "resolved_by": drift.resolved_by,
        "note": drift.note,
        "answer": str(drift.answer) if drift.answer else None,
        "answered_at": exact(drift.answered_at),
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return a finding as the contract shows it."""
    return {
        "kind": str(finding.kind),
        "recurrence_id": exact(finding.recurrence_id),
        "field": finding.field,
        "published": finding.published,
        "observed": finding.observed,
        "severity": str(finding.severity),
    }


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return the verdict of `syncd drift explain` as the contract shows it."""
    return {
        "drift": comparison.drift,
        "kinds": [str(kind) for kind in comparison.kinds],
        "benign": [str(kind) for kind in comparison.benign],
        "claim_date_changes": comparison.claim_date_changes,
        "findings": [finding_document(finding) for finding in comparison.findings],
    }
