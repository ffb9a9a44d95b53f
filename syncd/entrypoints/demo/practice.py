"""The sample practice: three providers, twelve clients, sixty appointments in the weeks to come."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from syncd.bootstrap import System
from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Party, Provider
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.changes import By
from syncd.services.scheduling.people import add_client, add_provider
from syncd.services.sync.calendars import NewCalendar

DEMO = Principal(name="demo", role=Role.ADMIN, channel=Channel.COMMAND_LINE)
"""Who sets the practice up."""
WEEKS = 6


class Staff(NamedTuple):
    """A provider of the sample practice; ``late``: one who also sees somebody at 23:30."""

    username: str
    name: str
    timezone: str
    late: bool = False


STAFF = (
    Staff("alder", "Dr. Ada Alder", "America/New_York"),
    Staff("birch", "Ben Birch", "America/Chicago"),
    Staff("cedar", "Cleo Cedar", "America/Los_Angeles", late=True),
)

CLIENTS = (
    "Ann Apple", "Bob Beech", "Cat Cherry", "Dan Dogwood", "Eve Elm", "Fay Fir",
    "Gus Gum", "Hal Hazel", "Ida Ivy", "Joe Juniper", "Kim Kauri", "Lou Larch",
)  # fmt: skip


class SampleSession(NamedTuple):
    """A session of the sample week: days after the first Monday, local time, and whether it repeats every week."""

    days: int
    at: time
    weekly: bool = False


_SLOTS = (
    SampleSession(1, time(10), weekly=True),
    SampleSession(3, time(14), weekly=True),
    *(SampleSession(day, time(hour)) for day in (0, 2, 7, 9) for hour in (9, 11)),
)
"""Two series of six sessions and eight single ones: twenty for each provider."""


class Booked(NamedTuple):
    """The sample practice as it was booked: each provider's appointments, a series by its first one."""

    provider: Provider
    staff: Staff
    appointments: tuple[Appointment, ...]


def open_practice(system: System, server_url: str, passwords: dict[str, str], now: datetime) -> list[Booked]:
    """Book everything and connect the providers' calendars; the next cycles publish it."""
    clients = [
        add_client(system.store, DEMO, now, name=name, email=f"{name.split()[0].lower()}@example.org").id
        for name in CLIENTS
    ]
    booked = [_hire(system, staff, clients, now) for staff in STAFF]
    for one in booked:
        account = NewCalendar(
            provider=one.provider.id,
            url=server_url,
            username=one.staff.username,
            password=passwords[one.staff.username],
        )
        system.calendars(DEMO).connect(account, now)
    return booked


def _hire(system: System, staff: Staff, clients: list[str], now: datetime) -> Booked:
    email = f"{staff.username}@example.com"
    provider = add_provider(system.store, DEMO, now, name=staff.name, email=email, timezone=staff.timezone)
    terms = system.terms(By(Party.ADMIN, DEMO), now)
    with system.store.transaction() as tx:
        appointments = tuple(book(tx, asked, terms) for asked in _bookings(staff, provider, clients, now))
    return Booked(provider, staff, appointments)


def _bookings(staff: Staff, provider: Provider, clients: list[str], now: datetime) -> Iterator[NewBooking]:
    monday = first_monday(now.astimezone(UTC).date())
    for number, slot in enumerate(_SLOTS):
        at = time(23, 30) if staff.late and slot == _SLOTS[-1] else slot.at
        yield NewBooking(
            provider=provider.id,
            client=clients[(number + 4 * STAFF.index(staff)) % len(clients)],
            start=datetime.combine(monday + timedelta(days=slot.days), at),
            minutes=50,
            location="Room 2" if number % 2 else "Video",
            repeat=f"FREQ=WEEKLY;COUNT={WEEKS}" if slot.weekly else None,
        )


def first_monday(today: date) -> date:
    """Return the Monday of next week or the one after: far enough ahead for edits to be put right, not flagged."""
    return today + timedelta(days=(7 - today.weekday()) + (7 if today.weekday() > 3 else 0))
