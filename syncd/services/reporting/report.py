"""The drift report: what was edited in a period, what was done, and what waits now. Names no client."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import ClaimRules
from syncd.core.reporting.sums import DateChange, Found, date_changes, how_found
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Provider
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.times import instant, zone
from syncd.core.work import Work
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.claims.claims import ClaimView, views_of


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

    @property
    def report_only(self) -> list[Calendar]:
        """The calendars in which nothing is written, on a person's word."""
        return [calendar for calendar in self.calendars.values() if not calendar.mode.writes]

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
    found = [(drift, change) for drift in drifts for change in date_changes(drift, _zone_of(drift, providers))]
    sessions = tx.appointments.by_id({one for drift, _ in found for one in drift.concerned})
    about = [_session_of(sessions, drift, change).id for drift, change in found]
    shown = _views_about(tx, set(about), rules, now)
    for (drift, change), one in zip(found, about, strict=True):
        yield WrongDate(drift=drift, change=change, claim=shown[one])


def _zone_of(drift: Drift, providers: Mapping[str, Provider]) -> ZoneInfo:
    return zone(providers[drift.provider_id].timezone)


def _session_of(sessions: Mapping[str, Appointment], drift: Drift, change: DateChange) -> Appointment:
    """Return the session that a change of date is about: the instance it names, else the drift's own appointment."""
    own = sessions[drift.appointment_id]
    if change.recurrence_id is None:
        return own
    concerned = (own, *(sessions[other] for other in drift.also_concerned))
    return next((one for one in concerned if _is_instance(one, change.recurrence_id)), own)


def _views_about(
    tx: Transaction, appointment_ids: Iterable[str], rules: ClaimRules, now: datetime
) -> Mapping[str, ClaimView]:
    """Return the claims of these appointments as they stand now, by appointment."""
    found = views_of(tx, tx.claims.of_appointments(appointment_ids), rules, now)
    return {shown.claim.appointment_id: shown for shown in found}


def _is_instance(one: Appointment, recurrence_id: datetime) -> bool:
    return one.recurrence_id is not None and instant(one.recurrence_id) == instant(recurrence_id)


def _held(tx: Transaction, rules: ClaimRules, now: datetime) -> Iterator[ClaimView]:
    """Yield the claims that are held now, filed ones in drift among them, by date of service."""
    in_drift = {one for drift in tx.drifts.list(DriftQuery(status=DriftStatus.OPEN)) for one in drift.concerned}
    filed = tx.claims.of_appointments(tx.claims.filed_among(in_drift))
    found = views_of(tx, [*tx.claims.over(now), *filed], rules, now)
    held = [one for one in found if one.holds and one.status in {ClaimStatus.HELD, ClaimStatus.FILED}]
    yield from sorted(held, key=lambda one: (one.claim.date_of_service, one.claim.id))
