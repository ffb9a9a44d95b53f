"""A practice whose clients come by the links in their mails: a provider in New York, a client in Chicago."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from syncd.bootstrap import System
from syncd.core.access.principal import local_administrator
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Client, Party
from syncd.core.work import WorkKind
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.changes import By, Terms
from syncd.services.scheduling.people import add_client, add_provider
from tests.builders import NEW_YORK
from tests.servers.smtp import MailServer
from tests.web.notices import ADDRESS
from tests.working import a_task, work_off

BY = local_administrator("root")


def workday(days: int, hour: int = 10) -> datetime:
    """Return an hour in New York of the first working day that is at least so many days ahead."""
    day = datetime.now(NEW_YORK).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


@dataclass
class VisitedPractice:
    """The people, and a session a week ahead; its client lives an hour behind its provider."""

    system: System
    post: MailServer
    fee: Any = None
    clients: dict[str, Client] = field(default_factory=dict)

    def __post_init__(self) -> None:
        store = self.system.store
        self.dana = add_provider(
            store,
            BY,
            self.now,
            name="Dana Doe",
            email="dana@example.com",
            timezone="America/New_York",
            late_fee=self.fee,
        )
        self.robin = self.client("Robin Roe", timezone="America/Chicago", language="en-US")
        self.at = workday(7)
        self.one = self.book(self.at)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def client(self, name: str, **more: Any) -> Client:
        email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        return add_client(self.system.store, BY, self.now, name=name, email=email, **more)

    def terms(self, party: Party = Party.ADMIN, at: datetime | None = None) -> Terms:
        return self.system.terms(By(party, BY), at or self.now)

    def book(
        self, start: datetime, client: Client | None = None, at: datetime | None = None, **more: Any
    ) -> Appointment:
        wall = start.astimezone(NEW_YORK).replace(tzinfo=None)
        who = (client or self.robin).id
        asked = NewBooking(provider=self.dana.id, client=who, start=wall, minutes=50, location="Room 2", **more)
        with self.system.store.transaction() as tx:
            return book(tx, asked, self.terms(at=at))

    def cancel(self, one: Appointment, reason: str = "provider_ill", message: str = "") -> None:
        with self.system.store.transaction() as tx:
            cancel(tx, Cancel(appointment_id=one.id, reason=reason, message=message), self.terms(Party.PROVIDER))

    def get(self, one: Appointment) -> Appointment:
        with self.system.store.reading() as tx:
            return tx.appointments.get(one.id)

    def mails_to(self, address: str) -> Sequence[EmailMessage]:
        """Let what waits leave; return all mails to an address."""
        work_off(self.system.store, a_task(WorkKind.MESSAGE, self.system.delivery.deliver), self.now, 100)
        return self.post.mails_to(address)

    def text_to(self, address: str) -> str:
        """The words of the last mail to an address."""
        body = self.mails_to(address)[-1].get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")

    def link(self, address: str = "robin@example.org") -> str:
        """The path of the link in the last mail to a client."""
        words = [word for word in self.text_to(address).split() if word.startswith(f"{ADDRESS}/visit/")]
        assert words, "the mail has no link"
        return urlsplit(words[0]).path
