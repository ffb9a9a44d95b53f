"""A practice whose provider's calendar is on a real CalDAV server, edited by a program that knows nothing of syncd."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from syncd.bootstrap import System
from syncd.core.access.principal import Role, local_administrator
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Party
from syncd.services.access.users import NewUser, add_user
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.changes import By
from syncd.services.scheduling.people import add_client, add_provider
from syncd.services.sync.calendars import NewCalendar
from syncd.settings.sections import PolicySection
from tests.servers.radicale import Radicale
from tests.web.office import PASSWORD, ZONE

BY = local_administrator("root")


class DavPractice:
    """One provider, one client, and sessions a week ahead; edits wait for a decision."""

    def __init__(self, system: System, server: Radicale) -> None:
        self.system, self.hand = system, server.hand
        system.__dict__["settings"] = system.settings.model_copy(update={"policy": PolicySection(rules=())})
        now, store = self.now, system.store
        self.dana = add_provider(store, BY, now, name="Dana Doe", email="dana@example.com", timezone="America/New_York")
        self.robin = add_client(store, BY, now, name="Robin Roe", email="robin@example.org")
        new = NewCalendar(
            provider=self.dana.id, url=server.make_collection(), username=server.username, password=server.password
        )
        self.calendar = system.calendars(BY).connect(new, now)
        day = datetime.now(ZONE) + timedelta(days=7)
        self.at = day.replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=None)
        self.one = self.book(self.at)
        self.cycle()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def book(self, start: datetime) -> Appointment:
        asked = NewBooking(
            provider=self.dana.id, client=self.robin.id, start=start, minutes=50, timezone=None, location="Room 2"
        )
        with self.system.store.transaction() as tx:
            return book(tx, asked, self.system.terms(By(Party.ADMIN, BY), self.now))

    def cycle(self) -> None:
        self.system.reconciler.run(self.calendar.id, self.now)

    def href(self, one: Appointment) -> str:
        with self.system.store.reading() as tx:
            return urlsplit(tx.publications.of_source(one.source)[0].href).path

    def event(self, one: Appointment) -> str:
        """What the server has for a session, unfolded."""
        return self.hand.get(self.href(one)).decode().replace("\r\n ", "")

    def edit(self, one: Appointment, change: Callable[[str], str]) -> None:
        """Change the event as the provider's program would, and let syncd look."""
        after = change(self.event(one))
        self.hand.put(self.href(one), after.encode())
        self.cycle()

    def mails(self) -> list[Message]:
        with self.system.store.reading() as tx:
            return list(tx.messages.list())

    def sign_in(self, page: Page, role: Role = Role.ADMIN) -> None:
        """Let a new user in, by the link that an admin would hand over."""
        email = self.dana.email if role is Role.PROVIDER else f"{role}@example.com"
        new = NewUser(name="Ana Admin", email=email, role=role)
        page.goto(f"/welcome/{add_user(self.system.store, new, BY, self.now).secret}")
        page.get_by_label("Choose a password").fill(PASSWORD)
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Welcome, Ana Admin")


def with_alarm(body: str) -> str:
    """Add an alarm, as a provider does who wants to be reminded."""
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:soon\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n"
    return body.replace("END:VEVENT", f"{alarm}END:VEVENT")
