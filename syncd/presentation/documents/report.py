"""The drift report: the JSON, and what page, table and digest are drawn from."""

from collections.abc import Sequence
from typing import Any

from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import Hold
from syncd.core.reporting.sums import Count, Repeat, Spans, counts, detection, over_time, repeats, resolution
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.presentation.documents.drifts import drift_document
from syncd.presentation.documents.moments import iso
from syncd.presentation.documents.work import failing_document
from syncd.services.claims.claims import ClaimView
from syncd.services.reporting.report import DriftReport, WrongDate


def report_document(report: DriftReport) -> dict[str, Any]:
    """Return the whole report as plain data."""
    drifts = report.drifts
    return {
        "practice": report.practice,
        "since": iso(report.period.since),
        "until": iso(report.period.until),
        "generated_at": iso(report.period.now),
        "totals": _totals(report),
        "drifts_by": _breakdown(report),
        "over_time": _counts(over_time((d.detected_at for d in drifts), report.period.since, report.period.until)),
        "time_to_detect": {
            **_spans(detection(drifts)),
            "unknown": sum(drift.edited_at is None for drift in drifts),
        },
        "time_to_resolve": _spans(resolution(drifts)),
        "claim_dates": [_wrong_date(report, wrong) for wrong in report.wrong_dates],
        "holds": _holds(report),
        "calendars": [_calendar(report, calendar) for calendar in report.unobserved],
        "report_only": [_calendar(report, calendar) for calendar in report.report_only],
        "failing": [failing_document(work) for work in report.failing],
        "repeats": [_repeat(report, repeat) for repeat in repeats(drifts)],
        "drifts": [_drift(report, drift) for drift in drifts],
    }


def _totals(report: DriftReport) -> dict[str, int]:
    return {
        "drifts": len(report.drifts),
        "open": sum(drift.status is DriftStatus.OPEN for drift in report.drifts),
        "claim_dates": len(report.wrong_dates),
        "held_claims": len(report.held),
        "unobserved_calendars": len(report.unobserved),
    }


def _breakdown(report: DriftReport) -> dict[str, list[dict[str, Any]]]:
    drifts = report.drifts
    return {
        "kind": _counts(counts(kind for drift in drifts for kind in drift.kinds)),
        "severity": _counts(counts(drift.severity for drift in drifts)),
        "provider": _counts(counts(report.provider(drift.provider_id) for drift in drifts)),
        "calendar": _counts(counts(report.calendar(drift.calendar_id) for drift in drifts)),
        "found": _counts(counts(report.found(drift) for drift in drifts)),
        "action": _counts(counts(drift.action for drift in drifts)),
        "status": _counts(counts(drift.status for drift in drifts)),
    }


def _counts(found: Sequence[Count]) -> list[dict[str, Any]]:
    return [{"name": str(count.name), "count": count.times} for count in found]


def _spans(found: Spans) -> dict[str, Any]:
    return {
        "count": found.cases,
        "median_seconds": None if found.median is None else round(found.median.total_seconds()),
        "p95_seconds": None if found.p95 is None else round(found.p95.total_seconds()),
    }


def _wrong_date(report: DriftReport, wrong: WrongDate) -> dict[str, Any]:
    claim = wrong.claim.claim
    return {
        "appointment": claim.appointment_id,
        "provider": report.provider(wrong.drift.provider_id),
        "old": wrong.change.old.isoformat() if wrong.change.old else None,
        "edited": wrong.change.edited.isoformat() if wrong.change.edited else None,
        "filed_as": claim.date_of_service.isoformat() if claim.status is ClaimStatus.FILED else None,
        "claim": wrong.claim.status.value,
        "drift": wrong.drift.id,
        "drift_status": wrong.drift.status.value,
    }


def _holds(report: DriftReport) -> dict[str, Any]:
    found = [(one, hold) for one in report.held for hold in one.holds]
    return {
        "by_code": _counts(counts(hold.code for _, hold in found)),
        "open": [_hold(report, one, hold) for one, hold in found],
    }


def _hold(report: DriftReport, one: ClaimView, hold: Hold) -> dict[str, Any]:
    return {
        "claim": one.claim.id,
        "appointment": one.claim.appointment_id,
        "provider": report.provider(one.evidence.appointment.provider_id),
        "date_of_service": one.claim.date_of_service.isoformat(),
        "code": hold.code.value,
        "message": hold.message,
        "lifted_by": hold.lifted_by,
        "since": iso(hold.since),
        "seconds": max(round((report.period.now - hold.since).total_seconds()), 0),
    }


def _calendar(report: DriftReport, calendar: Calendar) -> dict[str, Any]:
    return {
        "id": calendar.id,
        "name": calendar.name,
        "provider": report.provider(calendar.provider_id),
        "state": calendar.state.value,
        "mode": calendar.mode.value,
        "last_synced_at": iso(calendar.last_synced_at),
        "last_error": calendar.last_error,
    }


def _repeat(report: DriftReport, repeat: Repeat) -> dict[str, Any]:
    return {
        "appointment": repeat.appointment_id,
        "provider": report.provider(repeat.provider_id),
        "kinds": [kind.value for kind in repeat.kinds],
        "count": repeat.times,
        "last_at": iso(repeat.last_at),
    }


def _drift(report: DriftReport, drift: Drift) -> dict[str, Any]:
    names = {
        "provider_name": report.provider(drift.provider_id),
        "calendar_name": report.calendar(drift.calendar_id),
        "found": report.found(drift).value,
    }
    return drift_document(drift) | names
