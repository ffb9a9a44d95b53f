"""The whole loop on one stage: the practice's store and services, a calendar, and hands at both ends."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from syncd.adapters.db.vault import FernetVault, new_key
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, SourceKind
from syncd.core.sync.calendars import Calendar, CalendarMode
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.policy import DEFAULT_POLICY
from syncd.core.sync.publication import Publication
from syncd.core.sync.publishing import Practice
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Transaction
from syncd.services.decisions.drifts import Decisions
from syncd.services.messaging.notifications import Notifier
from syncd.services.messaging.revert_notices import notice_of_revert
from syncd.services.scheduling.changes import Effect
from syncd.services.sync.calendars import CalendarService
from syncd.services.sync.reconcile import CycleReport, Reconciler
from tests.adapters.worlds import World
from tests.builders import a_practice, an_admin, at
from tests.services.booking_practice import BookingPractice
from tests.services.dying import DeathPoint, DyingServers, DyingStore
from tests.stateful.edits import Edit
from tests.stateful.trouble import Trouble, TroubledServers

VAULT = FernetVault(new_key())
FIRST = at("2027-02-22T00:00")
"""A Monday, three weeks before the clocks of New York go forward."""

BEGINNING = FIRST.astimezone(UTC)
END = BEGINNING + timedelta(days=90)
"""Up to here series are kept extended, and compared."""

LEASE = timedelta(minutes=20)
"""After so long nobody waits for a dead worker."""


@dataclass
class LoopSetup(BookingPractice):
    """An office whose provider's calendar stands in ``world``. ``now`` moves a minute with every cycle."""

    world: World = field(kw_only=True)
    practice: Practice = field(default_factory=a_practice)
    now: datetime = BEGINNING
    trouble: Trouble = field(default_factory=Trouble)
    fate: DeathPoint = field(default_factory=DeathPoint)

    def __post_init__(self) -> None:
        self.rules = replace(self.rules, horizon=timedelta(days=60))
        account = self.world.account
        self.calendar: Calendar = replace(
            self.world.calendar,
            provider_id=self.provider.id,
            username=account.username,
            secret=VAULT.seal(account.secret),
        )
        with self.store.transaction() as tx:
            tx.providers.add(self.provider)
            tx.clients.add(self.client)
            tx.calendars.add(self.calendar)

    def _messages_for(self, tx: Transaction, effect: Effect) -> Iterable[Message]:
        return Notifier(self.practice, self.rules.reasons).messages_for(tx, effect)

    # syncd

    @property
    def reconciler(self) -> Reconciler:
        store: Any = DyingStore(self.store, self.fate)
        servers: Any = DyingServers(TroubledServers(self.world.servers, self.trouble), self.fate)
        return Reconciler(
            store=store,
            servers=servers,
            vault=VAULT,
            practice=self.practice,
            policy=DEFAULT_POLICY,
            chance=lambda: 0.0,
            on_reverted=lambda tx, drift: notice_of_revert(tx, drift, self.practice),
        )

    @property
    def decisions(self) -> Decisions:
        return Decisions(self.reconciler)

    def cycle(self, *, verify: bool = False) -> CycleReport:
        self.now += timedelta(minutes=1)
        return self.reconciler.run(self.calendar.id, self.now, verify=verify)

    @contextmanager
    def dying(self, step: int | None) -> Iterator[None]:
        """Let the process of what is done inside die at that step (None: live on); nothing of it goes on afterwards."""
        self.fate = DeathPoint(dies_at=step)
        try:
            yield
        finally:
            self.fate = DeathPoint()

    def resume(self) -> None:
        """Let a person say that the calendar goes on."""
        self._calendars.resume(self.calendar.id, self.now)

    def set_mode(self, mode: CalendarMode) -> None:
        """Let a person say what may be done in the calendar."""
        self._calendars.set(self.calendar.id, {"mode": mode}, self.now)

    @property
    def _calendars(self) -> CalendarService:
        servers: Any = self.world.servers
        return CalendarService(store=self.store, servers=servers, vault=VAULT, by=an_admin())

    # What is on record

    @property
    def stored_calendar(self) -> Calendar:
        with self.store.reading() as tx:
            return tx.calendars.get(self.calendar.id)

    def published(self) -> list[Publication]:
        """Return the publications, by the first start of what they publish: in an order that no random id decides."""
        with self.store.reading() as tx:
            found = tx.publications.of_calendar(self.calendar.id)
            return sorted(found, key=lambda each: (_start(tx, each), each.source.kind, -each.sequence))

    def booked(self) -> list[Appointment]:
        return [one for one in self.all() if one.status is AppointmentStatus.BOOKED]

    def drifts(self, status: DriftStatus | None = None) -> list[Drift]:
        """Return the drifts, oldest first."""
        with self.store.reading() as tx:
            found = tx.drifts.list(DriftQuery(calendar_id=self.calendar.id, status=status))
        return sorted(found, key=lambda drift: (drift.detected_at, drift.fingerprint))

    # The provider's hand

    def hrefs(self) -> frozenset[str]:
        """Return where anything stands in the calendar."""
        with closing(self.world.remote()) as remote:
            return frozenset(remote.changes(None).present)

    def bodies(self) -> dict[str, bytes]:
        """Return what stands in the calendar, by href."""
        return {href: self.world.hand.get(href) for href in self.hrefs()}

    def standing(self) -> list[Publication]:
        """Return those publications of which something stands in the calendar."""
        hrefs = self.hrefs()
        return [publication for publication in self.published() if publication.href in hrefs]

    def edit(self, publication: Publication, edit: Edit) -> bool:
        """Do to an event that stands there what a program does; False where there was nothing to do."""
        before = self.world.hand.get(publication.href)
        after = edit(before)
        if after == before:
            return False
        try:
            self.world.hand.put(publication.href, after)
        except AssertionError:
            return False  # a real server that will not have such a body, as most refuse garbage
        return True

    def delete(self, publication: Publication) -> None:
        self.world.hand.delete(publication.href)


def _start(tx: Transaction, publication: Publication) -> datetime:
    source = publication.source
    record = tx.series.get(source.id) if source.kind is SourceKind.SERIES else tx.appointments.get(source.id)
    return record.start.astimezone(UTC)
