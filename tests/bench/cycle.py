"""The whole cycle, on both databases: an idle calendar of three sizes, a published event, an edit that is put back."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from syncd.adapters.caldav import CalDavServers, xml
from syncd.adapters.db import open_store, upgrade
from syncd.adapters.db.vault import FernetVault, new_key
from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.plan import Limits
from syncd.core.sync.policy import DEFAULT_POLICY
from syncd.core.sync.publication import Publication
from syncd.services.sync.publications import publish_to
from syncd.services.sync.reconcile import Reconciler
from tests.adapters.events import an_event, same_lines
from tests.adapters.scripted_calendars import KNOWN
from tests.bench.adapter import FLAT_BUDGET, IDLE_BUDGET, PUBLISHING_BUDGET, BareLoop
from tests.bench.measure import Row, measured
from tests.bench.server import serving
from tests.builders import NOW, START, a_calendar, a_client, a_practice, a_provider, an_appointment
from tests.databases import PostgresServer
from tests.servers.base import Server

_SIZES = (10, 1_000, 5_000)
_CALLS = 100
_EVENTS = 100
_ROUNDS = 5
REVERTING_BUDGET = 6.0

_OVER_A_SOCKET = 3.0
"""So many times a budget is allowed where each statement goes to another process."""

_numbers = count()


def rows() -> Iterator[Row]:
    """Measure the cycle on SQLite, then on PostgreSQL, whose own CPU is not counted."""
    with TemporaryDirectory() as folder:
        yield from _on(f"sqlite:///{Path(folder, 'bench.db')}", "")
    server = PostgresServer()
    try:
        for row in _on(server.url(server.create()), "PostgreSQL: "):
            yield replace(row, budget=None if row.budget is None else row.budget * _OVER_A_SOCKET)
    finally:
        server.stop()


def _on(database: str, where: str) -> Iterator[Row]:
    upgrade(database)
    with (
        serving(*_SIZES, 0) as url,
        CalDavServers(same_lines) as servers,
        closing(open_store(database)) as store,
    ):
        reconciler = Reconciler(
            store=store,
            servers=servers,
            vault=FernetVault(new_key()),
            practice=a_practice(),
            policy=DEFAULT_POLICY,
        )
        bare = BareLoop(url)
        idle = [_idle(reconciler, bare, url, size) for size in _SIZES]
        yield from (replace(row, name=f"{where}{row.name}") for row in idle)
        yield Row(
            name=f"{where}idle cycle: largest above smallest",
            requests=idle[-1].requests,
            cpu=idle[-1].cpu,
            bare=idle[0].cpu,
            budget=FLAT_BUDGET,
        )
        for row in (_publishing(reconciler, bare, url), _reverting(reconciler, bare, url)):
            yield replace(row, name=f"{where}{row.name}")
        bare.close()


def _stored_calendar(reconciler: Reconciler, url: str, appointments: list[Appointment]) -> Calendar:
    """Store a provider with appointments, and a calendar that has just been verified."""
    provider, client = a_provider(), a_client()
    calendar = a_calendar(
        provider_id=provider.id,
        url=url,
        username=Server.username,
        secret=reconciler.vault.seal(Server.password),
        capabilities=KNOWN,
        last_verified_at=NOW,
    )
    with reconciler.store.transaction() as tx:
        tx.providers.add(provider)
        tx.clients.add(client)
        tx.calendars.add(calendar)
        owned = [replace(one, provider_id=provider.id, client_id=client.id) for one in appointments]
        tx.appointments.add(owned)
        publish_to(tx, calendar, [one.source for one in owned])
    return calendar


def _appointments(size: int) -> list[Appointment]:
    return [an_appointment(start=START + timedelta(hours=number)) for number in range(size)]


def _idle(reconciler: Reconciler, bare: BareLoop, url: str, size: int) -> Row:
    calendar = _stored_calendar(reconciler, f"{url}home/{size}/", _appointments(size))
    with reconciler.store.transaction() as tx:
        for publication in tx.publications.of_calendar(calendar.id):
            tx.publications.save(_standing(publication))
    reconciler.run(calendar.id, NOW)
    with reconciler.store.reading() as tx:
        cursor = tx.calendars.get(calendar.id).cursor or ""
    body = xml.sync_collection(cursor.removeprefix("sync:"))
    return measured(
        f"idle cycle, {size:,} events",
        lambda: reconciler.run(calendar.id, NOW),
        lambda: bare.request("REPORT", f"/home/{size}/", body, Depth="0"),
        calls=_CALLS,
        requests=reconciler.run(calendar.id, NOW).requests,
        budget=IDLE_BUDGET,
    )


def _standing(publication: Publication) -> Publication:
    return replace(publication, done=publication.wanted)


def _publishing(reconciler: Reconciler, bare: BareLoop, url: str) -> Row:
    rounds = [_publish_some(reconciler, url) for _ in range(_ROUNDS)]
    started = time.process_time()
    for _ in range(_EVENTS):
        uid = f"bare-{next(_numbers)}"
        bare.request("PUT", f"/home/0/{uid}.ics", an_event(f"{uid}@example.com"), If_None_Match="*")
    bare_cpu = (time.process_time() - started) / _EVENTS * 1000
    requests, cpu = min(rounds, key=lambda one: one[1])
    return Row(name="published event, whole cycle", requests=requests, cpu=cpu, bare=bare_cpu, budget=PUBLISHING_BUDGET)


def _reverting(reconciler: Reconciler, bare: BareLoop, url: str) -> Row:
    """Measure edits that are put back, beside a bare loop that makes the same three requests for each."""
    unguarded = replace(reconciler, limits=Limits(mass_count=_EVENTS + 1, mass_most=_EVENTS + 1))
    rounds = [_revert_some(unguarded, bare, url) for _ in range(_ROUNDS)]
    requests, cpu, bare_cpu = min(rounds, key=lambda one: one[1])
    return Row(name="edit put back, whole cycle", requests=requests, cpu=cpu, bare=bare_cpu, budget=REVERTING_BUDGET)


def _revert_some(reconciler: Reconciler, bare: BareLoop, url: str) -> tuple[float, float, float]:
    """Have one cycle put edits back; return requests, CPU, and a bare loop's CPU, in milliseconds, per edit."""
    calendar = _stored_calendar(reconciler, f"{url}home/0/", _appointments(_EVENTS))
    reconciler.run(calendar.id, NOW)
    with reconciler.store.reading() as tx:
        published = tx.publications.of_calendar(calendar.id)
    for one in published:
        bare.request("PUT", one.href, (one.body or "").replace("LOCATION:Room 1", "LOCATION:Room 2").encode())
    started = time.process_time()
    report = reconciler.run(calendar.id, NOW)
    spent = time.process_time() - started
    assert report.counts["reverted"] == _EVENTS, report.counts
    started = time.process_time()
    for one in published:
        bare.request("GET", one.href, b"")
        bare.request("PUT", one.href, (one.body or "").encode())
    bare_cpu = time.process_time() - started
    return report.requests / _EVENTS, spent / _EVENTS * 1000, bare_cpu / _EVENTS * 1000


def _publish_some(reconciler: Reconciler, url: str) -> tuple[float, float]:
    """Publish events in one cycle; return requests and CPU in milliseconds, per event."""
    calendar = _stored_calendar(reconciler, f"{url}home/0/", _appointments(_EVENTS))
    started = time.process_time()
    report = reconciler.run(calendar.id, NOW)
    spent = time.process_time() - started
    assert report.counts["published"] == _EVENTS, report.counts
    return report.requests / _EVENTS, spent / _EVENTS * 1000
