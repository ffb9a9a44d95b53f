"""Drifts with their findings: the store's contract, on every database."""

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from syncd.core.errors import AlreadyExistsError, NotFoundError
from syncd.core.events.findings import Finding, Kind, Severity
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.publication import Publication, PublicationState
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store
from tests.builders import NOW, START, a_calendar, a_provider, a_publication, an_appointment

MOVED = Finding(
    kind=Kind.INSTANCE_MOVED,
    severity=Severity.CLAIM_DATE,
    field="start",
    published="2026-12-01T10:00:00-05:00",
    observed="2026-12-02T10:00:00-05:00",
    recurrence_id=START,
)
RENAMED = Finding(kind=Kind.TITLE, severity=Severity.CONTENT, field="summary", published="A. B.", observed=None)

APPOINTMENT = an_appointment()
CALENDAR: Calendar = a_calendar()
PUBLICATION: Publication = a_publication(CALENDAR, APPOINTMENT.source)


def a_drift(**changes: Any) -> Drift:
    default = Drift(
        id="drf-1",
        publication_id=PUBLICATION.id,
        appointment_id=APPOINTMENT.id,
        calendar_id=CALENDAR.id,
        provider_id="prv-1",
        kinds=(Kind.INSTANCE_MOVED, Kind.TITLE),
        severity=Severity.CLAIM_DATE,
        findings=(MOVED, RENAMED),
        fingerprint="f1",
        action=DriftAction.FLAG,
        rule="default",
        detected_at=NOW,
    )
    return replace(default, **changes)


@pytest.fixture
def drift_store(practice_store: Store) -> Store:
    """Return a store with the appointment, calendar and publication that the drifts here are about."""
    with practice_store.transaction() as tx:
        tx.appointments.add([APPOINTMENT])
        tx.calendars.add(CALENDAR)
        tx.publications.add(PUBLICATION)
    return practice_store


def add(store: Store, *drifts: Drift) -> None:
    with store.transaction() as tx:
        for drift in drifts:
            tx.drifts.add(drift)


def found(store: Store, **conditions: Any) -> list[str]:
    with store.reading() as tx:
        return [drift.id for drift in tx.drifts.list(DriftQuery(**conditions))]


def test_one_with_every_field(drift_store: Store) -> None:
    """What was stored comes back equal, its findings in their order."""
    drift = a_drift(
        claim_date_changes=True,
        edited_at=NOW - timedelta(hours=1),
        status=DriftStatus.ACCEPTED,
        resolved_at=NOW + timedelta(hours=1),
        resolved_by="sam",
        note="agreed by phone",
    )
    add(drift_store, drift)
    with drift_store.reading() as tx:
        assert tx.drifts.get(drift.id) == drift
        assert tx.drifts.list(DriftQuery()) == [drift]


def test_an_instance_named_in_utc(drift_store: Store) -> None:
    """A recurrence id given as an instant stays that instant."""
    finding = replace(MOVED, recurrence_id=START.astimezone(UTC))
    add(drift_store, a_drift(findings=(finding,)))
    with drift_store.reading() as tx:
        assert tx.drifts.get("drf-1").findings == (finding,)


def test_a_decided_one(drift_store: Store) -> None:
    """Saving stores the decision and the findings as they are given."""
    drift = a_drift()
    add(drift_store, drift)
    decided = replace(drift, status=DriftStatus.REVERTED, resolved_at=NOW, resolved_by="policy", findings=(RENAMED,))
    with drift_store.transaction() as tx:
        tx.drifts.save(decided)
    with drift_store.reading() as tx:
        assert tx.drifts.get(drift.id) == decided


def test_one_that_is_not_there(drift_store: Store) -> None:
    """The refusal names the reference and the command that lists what there is."""
    with drift_store.transaction() as tx:
        with pytest.raises(NotFoundError, match=r"No drift 'drf-none'\. See: syncd drift list"):
            tx.drifts.get("drf-none")
        with pytest.raises(NotFoundError, match="drf-none"):
            tx.drifts.save(a_drift(id="drf-none"))


def test_the_same_edit_seen_again(drift_store: Store) -> None:
    """An edit is one open drift; once decided, the same edit made again is another."""
    drift = a_drift()
    add(drift_store, drift)
    again = a_drift(id="drf-2")
    with drift_store.transaction() as tx:
        with pytest.raises(AlreadyExistsError, match="open drift already"):
            tx.drifts.add(again)
        tx.drifts.save(replace(drift, status=DriftStatus.REVERTED))
        tx.drifts.add(again)
    assert found(drift_store) == ["drf-1", "drf-2"]


def test_lists(drift_store: Store) -> None:
    """Conditions are joined by and; newest first; the span is half open."""
    with drift_store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-2"))
    other_appointment = an_appointment()
    with drift_store.transaction() as tx:
        tx.appointments.add([other_appointment])
    old = a_drift(id="drf-old", detected_at=NOW - timedelta(days=1), status=DriftStatus.DISMISSED)
    odd = a_drift(
        id="drf-odd",
        detected_at=NOW + timedelta(days=1),
        kinds=(Kind.MOVED,),
        publication_id=None,
        calendar_id="cal-gone",
        provider_id="prv-2",
        appointment_id=other_appointment.id,
    )
    add(drift_store, old, a_drift(), odd)
    assert found(drift_store) == ["drf-odd", "drf-1", "drf-old"]
    assert found(drift_store, limit=1) == ["drf-odd"]
    assert found(drift_store, status=DriftStatus.DISMISSED) == ["drf-old"]
    assert found(drift_store, provider_id="prv-2") == ["drf-odd"]
    assert found(drift_store, calendar_id=CALENDAR.id) == ["drf-1", "drf-old"]
    assert found(drift_store, appointment_id=other_appointment.id) == ["drf-odd"]
    assert found(drift_store, publication_id=PUBLICATION.id) == ["drf-1", "drf-old"]
    assert found(drift_store, since=NOW) == ["drf-odd", "drf-1"]
    assert found(drift_store, until=NOW) == ["drf-old"]
    assert found(drift_store, status=DriftStatus.OPEN, until=NOW) == []


def test_by_kind(drift_store: Store) -> None:
    """A kind is not found as a part of another's name."""
    add(drift_store, a_drift(), a_drift(id="drf-2", fingerprint="f2", kinds=(Kind.RESIZED, Kind.MOVED)))
    assert found(drift_store, kind=Kind.MOVED) == ["drf-2"]
    assert found(drift_store, kind=Kind.TITLE) == ["drf-1"]


def test_of_a_calendar_that_was_removed(drift_store: Store) -> None:
    """Drifts stay on record, and so does the publication that they are about."""
    drift = a_drift()
    add(drift_store, drift)
    with drift_store.transaction() as tx:
        tx.calendars.remove(CALENDAR.id)
    with drift_store.reading() as tx:
        assert tx.drifts.get(drift.id) == drift
        assert tx.publications.get(PUBLICATION.id).state is PublicationState.FORGOTTEN
