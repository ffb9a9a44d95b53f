"""A practice with a provider, a client and a calendar: the stage of the tests about booking and changing."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from syncd.adapters.db import SqlStore
from syncd.core.claims.claim import Claim, ClaimStatus
from syncd.core.events.desired import Desired
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, Series, SourceRef
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.people import Client, Party, Provider
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.publication import Publication
from syncd.core.sync.publishing import desired_of
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.changes import By, Effect, Terms
from syncd.services.scheduling.extending import extend
from syncd.services.scheduling.rescheduling import Reschedule, reschedule
from syncd.services.sync.publications import load
from tests.builders import NOW, START, a_calendar, a_client, a_practice, a_provider, an_admin

ADMIN = By(Party.ADMIN, an_admin())
CLIENT = By(Party.CLIENT, an_admin("usr-client"))


@dataclass
class BookingPractice:
    """The store, and the requests that people make of it. ``effects`` are what the mail was made from."""

    store: Store
    rules: BookingRules = field(default_factory=BookingRules)
    now: datetime = NOW
    provider: Provider = field(default_factory=a_provider)
    client: Client = field(default_factory=a_client)
    effects: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.calendar: Calendar = a_calendar(provider_id=self.provider.id)
        if isinstance(self.store, SqlStore):
            self.store.clock = lambda: self.now
        with self.store.transaction() as tx:
            tx.providers.add(self.provider)
            tx.clients.add(self.client)
            tx.calendars.add(self.calendar)

    def terms(self, by: By = ADMIN) -> Terms:
        return Terms(rules=self.rules, messages_for=self._messages_for, by=by, now=self.now)

    def _messages_for(self, _tx: Transaction, effect: Effect) -> Iterable[Message]:
        self.effects.append(effect)
        return ()

    def book(self, start: datetime = START, minutes: int = 50, **more: Any) -> Appointment:
        asked: dict[str, Any] = {"provider": self.provider.id, "client": self.client.id, "location": "Room 1", **more}
        with self.store.transaction() as tx:
            return book(tx, NewBooking(start=start, minutes=minutes, **asked), self.terms())

    def book_series(self, repeat: str, start: datetime = START, **more: Any) -> list[Appointment]:
        """Book a series and return all its appointments that are in the store."""
        return self.series_of(self.book(start, repeat=repeat, **more))

    def reschedule(self, one: Appointment, by: By = ADMIN, **changes: Any) -> Appointment:
        with self.store.transaction() as tx:
            return reschedule(tx, Reschedule(appointment_id=one.id, **changes), self.terms(by))

    def cancel(self, one: Appointment, reason: str = "provider_ill", by: By = ADMIN, **more: Any) -> Appointment:
        with self.store.transaction() as tx:
            return cancel(tx, Cancel(appointment_id=one.id, reason=reason, **more), self.terms(by))

    def extend(self, until: datetime | None = None) -> int:
        """Bring every series to ``until``; return how many series that was."""
        until = until or self.now + self.rules.horizon
        with self.store.transaction() as tx:
            due = tx.series.to_extend(until)
            for series in due:
                extend(tx, series, self.terms(), until)
        return len(due)

    def bill(self, one: Appointment) -> None:
        """File the claim, as if the session were over and its calendar had been seen since."""
        with self.store.transaction() as tx:
            clear = replace(tx.claims.get(one.id), status=ClaimStatus.CLEAR, confirmed_at=one.end)
            tx.claims.save(clear)
            tx.claims.save(replace(clear, status=ClaimStatus.FILED, number="A-1", filed_at=one.end))

    def get(self, one: Appointment) -> Appointment:
        with self.store.transaction() as tx:
            return tx.appointments.get(one.id)

    def claim(self, one: Appointment) -> Claim:
        with self.store.transaction() as tx:
            return tx.claims.get(one.id)

    def all(self) -> list[Appointment]:
        with self.store.transaction() as tx:
            return list(tx.appointments.list(AppointmentQuery(provider_id=self.provider.id)))

    def series(self, series_id: str | None) -> Series:
        assert series_id is not None
        with self.store.transaction() as tx:
            return tx.series.get(series_id)

    def series_of(self, one: Appointment) -> list[Appointment]:
        """Return the stored appointments of the series of ``one``, by start."""
        assert one.series_id is not None
        with self.store.transaction() as tx:
            return list(tx.appointments.list(AppointmentQuery(series_id=one.series_id)))

    def publications(self, source: SourceRef) -> list[Publication]:
        with self.store.transaction() as tx:
            return list(tx.publications.of_source(source))

    def settle(self) -> None:
        """Take every publication for published, as a cycle leaves it."""
        with self.store.transaction() as tx:
            for publication in tx.publications.of_calendar(self.calendar.id):
                tx.publications.save(_settled(publication))

    def desired(self, source: SourceRef) -> Desired | None:
        with self.store.transaction() as tx:
            return desired_of(load(tx, source), a_practice())

    def pass_time(self, time: timedelta) -> None:
        self.now += time


def _settled(publication: Publication) -> Publication:

    return replace(publication, done=publication.wanted)
