"""A practice whose provider's calendar is on a real CalDAV server, and whose mails arrive at a real mail server."""

from datetime import datetime
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from syncd.core.access.principal import Role
from syncd.core.scheduling.appointments import Appointment
from syncd.services.access.users import NewUser, add_user
from syncd.services.sync.calendars import NewCalendar
from tests.servers.radicale import Radicale
from tests.web.office import PASSWORD
from tests.web.visits import BY, VisitedPractice


class DavVisits(VisitedPractice):
    """The practice, connected to a server."""

    def connect(self, server: Radicale) -> "DavVisits":
        """Connect the provider's calendar, and publish what is booked."""
        new = NewCalendar(
            provider=self.dana.id, url=server.make_collection(), username=server.username, password=server.password
        )
        self.hand, self.calendar = server.hand, self.system.calendars(BY).connect(new, self.now)
        self.cycle()
        return self

    def cycle(self) -> None:
        self.system.reconciler.run(self.calendar.id, self.now)

    def href(self, one: Appointment) -> str:
        with self.system.store.reading() as tx:
            return urlsplit(tx.publications.ever_of_source(one.source)[0].href).path

    def event(self, one: Appointment) -> str:
        """What stands in the server for a session or its series, unfolded."""
        return self.hand.get(self.href(one)).decode().replace("\r\n ", "")

    def stands(self, one: Appointment) -> bool:
        """Tell whether the server has an event for a session or its series."""
        return self.hand.request("GET", self.href(one)).status == 200

    def sign_in(self, page: Page) -> None:
        """Let the provider in, by the link that an admin would hand over."""
        new = NewUser(name="Dana Doe", email=self.dana.email, role=Role.PROVIDER)
        page.goto(f"/welcome/{add_user(self.system.store, new, BY, self.now).secret}")
        page.get_by_label("Choose a password").fill(PASSWORD)
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("My day")


def local(moment: datetime) -> str:
    """Return a moment as DTSTART has it."""
    return f"DTSTART;TZID=America/New_York:{moment:%Y%m%dT%H%M%S}"
