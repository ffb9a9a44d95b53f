"""How all stands: status, alerts, and what `syncd check` found."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncd.presentation.documents.moments import iso
from syncd.presentation.documents.work import failing_document, work_document

if TYPE_CHECKING:
    from syncd.core.reporting.alerts import Alert
    from syncd.services.reporting.check import Check
    from syncd.services.reporting.status import Status


def status_document(status: "Status", now: datetime) -> dict[str, Any]:
    """Return the state of the whole; ages in whole seconds."""
    return {
        "ok": status.ok,
        "last_cycle_at": iso(status.last_cycle_at),
        "calendars": dict(sorted(status.calendars.items())),
        "overdue": list(status.overdue),
        "standing": {str(word): number for word, number in status.standing.items()},
        "queue": {"publications": status.pending_publications, "messages": status.queued_messages},
        "failed_messages": status.failed_messages,
        "open_drifts": status.open_drifts,
        "held_claims": status.held_claims,
        "alerts": status.alerts,
        "proof_age_seconds": _age(status.least_recent_proof_at, now),
        "never_proven": status.never_proven,
        "work": work_document(status.work),
        "failing": [failing_document(work) for work in status.failing],
        "unpublished": dict(sorted(status.unpublished.items())),
        "modes": {str(mode): number for mode, number in status.modes.items()},
        "withheld": status.withheld,
    }


def alert_document(alert: "Alert", console: str = "") -> dict[str, Any]:
    """Return an alert. ``console``: where people reach it, without a slash at the end; empty where they do not."""
    return {
        "code": alert.code,
        "subject": alert.subject,
        "severity": str(alert.severity),
        "since": iso(alert.since),
        "cause": alert.cause,
        "remedy": alert.remedy,
        "link": f"{console}{alert.place or '/'}" if console else None,
    }


def checks_document(checks: Iterable["Check"]) -> dict[str, Any]:
    """Return what was tried, and whether all of it works."""
    done = list(checks)
    return {"ok": all(check.ok for check in done), "checks": [check._asdict() for check in done]}


def _age(moment: datetime | None, now: datetime) -> int | None:
    return int((now - moment).total_seconds()) if moment else None
