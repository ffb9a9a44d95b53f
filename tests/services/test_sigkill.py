"""A real process, killed by SIGKILL at every step of a cycle against a real server."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from syncd.adapters.caldav import CalDavServers
from syncd.adapters.db import SqlStore
from syncd.adapters.db.vault import FernetVault, new_key
from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.policy import DEFAULT_POLICY
from syncd.services.sync.publications import publish_to
from syncd.services.sync.reconcile import Reconciler
from tests.builders import NOW, a_calendar, a_client, a_practice, a_provider, an_appointment
from tests.servers.radicale import Radicale

KEY = new_key()
LEASE = timedelta(minutes=20)


def run_mortal(url: str, calendar: Calendar, now: datetime, step: int) -> subprocess.CompletedProcess[str]:
    """Run one cycle in a process of its own that kills itself at ``step``."""
    program = [sys.executable, "-m", "tests.services.dying", url, KEY, calendar.id, now.isoformat(), str(step)]
    return subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)


def standing(server: Radicale, collection: str) -> list[bytes]:
    """Return the bodies that stand in a collection, as the provider's program sees them."""
    path = urlsplit(collection).path
    listing = server.hand.request("PROPFIND", path, Depth="1").body.decode()
    return [server.hand.get(href) for href in re.findall(r">([^<>]+\.ics)<", listing)]


@pytest.fixture
def reconciler(sqlite_url: str, open_stores: Callable[[str], SqlStore]) -> Iterator[Reconciler]:
    with CalDavServers(lambda sent, stored: sent == stored) as servers:
        yield Reconciler(
            store=open_stores(sqlite_url),
            servers=servers,
            vault=FernetVault(KEY),
            practice=a_practice(),
            policy=DEFAULT_POLICY,
        )


@pytest.mark.server
@pytest.mark.slow
def test_a_process_killed_at_every_step(sqlite_url: str, reconciler: Reconciler, radicale_server: Radicale) -> None:
    """Each life has something to write and dies one step later; in the end the calendar is right, with one event."""
    collection = radicale_server.make_collection()
    store, one, calendar = reconciler.store, *a_booked_appointment(reconciler, radicale_server, collection)
    now, deaths, start = NOW, 0, one.start
    while True:
        now += LEASE
        done = run_mortal(sqlite_url, calendar, now, step=deaths)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        deaths, start = deaths + 1, start + timedelta(days=1)
        with store.transaction() as tx:
            tx.appointments.save(replace(tx.appointments.get(one.id), start=start))
            tx.publications.mark_dirty(one.source)
    assert deaths > 4, "a cycle takes some steps"
    (body,) = standing(radicale_server, collection)
    assert f"DTSTART;TZID=America/New_York:{start:%Y%m%dT%H%M%S}".encode() in body
    assert reconciler.run(calendar.id, now + LEASE, verify=True).counts.total() == 0


def a_booked_appointment(reconciler: Reconciler, server: Radicale, collection: str) -> tuple[Appointment, Calendar]:
    """Store an appointment that is to stand in a collection."""
    provider, client = a_provider(), a_client()
    calendar = a_calendar(
        provider_id=provider.id,
        url=collection,
        username=server.account.username,
        secret=reconciler.vault.seal(server.account.secret),
    )
    one = an_appointment(provider_id=provider.id, client_id=client.id)
    with reconciler.store.transaction() as tx:
        tx.providers.add(provider)
        tx.clients.add(client)
        tx.calendars.add(calendar)
        tx.appointments.add([one])
        publish_to(tx, calendar, [one.source])
    return one, calendar
