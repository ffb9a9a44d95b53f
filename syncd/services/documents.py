"""The interface contract's JSON for drifts, findings and plans: plain data, the same for every edge."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncd.core.events.findings import Comparison, Finding
from syncd.core.sync.actions import AnyAction, Update, Wait, drift_in
from syncd.core.sync.drift import Drift

if TYPE_CHECKING:  # the planner is a large part of the core, and most documents are not about plans
    from syncd.core.sync.plan import Plan


def drift_document(drift: Drift) -> dict[str, Any]:
    """Return a drift as the contract shows it."""
    return {
        "id": drift.id,
        "appointment": drift.appointment_id,
        "calendar": drift.calendar_id,
        "provider": drift.provider_id,
        "kinds": [str(kind) for kind in drift.kinds],
        "severity": str(drift.severity),
        "claim_date_changes": drift.claim_date_changes,
        "findings": [finding_document(finding) for finding in drift.findings],
        "status": str(drift.status),
        "action": str(drift.action),
        "rule": drift.rule,
        "detected_at": _text(drift.detected_at),
        "edited_at": _text(drift.edited_at),
        "due_at": _text(drift.due_at),
        "resolved_at": _text(drift.resolved_at),
        "resolved_by": drift.resolved_by,
        "note": drift.note,
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return a finding as the contract shows it."""
    return {
        "kind": str(finding.kind),
        "recurrence_id": _text(finding.recurrence_id),
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


def plan_document(plan: "Plan") -> dict[str, Any]:
    """Return a plan: what would be done to which resource, and what changes there from what to what."""
    return {
        "id": plan.id,
        "calendar": plan.calendar_id,
        "actions": [_action_document(action) for action in plan.actions],
    }


def _action_document(action: AnyAction) -> dict[str, Any]:
    resource = action.resource
    return {
        "action": str(action.act),
        "source": resource.publication.source.id,
        "href": resource.publication.href,
        "start": _text(resource.sessions[0].start) if resource.sessions else None,
        "until": _text(action.until) if isinstance(action, Wait) else None,
        "changes": [finding_document(finding) for finding in _changes(action)],
    }


def _changes(action: AnyAction) -> tuple[Finding, ...]:
    if isinstance(action, Update):
        return action.changes.findings
    drift = drift_in(action)
    return drift.findings if drift is not None else ()


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
