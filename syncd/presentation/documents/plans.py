"""Plans and rounds: what would be done, and what was done."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from syncd.core.events.findings import Finding
from syncd.core.sync.actions import AnyAction, Update, Wait, drift_in, writes
from syncd.core.sync.calendars import CalendarMode
from syncd.presentation.documents.drifts import drift_document, finding_document
from syncd.presentation.documents.moments import exact
from syncd.services.sync.reconcile import total

if TYPE_CHECKING:
    from syncd.core.sync.plan import Plan
    from syncd.services.sync.rounds import Round

COUNTS = (
    *("published", "updated", "withdrawn", "unchanged", "reverted", "flagged"),
    *("ignored", "adopted", "forgotten", "withheld"),
)


def round_document(done: "Round") -> dict[str, Any]:
    """Return what a round did, or would do: a dry run with the plans."""
    counts = total(done.reports)
    counts["unchanged"] = done.unchanged
    return {
        "calendars": len(done.reports),
        **{name: counts[name] for name in COUNTS},
        "awaiting": done.awaiting,
        "drifts": [drift_document(drift) for drift in done.drifts],
        "requests": sum(report.requests for report in done.reports),
        "errors": [asdict(error) for error in done.errors],
        "dry_run": done.dry_run,
        **({"plan": [plan_document(r.plan, r.mode) for r in done.reports if r.plan]} if done.dry_run else {}),
    }


def plan_document(plan: "Plan", mode: CalendarMode) -> dict[str, Any]:
    """Return a plan: what would be done to which resource, and what changes there from what to what.

    ``withheld`` is what the calendar's ``mode`` does not allow to be done.
    """
    return {
        "id": plan.id,
        "calendar": plan.calendar_id,
        "mode": str(mode),
        "actions": [_action_document(action, mode) for action in plan.actions],
    }


def _action_document(action: AnyAction, mode: CalendarMode) -> dict[str, Any]:
    resource = action.resource
    return {
        "action": str(action.act),
        "source": resource.publication.source.id,
        "href": resource.publication.href,
        "start": exact(resource.sessions[0].start) if resource.sessions else None,
        "until": exact(action.until) if isinstance(action, Wait) else None,
        "withheld": writes(action) and not mode.writes,
        "changes": [finding_document(finding) for finding in _changes(action)],
    }


def _changes(action: AnyAction) -> tuple[Finding, ...]:
    if isinstance(action, Update):
        return action.changes.findings
    drift = drift_in(action)
    return drift.findings if drift is not None else ()
