"""Lists in parts, and counts: the store's contract, on every database."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import NotFoundError
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.reporting.alerts import Objectives
from syncd.core.sync.calendars import CalendarMode, CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.counts import Standing
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store, Transaction
from tests.adapters_db.test_drifts import a_drift
from tests.adapters_db.test_messages import a_message
from tests.builders import NOW, START, a_calendar, a_publication, an_appointment

NUMBER = 7
READABLE = [CalendarState.NEW, CalendarState.OK]


@pytest.fixture
def full(practice_store: Store) -> Store:
    """A store with as many appointments, messages and drifts, some of the same moment, in no order of ids."""
    starts = [START + timedelta(hours=2 * (i // 2)) for i in range(NUMBER)]
    sessions = [an_appointment(id=f"apt-{(i * 3) % NUMBER}", uid=f"u{i}", start=s) for i, s in enumerate(starts)]
    with practice_store.transaction() as tx:
        tx.appointments.add(sessions)
        calendar = a_calendar()
        tx.calendars.add(calendar)
        tx.messages.add(
            [a_message(id=f"msg-{(i * 3) % NUMBER}", appointment_id="apt-0", sequence=i) for i in range(NUMBER)]
        )
        for i, one in enumerate(sessions):
            drift = a_drift(id=f"drf-{i}", publication_id=None, appointment_id=one.id, calendar_id=calendar.id)
            at = NOW + timedelta(minutes=i // 3)
            tx.drifts.add(replace(drift, fingerprint=f"f{i}", detected_at=at, status=DriftStatus.REVERTED))
    return practice_store


def appointments(tx: Transaction, after: str | None, limit: int | None) -> list[str]:
    return [one.id for one in tx.appointments.list(AppointmentQuery(after=after, limit=limit))]


def found_by_text(tx: Transaction, after: str | None, limit: int | None) -> list[str]:
    return [one.id for one in tx.appointments.list(AppointmentQuery(text="a", after=after, limit=limit))]


def drifts(tx: Transaction, after: str | None, limit: int | None) -> list[str]:
    return [one.id for one in tx.drifts.list(DriftQuery(after=after, limit=limit))]


def messages(tx: Transaction, after: str | None, limit: int | None) -> list[str]:
    return [one.id for one in tx.messages.list(after=after, limit=limit)]


Read = Callable[[Transaction, str | None, int | None], Sequence[str]]


@pytest.mark.parametrize("read", [appointments, found_by_text, drifts, messages])
@pytest.mark.parametrize("size", [1, 2, 3, NUMBER])
def test_a_list_is_read_in_parts(full: Store, read: Read, size: int) -> None:
    """Part after part gives the whole list, each entry once and in the same order."""
    with full.reading() as tx:
        whole, parts = read(tx, None, None), list(read(tx, None, size))
        while part := read(tx, parts[-1], size):
            parts += part
    assert len(whole) == NUMBER
    assert parts == list(whole)


@pytest.mark.parametrize("read", [appointments, drifts, messages])
def test_a_cursor_that_is_none(full: Store, read: Read) -> None:
    """A list cannot go on after what is not there."""
    with full.reading() as tx, pytest.raises(NotFoundError):
        read(tx, "elsewhere", 2)


def test_what_is_counted(full: Store) -> None:
    """Messages and claims by status, with those of which there are none."""
    with full.reading() as tx:
        assert tx.counts.messages() == {**dict.fromkeys(MessageStatus, 0), MessageStatus.QUEUED: NUMBER}
        assert tx.counts.claims() == {**dict.fromkeys(ClaimStatus, 0), ClaimStatus.PENDING: NUMBER}
        assert (tx.counts.open_drifts(), tx.counts.pending()) == (0, 0)


LOOKED = {"state": CalendarState.OK, "last_synced_at": NOW, "last_proven_equal_at": NOW}
AN_HOUR_AGO = LOOKED | {"last_proven_equal_at": NOW - timedelta(hours=1)}
LONG_AGO = LOOKED | {"last_proven_equal_at": NOW - timedelta(days=9)}


@pytest.mark.parametrize(
    ("calendar", "publication", "is_open", "expected"),
    [
        (LOOKED, {}, False, Standing.EQUAL),
        (LOOKED, {}, True, Standing.OPEN),
        (LOOKED, {"wanted": 5}, False, Standing.WORKING),
        (LOOKED, {"wanted": 5}, True, Standing.OPEN),
        ({**LOOKED, "state": CalendarState.PAUSED}, {"wanted": 5}, False, Standing.UNREADABLE),
        ({**LOOKED, "state": CalendarState.UNREACHABLE}, {}, False, Standing.UNREADABLE),
        ({**LOOKED, "last_proven_equal_at": None}, {}, False, Standing.UNPROVEN),
        (LONG_AGO, {}, False, Standing.UNPROVEN),
        ({**LOOKED, "last_synced_at": NOW - timedelta(hours=9)}, {}, False, Standing.UNPROVEN),
        ({}, {}, False, Standing.UNPROVEN),
        ({**LOOKED, "mode": CalendarMode.REPORT_ONLY}, {}, False, Standing.EQUAL),
        ({**LOOKED, "mode": CalendarMode.REPORT_ONLY}, {"wanted": 5}, False, Standing.UNPROVEN),
        ({**LOOKED, "mode": CalendarMode.LOCKED}, {"wanted": 5}, False, Standing.WORKING),
        ({**AN_HOUR_AGO, "objective": timedelta(minutes=59)}, {}, False, Standing.UNPROVEN),
        ({**AN_HOUR_AGO, "objective": timedelta(minutes=61)}, {}, False, Standing.EQUAL),
        ({**LONG_AGO, "objective": timedelta(days=10)}, {}, False, Standing.EQUAL),
    ],
)
def test_how_a_publication_stands(
    practice_store: Store,
    calendar: dict[str, object],
    publication: dict[str, object],
    is_open: bool,
    expected: Standing,
) -> None:
    """The first of open, unreadable, working, unproven and equal that holds."""
    one, where = an_appointment(), a_calendar(**calendar)
    what = a_publication(where, one.source, **{"wanted": 1, "done": 1, **publication})
    with practice_store.transaction() as tx:
        tx.appointments.add([one])
        tx.calendars.add(where)
        tx.publications.add(what)
        if is_open:
            drift = a_drift(publication_id=what.id, appointment_id=one.id, calendar_id=where.id)
            tx.drifts.add(replace(drift, status=DriftStatus.OPEN))
    with practice_store.reading() as tx:
        within = Objectives(look=timedelta(minutes=30), proof=timedelta(days=2), work=timedelta(minutes=15))
        assert tx.counts.standings(READABLE, NOW, within) == {**dict.fromkeys(Standing, 0), expected: 1}
