"""How many of what there are."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import Column, and_, case, func, select

from syncd.adapters.db import tables
from syncd.adapters.db.objectives import proven_since
from syncd.adapters.db.rows import Repository, parts
from syncd.core.claims.claim import ClaimStatus
from syncd.core.events.findings import Severity
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.reporting.alerts import Objectives
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.sync.calendars import CalendarMode, CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.core.sync.publication import PublicationState
from syncd.ports.store.counts import Standing

Word = TypeVar("Word", bound=StrEnum)

_publications, _calendars, _drifts = tables.publications, tables.calendars, tables.drifts
_WITHHOLDS = _calendars.c.mode.in_([mode for mode in CalendarMode if not mode.writes])


class SqlCounts(Repository):
    """Numbers of records, counted by the database."""

    def standings(
        self, readable: Collection[CalendarState], now: datetime, within: Objectives
    ) -> Mapping[Standing, int]:
        """Return how many publications stand how: of each calendar all, and then the few that stand otherwise."""
        proven, looked = _calendars.c.last_proven_equal_at, _calendars.c.last_synced_at
        standing = case(
            (_calendars.c.state.not_in([str(state) for state in readable]), Standing.UNREADABLE),
            (and_(proven >= proven_since(self._connection, now, within), looked >= now - within.look), Standing.EQUAL),
            else_=Standing.UNPROVEN,  # never proven is NULL, and NULL is not later than anything
        )
        query = select(_calendars.c.id, standing)
        usual = {id_: Standing(word) for id_, word in self._connection.execute(query)}
        found: Counter[Standing | None] = Counter()
        for calendar_id, number in self._watched():
            found[usual.get(calendar_id)] += number
        waiting, withholding = self._pending_by_calendar(), self._withholding()
        for calendar_id, is_pending in self._in_open_drift():
            waiting[calendar_id] -= is_pending
            found[usual.get(calendar_id)] -= 1
            found[Standing.OPEN] += calendar_id in usual
        for calendar_id, number in waiting.items():
            if usual.get(calendar_id) is not Standing.UNREADABLE:
                found[usual.get(calendar_id)] -= number
                word = Standing.UNPROVEN if calendar_id in withholding else Standing.WORKING
                found[word] += number if calendar_id in usual else 0
        return {word: found[word] for word in Standing}

    def _withholding(self) -> frozenset[str]:
        """Return the ids of the calendars in which nothing is written, on a person's word."""
        return frozenset(self._connection.execute(select(_calendars.c.id).where(_WITHHOLDS)).scalars())

    def _watched(self) -> Iterable[tuple[str, int]]:
        """Return how many publications are watched in each calendar: from an index that holds these alone."""
        calendar = _publications.c.calendar_id
        query = select(calendar, func.count()).where(tables.WATCHED).group_by(calendar)
        return ((row[0], row[1]) for row in self._connection.execute(query))

    def _pending_by_calendar(self) -> Counter[str]:
        """Return how many of them wait for a write; in the order of the index that holds these alone."""
        query = select(_publications.c.calendar_id).where(tables.PENDING, tables.WATCHED)
        in_order = query.order_by(_publications.c.calendar_id, _publications.c.href)
        return Counter(self._connection.execute(in_order).scalars())

    def _in_open_drift(self) -> Iterator[tuple[str, bool]]:
        """Yield the calendar of each watched publication that has an open drift, and whether a write is due, too."""
        query = select(_drifts.c.publication_id).where(_drifts.c.status == DriftStatus.OPEN).distinct()
        ids = self._connection.execute(query).scalars()
        is_pending = case((tables.PENDING, 1), else_=0)
        for part in parts(one for one in ids if one is not None):
            of_these = select(_publications.c.calendar_id, _publications.c.state, is_pending)
            for calendar_id, state, pending in self._connection.execute(of_these.where(_publications.c.id.in_(part))):
                if PublicationState(state).is_watched:
                    yield calendar_id, bool(pending)

    def calendars(self) -> Mapping[CalendarState, int]:
        """Return how many calendars there are of each state."""
        return self._by(_calendars.c.state, CalendarState)

    def modes(self) -> Mapping[CalendarMode, int]:
        """Return how many calendars there are of each mode."""
        return self._by(_calendars.c.mode, CalendarMode)

    def drifts(self) -> Mapping[tuple[DriftStatus, Severity], int]:
        """Return how many drifts there are of each status and severity: from an index."""
        both = (_drifts.c.status, _drifts.c.severity)
        found = self._connection.execute(select(*both, func.count()).group_by(*both))
        return {(DriftStatus(status), Severity(severity)): number for status, severity, number in found}

    def pending(self) -> int:
        """Return how many publications a cycle has to look at in order to write: from an index."""
        waiting = self._pending_by_calendar()
        return waiting.total() - _of(waiting, self._withholding())

    def withheld(self) -> int:
        """Return how many publications would be written if their calendars' mode allowed it: from an index."""
        withholding = self._withholding()
        return _of(self._pending_by_calendar(), withholding) if withholding else 0

    def open_drifts(self) -> int:
        """Return how many drifts wait for a decision."""
        query = select(func.count()).select_from(_drifts).where(_drifts.c.status == DriftStatus.OPEN)
        return self._connection.execute(query).scalar_one()

    def waiting_drifts(self) -> int:
        """Return how many of these are put right by nobody but a person."""
        waiting = (_drifts.c.status == DriftStatus.OPEN, _drifts.c.due_at.is_(None))
        return self._connection.execute(select(func.count()).select_from(_drifts).where(*waiting)).scalar_one()

    def claims_held_before(self, day: date) -> tuple[int, date | None]:
        """Return how many claims are held for sessions before a day, and the oldest's date: ranges of an index."""
        claims, sessions = tables.claims, tables.appointments
        both = claims.join(sessions, sessions.c.id == claims.c.appointment_id)
        held = (claims.c.status == ClaimStatus.HELD, claims.c.date_of_service < day)
        query = select(func.count(), func.min(claims.c.date_of_service)).select_from(both).where(*held)
        number, oldest = self._connection.execute(query.where(sessions.c.status != AppointmentStatus.NO_SHOW)).one()
        return number, oldest

    def messages(self) -> Mapping[MessageStatus, int]:
        """Return how many messages there are of each status."""
        return self._by(tables.messages.c.status, MessageStatus)

    def claims(self) -> Mapping[ClaimStatus, int]:
        """Return how many claims are stored with each status."""
        return self._by(tables.claims.c.status, ClaimStatus)

    def _by(self, column: Column[str], words: type[Word]) -> Mapping[Word, int]:
        query = select(column, func.count()).group_by(column)
        found = {words(word): number for word, number in self._connection.execute(query)}
        return {word: found.get(word, 0) for word in words}


def _of(waiting: Counter[str], calendar_ids: Iterable[str]) -> int:
    return sum(waiting[one] for one in calendar_ids)
