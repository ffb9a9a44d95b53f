"""How many of what there are."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import Column, and_, case, exists, func, select

from syncd.adapters.db import tables
from syncd.adapters.db.rows import Repository
from syncd.core.claims.claim import ClaimStatus
from syncd.core.events.findings import Severity
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.counts import Standing

Word = TypeVar("Word", bound=StrEnum)

_publications, _calendars, _drifts = tables.publications, tables.calendars, tables.drifts


class SqlCounts(Repository):
    """Numbers of records, counted by the database."""

    def standings(
        self, readable: Collection[CalendarState], proven_since: datetime, looked_since: datetime
    ) -> Mapping[Standing, int]:
        """Return how many publications stand how: one pass over them."""
        open_drift = exists().where(
            _drifts.c.publication_id == _publications.c.id, _drifts.c.status == DriftStatus.OPEN
        )
        proven, looked = _calendars.c.last_proven_equal_at, _calendars.c.last_synced_at
        standing = case(
            (open_drift, Standing.OPEN),
            (_calendars.c.state.not_in([str(state) for state in readable]), Standing.UNREADABLE),
            (tables.PENDING, Standing.WORKING),
            (and_(proven >= proven_since, looked >= looked_since), Standing.EQUAL),
            else_=Standing.UNPROVEN,  # never proven is NULL, and NULL is not later than anything
        ).label("standing")
        both = _publications.join(_calendars, _calendars.c.id == _publications.c.calendar_id)
        query = select(standing, func.count()).select_from(both).where(tables.WATCHED).group_by(standing)
        found = {Standing(word): number for word, number in self._connection.execute(query)}
        return {word: found.get(word, 0) for word in Standing}

    def calendars(self) -> Mapping[CalendarState, int]:
        """Return how many calendars there are of each state."""
        return self._by(_calendars.c.state, CalendarState)

    def drifts(self) -> Mapping[tuple[DriftStatus, Severity], int]:
        """Return how many drifts there are of each status and severity: from an index."""
        both = (_drifts.c.status, _drifts.c.severity)
        found = self._connection.execute(select(*both, func.count()).group_by(*both))
        return {(DriftStatus(status), Severity(severity)): number for status, severity, number in found}

    def pending(self) -> int:
        """Return how many publications a cycle has to look at: from an index."""
        query = select(func.count()).select_from(_publications).where(tables.PENDING, tables.WATCHED)
        return self._connection.execute(query).scalar_one()

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
