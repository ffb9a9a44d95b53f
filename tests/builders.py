"""Builders of the practice's records, each with defaults: a test names only what it is about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Series, SourceRef
from syncd.core.scheduling.people import Client, Provider
from syncd.core.sync.calendars import Calendar, CalendarKind, CalendarState
from syncd.core.sync.publication import Publication
from syncd.core.sync.publishing import Practice, Publishable

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""A Monday, 07:00 in New York; what the builders make lies in the weeks after it."""

START = datetime(2026, 12, 1, 10, 0, tzinfo=NEW_YORK)
"""A Tuesday."""

_numbers = count(1)


def _id(prefix: str) -> str:
    return f"{prefix}-test{next(_numbers)}"


def at(text: str, zone: str = "America/New_York") -> datetime:
    """Return the local time ``text`` (ISO 8601 without an offset) in ``zone``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def an_admin(name: str = "usr-admin") -> Principal:
    """Return an admin, on record under ``name``."""
    return Principal(name=name, role=Role.ADMIN, channel=Channel.WEB)


def a_practice(**changes: Any) -> Practice:
    return replace(Practice(name="Example Practice", email="office@example.com"), **changes)


def a_provider(**changes: Any) -> Provider:
    id_ = _id("prv")
    default = Provider(id=id_, name="Pat Provider", email=f"{id_}@example.com", timezone="America/New_York")
    return replace(default, **changes)


def a_client(**changes: Any) -> Client:
    id_ = _id("cli")
    default = Client(id=id_, name="Chris Client", email=f"{id_}@example.org")
    return replace(default, **changes)


def an_appointment(**changes: Any) -> Appointment:
    """Return a single booked appointment: Tuesday, 1 December 2026, 10:00 in New York, 50 minutes."""
    id_ = _id("apt")
    default = Appointment(
        id=id_, uid=f"{id_}.example", provider_id="prv-1", client_id="cli-1", start=START, minutes=50, location="Room 1"
    )
    return replace(default, **changes)


def a_series(**changes: Any) -> Series:
    """Return a weekly series of four sessions from Tuesday, 1 December 2026, 10:00 in New York, 50 minutes each."""
    id_ = _id("ser")
    default = Series(
        id=id_,
        uid=f"{id_}.example",
        provider_id="prv-1",
        client_id="cli-1",
        start=START,
        minutes=50,
        rule="FREQ=WEEKLY;COUNT=4",
        location="Room 1",
    )
    return replace(default, **changes)


def an_instance(series: Series, week: int = 0, **changes: Any) -> Appointment:
    """Return the instance of a weekly ``series`` that many weeks after its start, as the rule has it."""
    given = series.start + timedelta(weeks=week)
    default = Appointment(
        id=_id("apt"),
        uid=series.uid,
        provider_id=series.provider_id,
        client_id=series.client_id,
        start=given,
        minutes=series.minutes,
        location=series.location,
        series_id=series.id,
        recurrence_id=given,
    )
    return replace(default, **changes)


def a_cancelled(one: Appointment) -> Appointment:
    return replace(one, status=AppointmentStatus.CANCELLED)


def a_publishable(
    record: Appointment | Series | None = None, instances: Sequence[Appointment] = (), client: Client | None = None
) -> Publishable:
    """Return what `desired_of` takes; by default a single appointment."""
    return Publishable(
        record=record or an_appointment(),
        provider=a_provider(),
        client=client or a_client(),
        instances=instances,
    )


def a_calendar(**changes: Any) -> Calendar:
    id_ = _id("cal")
    default = Calendar(
        id=id_,
        provider_id="prv-1",
        kind=CalendarKind.CALDAV,
        name="Practice appointments",
        url=f"https://calendars.example.net/{id_}/",
        username="pat",
        secret=b"sealed",
        state=CalendarState.OK,
        inside=True,  # connected by the command line
    )
    return replace(default, **changes)


def a_publication(calendar: Calendar, source: SourceRef, **changes: Any) -> Publication:
    id_ = _id("pub")
    uid = f"{id_}.example"
    default = Publication(id=id_, calendar_id=calendar.id, source=source, uid=uid, href=f"/{calendar.id}/{uid}.ics")
    return replace(default, **changes)
