"""A practice behind the console: two providers with calendars in memory, a client each, sessions a week ahead."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from syncd.adapters.memory import MemoryCollection, MemoryServers
from syncd.bootstrap import System
from syncd.core.access.principal import Role, local_administrator
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Client, Party, Provider
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.publication import Publication
from syncd.core.work import WorkKind
from syncd.ports.store.sync import DriftQuery
from syncd.services.access.users import NewUser, add_user
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.changes import By
from syncd.services.scheduling.people import add_client, add_provider
from syncd.services.sync.calendars import NewCalendar
from syncd.settings.sections import PolicySection
from tests.adapters_db.test_drifts import a_drift
from tests.web.browser import Browser
from tests.working import a_task, work_off

PASSWORD = "correct horse battery"
ZONE = ZoneInfo("America/New_York")
BY = local_administrator("root")


class _Servers(MemoryServers):
    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Office:
    """What the tests of pages have at hand. ``at``: when the first session begins, a week from now at 10:00."""

    system: System
    servers: _Servers = field(default_factory=_Servers)
    collections: dict[str, MemoryCollection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.system.__dict__["servers"] = self.servers
        self.system.__dict__["new_servers"] = lambda _bounds=None: self.servers
        self.system.__dict__["settings"] = self.system.settings.model_copy(update={"policy": PolicySection(rules=())})
        day = datetime.now(ZONE) + timedelta(days=7)
        self.at = day.replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=None)
        self.dana, self.lee = self._hire("Dana Doe"), self._hire("Lee Low")
        self.robin = self._client("Robin Roe")
        self.one = self.book(self.dana, self.at)
        self.other = self.book(self.lee, self.at + timedelta(hours=3))
        self.cycle()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def _hire(self, name: str) -> Provider:
        login = name.split(maxsplit=1)[0].lower()
        provider = add_provider(
            self.system.store, BY, self.now, name=name, email=f"{login}@example.com", timezone="America/New_York"
        )
        account = self.servers.add_account(f"https://dav.example.net/{login}/", login, "secret")
        self.collections[provider.id] = self.servers.add_collection(account, "Practice appointments")
        new = NewCalendar(provider=provider.id, url=account.url, username=login, password="secret")
        self.system.calendars(BY).connect(new, self.now)
        return provider

    def _client(self, name: str) -> Client:
        email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        return add_client(self.system.store, BY, self.now, name=name, email=email)

    def look_for_alerts(self) -> None:
        """Make a round as the daemon makes one each minute."""
        round_ = self.system.alerting.round
        round_.expect(self.now)
        work_off(self.system.store, a_task(WorkKind.ALERT, round_.work), self.now, 1)

    def book(self, provider: Provider, start: datetime) -> Appointment:
        asked = NewBooking(
            provider=provider.id, client=self.robin.id, start=start, minutes=50, timezone=None, location="Room 2"
        )
        with self.system.store.transaction() as tx:
            return book(tx, asked, self.system.terms(By(Party.ADMIN, BY), self.now))

    def calendar(self, provider: Provider) -> Calendar:
        with self.system.store.reading() as tx:
            return tx.calendars.list(provider.id)[0]

    def cycle(self, *, verify: bool = False) -> None:
        """Look at every calendar once."""
        for provider in (self.dana, self.lee):
            self.system.reconciler.run(self.calendar(provider).id, self.now, verify=verify)

    def publication(self, one: Appointment) -> Publication:
        with self.system.store.reading() as tx:
            return tx.publications.of_source(one.source)[0]

    def body(self, one: Appointment) -> str:
        """What stands in the calendar for a session, unfolded."""
        body = self.collections[one.provider_id].bodies()[self.publication(one).href]
        return body.decode().replace("\r\n ", "")

    def edit(self, one: Appointment, change: Callable[[str], str]) -> Drift:
        """Edit a session's event as the provider's program would, let it be found, and return what is on record."""
        collection, href = self.collections[one.provider_id], self.publication(one).href
        before = self.body(one)
        after = change(before)
        assert after != before
        collection.put(href, after.encode())
        self.cycle()
        return self.drift(one)

    def delete(self, one: Appointment) -> Drift:
        self.collections[one.provider_id].delete(self.publication(one).href)
        self.cycle()
        return self.drift(one)

    def add_drifts(self, number: int) -> None:
        """Put that many edits on record, each of a session of its own."""
        sessions = [self.book(self.dana, self.at + timedelta(days=2 + i // 6, hours=i % 6)) for i in range(number)]
        with self.system.store.transaction() as tx:
            for i, one in enumerate(sessions):
                at = self.now - timedelta(minutes=i // 3)
                tx.drifts.add(
                    a_drift(
                        id=f"drift-{i:010}",
                        publication_id=tx.publications.of_source(one.source)[0].id,
                        appointment_id=one.id,
                        calendar_id=self.calendar(self.dana).id,
                        provider_id=self.dana.id,
                        detected_at=at,
                    )
                )

    def drift(self, one: Appointment) -> Drift:
        """The latest edit of a session."""
        with self.system.store.reading() as tx:
            return tx.drifts.list(DriftQuery(appointment_id=one.id))[0]

    def status(self, drift: Drift) -> DriftStatus:
        with self.system.store.reading() as tx:
            return tx.drifts.get(drift.id).status

    def start_of(self, one: Appointment) -> datetime:
        """When a session begins by the record, on the wall clock."""
        with self.system.store.reading() as tx:
            return tx.appointments.get(one.id).start.replace(tzinfo=None)

    def sign_in(self, browser: Browser, role: Role, email: str | None = None) -> Browser:
        """Let a new user of that role in; a provider's account is Dana's unless another address is given."""
        own = email or (self.dana.email if role is Role.PROVIDER else f"{role}@example.com")
        new = NewUser(name=f"{role.title()} One", email=own, role=role)
        browser.get(f"/welcome/{add_user(self.system.store, new, BY, self.now).secret}")
        browser.submit("Start", password=PASSWORD)
        return browser


def moved(days: int = 1, hours: int = 0) -> Callable[[str], str]:
    """Return an edit that drags an event by so much."""

    def change(body: str) -> str:
        lines = body.split("\r\n")
        for i, line in enumerate(lines):
            if line.startswith(("DTSTART;TZID=America/New_York:", "DTEND;TZID=America/New_York:")):
                name, _, value = line.rpartition(":")
                at = datetime.strptime(value, "%Y%m%dT%H%M%S") + timedelta(days=days, hours=hours)  # noqa: DTZ007 - a wall clock's reading
                lines[i] = f"{name}:{at:%Y%m%dT%H%M%S}"
        return "\r\n".join(lines)

    return change


def retitled(words: str) -> Callable[[str], str]:
    """Return an edit that gives an event another title."""

    def change(body: str) -> str:
        return "\r\n".join(f"SUMMARY:{words}" if s.startswith("SUMMARY") else s for s in body.split("\r\n"))

    return change
