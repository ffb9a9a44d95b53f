"""The drift report: what was edited in a period, what was done, and what waits now. Names no client."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import ClaimRules, Hold
from syncd.core.reporting.sums import (
    Count,
    DateChange,
    Found,
    Repeat,
    Spans,
    counts,
    date_changes,
    detection,
    how_found,
    over_time,
    repeats,
    resolution,
)
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Provider
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.times import instant, zone
from syncd.core.work import Work
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.claims.claims import ClaimView, view
from syncd.services.documents import drift_document
from syncd.services.work.showing import failing_document


class Period(NamedTuple):
    """What a report is about: what was detected from ``since`` on and before ``until``; states are those of ``now``."""

    since: datetime
    until: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongDate:
    """A date of service that an edit would have made wrong, and what became of the claim."""

    drift: Drift
    change: DateChange
    claim: ClaimView


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """All that the report tells, before it is drawn. ``drifts`` are newest first; ``held`` claims have holds now."""

    practice: str
    period: Period
    drifts: tuple[Drift, ...]
    wrong_dates: tuple[WrongDate, ...]
    held: tuple[ClaimView, ...]
    providers: Mapping[str, Provider]
    calendars: Mapping[str, Calendar]
    failing: tuple[Work, ...] = ()

    @property
    def unobserved(self) -> list[Calendar]:
        """The calendars that cannot be read now."""
        return [calendar for calendar in self.calendars.values() if not calendar.state.is_readable]

    def provider(self, provider_id: str) -> str:
        """Return a provider's name."""
        return self.providers[provider_id].name

    def calendar(self, calendar_id: str) -> str:
        """Return how a calendar is told from another one of the same name."""
        calendar = self.calendars.get(calendar_id)
        return f"{self.provider(calendar.provider_id)}: {calendar.name}" if calendar else f"{calendar_id} (removed)"

    def found(self, drift: Drift) -> Found:
        """Return how a drift came to be known."""
        calendar = self.calendars.get(drift.calendar_id)
        return how_found(drift, calendar.kind if calendar else None)


def drift_report(store: Store, practice: str, period: Period, rules: ClaimRules) -> DriftReport:
    """Return the report on a period, from one look at the record."""
    with store.reading() as tx:
        drifts = tx.drifts.list(DriftQuery(since=period.since, until=period.until))
        providers = {provider.id: provider for provider in tx.providers.list()}
        return DriftReport(
            practice=practice,
            period=period,
            drifts=tuple(drifts),
            wrong_dates=tuple(_wrong_dates(tx, drifts, providers, rules, period.now)),
            held=tuple(_held(tx, rules, period.now)),
            providers=providers,
            calendars={calendar.id: calendar for calendar in tx.calendars.list()},
            failing=tuple(tx.works.failing()),
        )


def _wrong_dates(
    tx: Transaction, drifts: Iterable[Drift], providers: Mapping[str, Provider], rules: ClaimRules, now: datetime
) -> Iterator[WrongDate]:
    for drift in drifts:
        for change in date_changes(drift, zone(providers[drift.provider_id].timezone)):
            shown = view(tx, _session_of(tx, drift, change).id, rules, now)
            yield WrongDate(drift=drift, change=change, claim=shown)


def _session_of(tx: Transaction, drift: Drift, change: DateChange) -> Appointment:
    """Return the session that a change of date is about: the instance it names, else the drift's own appointment."""
    own = tx.appointments.get(drift.appointment_id)
    if change.recurrence_id is None:
        return own
    concerned = (own, *(tx.appointments.get(other) for other in drift.also_concerned))
    return next((one for one in concerned if _is_instance(one, change.recurrence_id)), own)


def _is_instance(one: Appointment, recurrence_id: datetime) -> bool:
    return one.recurrence_id is not None and instant(one.recurrence_id) == instant(recurrence_id)


def _held(tx: Transaction, rules: ClaimRules, now: datetime) -> Iterator[ClaimView]:
    """Yield the claims that are held now, filed ones in drift among them, by date of service."""
    ids = {claim.id for claim in tx.claims.over(now)}
    in_drift = {one for drift in tx.drifts.list(DriftQuery(status=DriftStatus.OPEN)) for one in drift.concerned}
    ids |= {tx.claims.get(one).id for one in tx.claims.filed_among(in_drift)}
    found = (view(tx, claim_id, rules, now) for claim_id in ids)
    held = [one for one in found if one.holds and one.status in {ClaimStatus.HELD, ClaimStatus.FILED}]
    yield from sorted(held, key=lambda one: (one.claim.date_of_service, one.claim.id))


def report_document(report: DriftReport) -> dict[str, Any]:
    """Return the whole report as plain data: the JSON, and what page and digest are drawn from."""
    drifts = report.drifts
    return {
        "practice": report.practice,
        "since": _text(report.period.since),
        "until": _text(report.period.until),
        "generated_at": _text(report.period.now),
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
        "since": _text(hold.since),
        "seconds": max(round((report.period.now - hold.since).total_seconds()), 0),
    }


def _calendar(report: DriftReport, calendar: Calendar) -> dict[str, Any]:
    return {
        "id": calendar.id,
        "name": calendar.name,
        "provider": report.provider(calendar.provider_id),
        "state": calendar.state.value,
        "last_synced_at": _text(calendar.last_synced_at),
        "last_error": calendar.last_error,
    }


def _repeat(report: DriftReport, repeat: Repeat) -> dict[str, Any]:
    return {
        "appointment": repeat.appointment_id,
        "provider": report.provider(repeat.provider_id),
        "kinds": [kind.value for kind in repeat.kinds],
        "count": repeat.times,
        "last_at": _text(repeat.last_at),
    }


def _drift(report: DriftReport, drift: Drift) -> dict[str, Any]:
    names = {
        "provider_name": report.provider(drift.provider_id),
        "calendar_name": report.calendar(drift.calendar_id),
        "found": report.found(drift).value,
    }
    return drift_document(drift) | names


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
