"""Which work a change of the record makes due: said once here, for every repository that changes something."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from syncd.adapters.db import tables
from syncd.adapters.db.hooks import Happenings
from syncd.adapters.db.rows import parts
from syncd.adapters.db.works import SqlWorks
from syncd.core.claims.claim import ClaimStatus
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.reporting.notices import Notice
from syncd.core.scheduling.appointments import Appointment, Series, SourceKind, SourceRef
from syncd.core.sync.calendars import Calendar
from syncd.core.work import ALERT_ROUND, Key, WorkKind

_IN_A_MOMENT = timedelta(seconds=5)
_UNDECIDED = [ClaimStatus.PENDING, ClaimStatus.HELD, ClaimStatus.CLEAR]


class DueWork:
    """Makes work due for what one transaction changes."""

    def __init__(
        self, connection: Connection, works: SqlWorks, clock: Callable[[], datetime], happenings: Happenings
    ) -> None:
        """Look things up over ``connection`` and tell ``works``; ``happenings`` queues what webhooks are told."""
        self.happenings = happenings
        self._connection = connection
        self._works = works
        self._clock = clock

    def for_calendar(self, calendar: Calendar) -> None:
        """A calendar is new, or a person changed it: its cycle is due at once, whatever failed before."""
        self._works.poke(_cycle(calendar.id, calendar.url), at_once=True)

    def for_source(self, source: SourceRef) -> None:
        """A source changed: the cycles of the calendars in which it stands are due."""
        stands = tables.publications
        self.for_standing(stands.c.source_kind == source.kind, stands.c.source_id == source.id)

    def for_standing(self, *conditions: ColumnElement[bool]) -> None:
        """Watched publications have to be written: the cycles of their calendars are due."""
        calendars, stands = tables.calendars, tables.publications
        query = (
            select(calendars.c.id, calendars.c.url)
            .join(stands, stands.c.calendar_id == calendars.c.id)
            .where(*conditions, tables.WATCHED)
            .distinct()
        )
        self._works.poke(*(_cycle(*row) for row in self._connection.execute(query)))

    def for_publication(self, calendar_id: str) -> None:
        """Something new is to stand in a calendar."""
        query = select(tables.calendars.c.url).where(tables.calendars.c.id == calendar_id)
        for url in self._connection.execute(query).scalars():
            self._works.poke(_cycle(calendar_id, url))

    def without_calendar(self, calendar_id: str) -> None:
        """A calendar is connected no more."""
        self._works.remove(Key(WorkKind.CALENDAR, calendar_id))

    def for_message(self, message: Message) -> None:
        """A message is queued, or ended: then the next to the same recipient about the same uid may go."""
        if message.status is MessageStatus.QUEUED:
            self._works.poke(Key(WorkKind.MESSAGE, message.id), at_once=True)
            return
        table = tables.messages
        waiting = select(table.c.id).where(
            table.c.uid == message.uid,
            table.c.recipient == message.recipient,
            table.c.status == MessageStatus.QUEUED,
            table.c.id != message.id,
        )
        for next_id in self._connection.execute(waiting.order_by(table.c.number).limit(1)).scalars():
            self._works.poke(Key(WorkKind.MESSAGE, next_id))

    def for_notice(self, notice: Notice) -> None:
        """A notice is to leave."""
        self._works.poke(Key(WorkKind.NOTICE, notice.id), at_once=True)

    def for_drift(self) -> None:
        """An edit was found: where anybody tells people of alerts, they are told in a moment.

        In a moment and not at once, so that all that one cycle finds is told together.
        """
        if self._works.get(WorkKind.ALERT, ALERT_ROUND) is not None:
            self._works.poke(Key(WorkKind.ALERT, ALERT_ROUND), due_at=self._clock() + _IN_A_MOMENT)

    def for_series(self, series: Series) -> None:
        """A series is new or changed: see how far it is booked, if it goes on."""
        if series.extended_until is not None and not series.cancelled:
            self._works.poke(Key(WorkKind.SERIES, series.id), at_once=True)

    def for_appointments(self, appointments: Iterable[Appointment]) -> None:
        """Appointments are new or changed: their claims are looked at when the sessions are over."""
        ends = {one.id: one.end for one in appointments}
        claims = tables.claims
        for part in parts(ends):
            query = select(claims.c.id, claims.c.appointment_id).where(claims.c.appointment_id.in_(part))
            for claim_id, appointment_id in self._connection.execute(query):
                self._works.poke(Key(WorkKind.CLAIM, claim_id), due_at=ends[appointment_id], at_once=True)

    def for_claims_of(self, appointment_ids: Iterable[str]) -> None:
        """Something that bears on claims changed: look at those whose sessions are over."""
        for part in parts(appointment_ids):
            self._for_claims(tables.appointments.c.id.in_(part))

    def for_claims_in(self, calendar_id: str) -> None:
        """A calendar can be read again, or is gone: look at the claims of what stands there."""
        self._for_claims(_stands(tables.publications.c.calendar_id == calendar_id))

    def for_claims_by(self, publication_id: str) -> None:
        """A publication is no more: look at the claims of what stood there."""
        self._for_claims(_stands(tables.publications.c.id == publication_id))

    def _for_claims(self, *conditions: ColumnElement[bool]) -> None:
        claims, sessions = tables.claims, tables.appointments
        query = (
            select(claims.c.id)
            .join(sessions, sessions.c.id == claims.c.appointment_id)
            .where(claims.c.status.in_(_UNDECIDED), sessions.c.ends_at <= self._clock(), *conditions)
        )
        found = self._connection.execute(query).scalars()
        self._works.poke(*(Key(WorkKind.CLAIM, claim_id) for claim_id in found), at_once=True)


def _cycle(calendar_id: str, url: str) -> Key:
    return Key(WorkKind.CALENDAR, calendar_id, urlsplit(url).netloc)


def _stands(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return that an appointment, by itself or with its series, is what a publication is about."""
    stands = tables.publications
    source = select(stands.c.source_id).where(condition)
    return or_(
        and_(tables.appointments.c.series_id.is_(None), tables.appointments.c.id.in_(source)),
        tables.appointments.c.series_id.in_(source.where(stands.c.source_kind == SourceKind.SERIES)),
    )
