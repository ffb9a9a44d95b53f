"""Pages of lists: the store's contract, on every database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.audit.record import AuditRecord
from syncd.core.errors import InvalidValueError
from syncd.core.reporting.alerts import Objectives
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.lists import (
    AppointmentFilter,
    CalendarFilter,
    CalendarStanding,
    ClaimFilter,
    DriftFilter,
    DriftSort,
    MessageFilter,
    Part,
)
from syncd.ports.store.transaction import Store
from tests.adapters_db.test_drifts import a_drift
from tests.adapters_db.test_messages import a_message
from tests.builders import NOW, START, a_calendar, an_appointment

NUMBER = 7
WITHIN = Objectives(look=timedelta(hours=1), proof=timedelta(hours=1), work=timedelta(minutes=5))


@pytest.fixture
def full(practice_store: Store) -> Store:
    """Sessions of two days, each with an edit that was found at one of three moments, and a mail."""
    with practice_store.transaction() as tx:
        sessions = [
            an_appointment(id=f"apt-{i}", uid=f"u{i}", start=START + timedelta(days=i % 2, hours=i))
            for i in range(NUMBER)
        ]
        tx.appointments.add(sessions)
        tx.calendars.add(a_calendar(id="cal-1"))
        tx.messages.add([a_message(id=f"msg-{i}", appointment_id=f"apt-{i}", sequence=i) for i in range(NUMBER)])
        for i in range(NUMBER):
            at = NOW + timedelta(minutes=i // 3)
            status = DriftStatus.OPEN if i else DriftStatus.REVERTED
            drift = a_drift(id=f"drf-{i}", publication_id=None, appointment_id=f"apt-{i}", calendar_id="cal-1")
            tx.drifts.add(replace(drift, fingerprint=f"f{i}", detected_at=at, status=status))
    return practice_store


@pytest.mark.parametrize("sort", list(DriftSort))
def test_every_row_once(full: Store, sort: DriftSort) -> None:
    """Page by page, in any order, every drift comes exactly once, and the total is that of the whole."""
    seen, cursor = list[str](), None
    with full.reading() as tx:
        while True:
            found = tx.lists.drifts(DriftFilter(), Part(sort=sort, size=2, cursor=cursor))
            assert found.total == NUMBER
            seen += [row.drift.id for row in found.rows]
            cursor = found.next
            if cursor is None:
                break
    assert sorted(seen) == [f"drf-{i}" for i in range(NUMBER)]


def test_words_of_a_search(full: Store) -> None:
    """Every word has to stand in a name, the place or an id; case makes no difference, and % is a sign like others."""
    with full.reading() as tx:
        assert tx.lists.drifts(DriftFilter(text="PAT room"), Part()).total == NUMBER
        assert tx.lists.drifts(DriftFilter(text="apt-3"), Part()).total == 1
        assert tx.lists.drifts(DriftFilter(text="%"), Part()).total == 0
        assert tx.lists.appointments(AppointmentFilter(text="chris"), Part()).total == NUMBER
        assert tx.lists.messages(MessageFilter(text="nobody"), Part()).total == 0


def test_what_waits(full: Store) -> None:
    """Numbers of the first page and beside the names of pages agree with the lists that they lead to."""
    with full.reading() as tx:
        waiting = tx.lists.waiting()
        assert waiting == tx.lists.overview().waiting
        assert waiting.drifts == tx.lists.drifts(DriftFilter(status=DriftStatus.OPEN), Part()).total == NUMBER - 1
        assert tx.lists.waiting("prv-other").drifts == 0


def test_standing_of_calendars(full: Store) -> None:
    """A calendar that waits for a person stands first; the sum is the number of calendars."""
    with full.transaction() as tx:
        tx.calendars.add(replace(a_calendar(id="cal-2"), state=CalendarState.LOGIN_REFUSED))
        tx.calendars.add(replace(a_calendar(id="cal-3"), state=CalendarState.OK, last_proven_equal_at=NOW))
        tx.calendars.add(replace(a_calendar(id="cal-4"), state=CalendarState.OK))
    with full.reading() as tx:
        stands = tx.lists.standings(NOW, WITHIN)
        rows = tx.lists.calendars(CalendarFilter(), Part(), NOW, WITHIN).rows
    assert [row.calendar.id for row in rows] == ["cal-2", "cal-1", "cal-4", "cal-3"]
    assert rows[1].open_drifts == NUMBER - 1
    assert {word: number for word, number in stands.items() if number} == {
        CalendarStanding.STOPPED: 1,
        CalendarStanding.EDITED: 1,
        CalendarStanding.UNPROVEN: 1,
        CalendarStanding.AGREES: 1,
    }


def test_standing_by_its_own_objective(full: Store) -> None:
    """A calendar whose proof may grow older than others' agrees for longer, in the list and in the numbers."""
    old = replace(a_calendar(id="cal-2"), state=CalendarState.OK, last_proven_equal_at=NOW - timedelta(hours=3))
    with full.transaction() as tx:
        tx.calendars.add(old)
        tx.calendars.add(replace(old, id="cal-3", url="http://calendars.example.com/3/", objective=timedelta(hours=4)))
    with full.reading() as tx:
        stands = tx.lists.standings(NOW, WITHIN)
        agrees = tx.lists.calendars(CalendarFilter(standing=CalendarStanding.AGREES), Part(), NOW, WITHIN).rows
        unwell = tx.calendars.unwell(NOW, WITHIN)
    assert [row.calendar.id for row in agrees] == ["cal-3"]
    assert (stands[CalendarStanding.AGREES], stands[CalendarStanding.UNPROVEN]) == (1, 1)
    assert "cal-2" in {one.id for one in unwell}
    assert "cal-3" not in {one.id for one in unwell}


def test_rows_bring_their_names(full: Store) -> None:
    """No further look is needed to draw a list."""
    with full.reading() as tx:
        lists = (
            tx.lists.claims(ClaimFilter(), Part()),
            tx.lists.appointments(AppointmentFilter(), Part()),
            tx.lists.messages(MessageFilter(), Part()),
        )
    assert {(row.provider, row.client) for found in lists for row in found.rows} == {("Pat Provider", "Chris Client")}


def test_trail(full: Store) -> None:
    """The newest first, each record with whom it is about."""
    told = [AuditRecord(at=NOW, actor="ana", action=action, subject=subject) for action, subject in _DONE]
    with full.transaction() as tx:
        tx.audit.append(told)
    with full.reading() as tx:
        found = tx.lists.audit(AuditQuery(), Part(size=2))
        rest = tx.lists.audit(AuditQuery(), Part(size=2, cursor=found.next))
        lately = tx.lists.lately(5)
    assert [(one.link.record.action, one.provider) for one in (*found.rows, *rest.rows)] == [
        ("user.signed_in", None),
        ("calendar.paused", "Pat Provider"),
        ("accept", "Pat Provider"),
    ]
    assert [one.link.record.action for one in lately] == ["calendar.paused", "accept"]


_DONE = (("accept", "apt-1"), ("calendar.paused", "cal-1"), ("user.signed_in", "usr-1"))


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "e30", "WzEsMiwzLDQsNV0", "W251bGxd"])
def test_cursor_that_is_none(full: Store, cursor: str) -> None:
    """It is refused, and never read as another place."""
    with full.reading() as tx, pytest.raises(InvalidValueError, match="Begin the list anew"):
        tx.lists.drifts(DriftFilter(), Part(sort=DriftSort.FOUND, cursor=cursor))
