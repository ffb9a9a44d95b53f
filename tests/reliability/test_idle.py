"""What a calendar in which nothing happens costs, at the level of the whole cycle."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.adapters.caldav import CalDavServers
from syncd.adapters.db import SqlStore
from syncd.services.sync.publications import publish_to
from syncd.services.sync.reconcile import CycleReport
from tests.adapters.events import an_event
from tests.builders import START, an_appointment
from tests.reliability.dav_world import DavWorld, ScriptedWorld, mean_the_same
from tests.servers.radicale import Radicale


def book(world: DavWorld, count: int) -> None:
    """Put so many appointments into the store, twenty a day."""
    booked = [
        replace(
            an_appointment(start=START + timedelta(days=number // 20, hours=number % 20)),
            provider_id=world.provider.id,
            client_id=world.client.id,
        )
        for number in range(count)
    ]
    with world.store.transaction() as tx:
        tx.appointments.add(booked)
        publish_to(tx, world.calendar, [one.source for one in booked])


def idle_cycle(world: DavWorld, count: int) -> CycleReport:
    """Publish so many appointments, and return the report of the first cycle in which nothing happens."""
    book(world, count)
    assert world.cycle().counts["published"] == count
    world.cycle()
    return world.cycle()


def fill(world: DavWorld, count: int) -> None:
    """Put so many events of the provider's own there at once: Radicale takes a collection as one file."""
    events = [an_event(f"own-{number}@example.com").decode() for number in range(count)]
    bodies = [event[event.index("BEGIN:VEVENT") : event.index("END:VCALENDAR")] for event in events]
    whole = "".join(["BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.org//tests//EN\r\n", *bodies])
    world.hand.put(world.path, (whole + "END:VCALENDAR\r\n").encode())


@pytest.mark.server
@pytest.mark.parametrize("count", [10, 1_000])
def test_idle_calendar_at_a_real_server(sqlite_store: SqlStore, radicale_server: Radicale, count: int) -> None:
    """An idle cycle is one HTTP request, however many events stand in the calendar."""
    with CalDavServers(mean_the_same) as dav:
        world = DavWorld(sqlite_store, server=radicale_server, dav=dav)
        fill(world, count - 5)
        idle = idle_cycle(world, 5)
    assert (idle.requests, idle.counts.total(), idle.errors) == (1, 0, ())


@pytest.mark.slow
@pytest.mark.parametrize("count", [10, 1_000])
def test_idle_calendar_full_of_sessions(world: ScriptedWorld, count: int) -> None:
    """So it is when all of them were published by us, counted where the requests arrive."""
    assert idle_cycle(world, count).requests == 1
    world.server.seen.clear()
    world.cycle()
    assert [seen.method for seen in world.server.seen] == ["REPORT"]
