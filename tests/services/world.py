"""A small practice with one provider, one client and one calendar: the stage of the reconcile tests."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from syncd.adapters.db import SqlStore
from syncd.adapters.db.vault import FernetVault, new_key
from syncd.adapters.memory import MemoryCollection, MemoryServers
from syncd.core.scheduling.appointments import Appointment, Series, SourceRef
from syncd.core.scheduling.people import Client, Provider
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.plan import Limits
from syncd.core.sync.policy import DEFAULT_POLICY, Policy
from syncd.core.sync.publication import Publication
from syncd.core.sync.publishing import Practice
from syncd.core.work import Work, WorkKind
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.sync.publications import publish_to
from syncd.services.sync.reconcile import CycleReport, Reconciler
from tests.builders import NOW, a_calendar, a_client, a_practice, a_provider, an_appointment, an_instance
from tests.working import work_on

VAULT = FernetVault(new_key())


@dataclass
class World:
    """The store, a server in memory, and hands at both ends. ``now`` moves a minute with every cycle."""

    store: Store
    policy: Policy = DEFAULT_POLICY
    limits: Limits = field(default_factory=Limits)
    practice: Practice = field(default_factory=a_practice)
    now: datetime = NOW
    provider: Provider = field(default_factory=a_provider)
    client: Client = field(default_factory=lambda: a_client(name="Ada Example"))
    servers: MemoryServers = field(default_factory=MemoryServers)

    def __post_init__(self) -> None:
        account = self.servers.add_account("https://calendars.example.net/pat/")
        self.collection: MemoryCollection = self.servers.add_collection(account, "Practice appointments")
        self.calendar = a_calendar(
            provider_id=self.provider.id,
            url=self.collection.url,
            username=account.username,
            secret=VAULT.seal(account.secret),
        )
        if isinstance(self.store, SqlStore):
            self.store.clock = lambda: self.now
        with self.store.transaction() as tx:
            tx.providers.add(self.provider)
            tx.clients.add(self.client)
            tx.calendars.add(self.calendar)

    @property
    def reconciler(self) -> Reconciler:
        return Reconciler(
            store=self.store,
            servers=self.servers,
            vault=VAULT,
            practice=self.practice,
            policy=self.policy,
            limits=self.limits,
            chance=lambda: 0.0,
        )

    # The practice's hand

    def book(self, **changes: object) -> Appointment:
        """Put an appointment into the store and have it published in the next cycle."""
        one = replace(an_appointment(), provider_id=self.provider.id, client_id=self.client.id, **changes)  # type: ignore[arg-type]  # fields by name
        with self.store.transaction() as tx:
            tx.appointments.add([one])
            publish_to(tx, self.calendar, [one.source])
        return one

    def book_series(self, series: Series, weeks: int = 4) -> list[Appointment]:
        """Put a weekly series with its instances into the store."""
        owned = replace(series, provider_id=self.provider.id, client_id=self.client.id)
        instances = [an_instance(owned, week) for week in range(weeks)]
        with self.store.transaction() as tx:
            tx.series.add(owned)
            tx.appointments.add(instances)
            publish_to(tx, self.calendar, [owned.source])
        return instances

    def change(self, one: Appointment, **changes: object) -> Appointment:
        """Change a stored appointment, as rescheduling and cancelling do."""
        with self.store.transaction() as tx:
            current = tx.appointments.get(one.id)
            saved = tx.appointments.save(replace(current, sequence=current.sequence + 1, **changes))  # type: ignore[arg-type]  # fields by name
            tx.publications.mark_dirty(one.source)
        return saved

    # The provider's hand

    def edit(self, one: Appointment | Series, change: Callable[[bytes], bytes]) -> None:
        """Change the body that stands in the calendar for ``one``, as the provider's program would."""
        href = self.publication(one.source).href
        self.collection.put(href, change(self.collection.bodies()[href]))

    def delete(self, one: Appointment | Series) -> None:
        """Delete the event that stands in the calendar for ``one``."""
        self.collection.delete(self.publication(one.source).href)

    # The clock

    def cycle(self, *, verify: bool = False) -> CycleReport:
        """Run one cycle, a minute after the last."""
        self.now += timedelta(minutes=1)
        return self.reconciler.run(self.calendar.id, self.now, verify=verify)

    # What can be seen

    def body(self, one: Appointment | Series) -> str:
        """Return what stands in the calendar for ``one``, unfolded."""
        href = self.publication(one.source).href
        return self.collection.bodies()[href].decode().replace("\r\n ", "")

    def stands(self, one: Appointment | Series) -> bool:
        """Tell whether anything stands in the calendar for ``one``."""
        with self.store.reading() as tx:
            return any(p.href in self.collection.bodies() for p in tx.publications.of_source(one.source))

    def publication(self, source: SourceRef) -> Publication:
        with self.store.reading() as tx:
            (publication,) = tx.publications.of_source(source)
            return publication

    def sessions(self, tx: Transaction, series: Series) -> list[Appointment]:
        return list(tx.appointments.list(AppointmentQuery(series_id=series.id)))

    def drifts(self, status: DriftStatus | None = None) -> list[Drift]:
        with self.store.reading() as tx:
            return list(tx.drifts.list(DriftQuery(calendar_id=self.calendar.id, status=status)))

    def stored_calendar(self) -> Calendar:
        with self.store.reading() as tx:
            return tx.calendars.get(self.calendar.id)

    def work(self) -> Work:
        """Return how the calendar's cycles go."""
        return work_on(self.store, WorkKind.CALENDAR, self.calendar.id)


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    """Return an edit that puts ``new`` for ``old``, which must be there."""

    def change(body: bytes) -> bytes:
        text = body.replace(b"\r\n ", b"")
        assert old.encode() in text, f"{old} does not stand in the event"
        return text.replace(old.encode(), new.encode())

    return change


