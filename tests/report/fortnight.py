"""A practice with edits of every sort in a fortnight, for the tests of the report."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from syncd.adapters.db import SqlStore
from syncd.core.claims.holds import ClaimRules
from syncd.core.events.findings import Finding, Kind, Severity
from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.calendars import CalendarKind, CalendarState
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.services.reporting.report import DriftReport, Period, drift_report
from tests.builders import NEW_YORK, a_calendar, a_client, a_provider, an_appointment
from tests.claims.builders import a_drift

SINCE = datetime(2026, 12, 1, tzinfo=UTC)
UNTIL = datetime(2026, 12, 15, tzinfo=UTC)
PERIOD = Period(SINCE, UNTIL, UNTIL)

DANA = a_provider(id="prv-dana", name="Dana <Doe> & Sons")
NOOR = a_provider(id="prv-noor", name="Noor Hadid", timezone="Asia/Tokyo")
FINE = a_calendar(id="cal-fine", provider_id=DANA.id, name="Practice appointments")
BROKEN = a_calendar(
    id="cal-broken",
    provider_id=NOOR.id,
    name="Work",
    kind=CalendarKind.FEED,
    state=CalendarState.UNREACHABLE,
    last_error="The server did not answer.",
    last_synced_at=SINCE,
)


def a_session(number: int) -> Appointment:
    """Return Dana's session at noon in New York on that day of December."""
    start = datetime(2026, 12, number, 12, 0, tzinfo=NEW_YORK)
    return an_appointment(id=f"apt-{number}", provider_id=DANA.id, client_id="cli-1", start=start)


def moved(number: int, **changes: object) -> Drift:
    """Return that Dana dragged the session of that day to the day after, an hour before it was to begin."""
    start = a_session(number).start
    finding = Finding(
        kind=Kind.MOVED,
        severity=Severity.CLAIM_DATE,
        field="DTSTART",
        published=start.isoformat(),
        observed=(start + timedelta(days=1)).isoformat(),
    )
    detected = start - timedelta(hours=1)
    default = a_drift(
        id=f"drift-moved-{number}",
        appointment_id=f"apt-{number}",
        provider_id=DANA.id,
        calendar_id=FINE.id,
        findings=(finding,),
        detected_at=detected,
        edited_at=detected - timedelta(minutes=number),
        status=DriftStatus.REVERTED,
        action=DriftAction.REVERT,
        resolved_at=detected + timedelta(seconds=30),
        resolved_by="policy",
    )
    return replace(default, **changes)  # type: ignore[arg-type]  # fields by name


def declined(number: int) -> Drift:
    """Return that Dana declined the session of that day, which nobody has decided on."""
    return moved(
        number,
        id=f"drift-declined-{number}",
        kinds=(Kind.DECLINED,),
        severity=Severity.PRESENCE,
        findings=(),
        claim_date_changes=False,
        status=DriftStatus.OPEN,
        action=DriftAction.FLAG,
        resolved_at=None,
        resolved_by=None,
        edited_at=None,
    )


def furnish(store: SqlStore) -> None:
    """Store people, calendars, sessions, and the drifts of the period, with one before and one after it."""
    with store.transaction() as tx:
        tx.providers.add(DANA)
        tx.providers.add(NOOR)
        tx.clients.add(a_client(id="cli-1", name="Secret Client"))
        tx.calendars.add(FINE)
        tx.calendars.add(BROKEN)
        tx.appointments.add(a_session(number) for number in (1, 2, 3, 4, 20))
        for drift in (
            moved(2),
            moved(2, id="drift-again", fingerprint="again"),
            moved(3),
            declined(4),
            moved(1, id="drift-feed", calendar_id=BROKEN.id),
            moved(20),
            moved(1, id="drift-old", detected_at=SINCE - timedelta(seconds=1)),
        ):
            tx.drifts.add(drift)


def a_report(store: SqlStore, period: Period = PERIOD) -> DriftReport:
    """Return the report on what `furnish` stored."""
    return drift_report(store, "Example Practice", period, ClaimRules())