MOVED_A_DAY = replaced("20261201T10", "20261202T10")
"""The provider drags Tuesday's event to Wednesday (its end lies in the same hour)."""


def with_alarm(body: bytes) -> bytes:
    """Add an alarm as calendar programs do."""
    alarm = b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:soon\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n"
    return body.replace(b"END:VEVENT", alarm + b"END:VEVENT")


with_guest = replaced("END:VEVENT", "ATTENDEE:mailto:new@example.net\r\nEND:VEVENT")
"""Somebody is added to the event."""


def dragging(instance: str, *, to: str, minutes: int = 50) -> Callable[[bytes], bytes]:
    """Return an edit that drags one instance of a New York series, as programs do it: by an override of its own."""
    start = datetime.strptime(to, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a wall clock's reading
    times = {
        "RECURRENCE-ID": instance,
        "DTSTART": f"{start:%Y%m%dT%H%M%S}",
        "DTEND": f"{start + timedelta(minutes=minutes):%Y%m%dT%H%M%S}",
    }

    def change(body: bytes) -> bytes:
        text = body.decode().replace("\r\n ", "")
        master = text[text.index("BEGIN:VEVENT") : text.index("END:VEVENT")].splitlines()
        kept = [line for line in master[1:] if not line.startswith(("DTSTART", "DTEND", "RRULE", "EXDATE"))]
        moved = [f"{name};TZID=America/New_York:{value}" for name, value in times.items()]
        override = "\r\n".join(["BEGIN:VEVENT", *moved, *kept, "END:VEVENT", "END:VCALENDAR"])
        return text.replace("END:VCALENDAR", override).encode()

    return change


def retitling(instance: str, words: str) -> Callable[[bytes], bytes]:
    """Return an edit that gives one instance of a New York series a title of its own."""

    def change(body: bytes) -> bytes:
        head, _, tail = dragging(instance, to=instance)(body).rpartition(b"SUMMARY:Session A. E.")
        return head + b"SUMMARY:" + words.encode() + tail

    return change
