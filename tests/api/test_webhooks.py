"""Webhooks: told in the transaction of the change, delivered at least once and signed, given up after days."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.adapters.alerting import HttpWebhook
from syncd.adapters.alerting.http import signature
from syncd.adapters.db import SqlStore, open_store
from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import AlreadyExistsError
from syncd.core.reporting.hooks import GIVEN_UP_AFTER, HookEvent, Subscription
from syncd.core.scheduling.appointments import Change
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.core.work import Pace, WorkKind
from syncd.ports.errors import ConfigurationError
from syncd.services.reporting.webhooks import HookSender
from syncd.services.work.leases import Leases
from syncd.services.work.stopping import Stop
from syncd.services.work.units import Journal, Task, run_unit
from syncd.settings import load
from syncd.settings.webhooks import EVENTS
from tests.alerting.receiver import Receiver
from tests.builders import NOW, a_calendar, a_client, a_provider, an_appointment, at
from tests.claims.builders import a_drift

SECRET = "a secret of some length"
ALL = Subscription(name="ehr", events=frozenset(HookEvent))


def begin(store: SqlStore) -> SqlStore:
    """Put on record what the drifts of the builders are about."""
    with store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-1"))
        tx.clients.add(a_client(id="cli-1"))
        tx.calendars.add(a_calendar(id="cal-1"))
        tx.appointments.add([an_appointment(id="apt-1", start=at("2020-12-01T10:00"))])
    return store


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """A store whose one subscriber wants to hear everything, on each database."""
    opened = begin(open_store(database_url, subscriptions=[ALL]))
    yield opened
    opened.close()


def told(store: SqlStore) -> list[tuple[str, str]]:
    """What was told until now, the oldest first: which event, and what it became."""
    with store.reading() as tx:
        found = tx.hooks.latest(None, 50)[::-1]
    return [(str(one.event), str(one.data.get("status") or one.data.get("state"))) for one in found]


def test_drifts(store: SqlStore) -> None:
    """An edit that waits is told once, and that it was decided."""
    drift = a_drift(status=DriftStatus.OPEN)
    with store.transaction() as tx:
        tx.drifts.add(drift)
    assert told(store) == [("drift.opened", "open")]
    with store.transaction() as tx:
        tx.drifts.save(replace(drift, note="looked at"))
        tx.drifts.save(replace(drift, status=DriftStatus.DISMISSED))
    assert sorted(told(store)) == [("drift.opened", "open"), ("drift.resolved", "dismissed")]


def test_what_did_not_happen(store: SqlStore) -> None:
    """A change that is taken back is told to nobody."""
    drift = a_drift(status=DriftStatus.OPEN)
    with suppress(AlreadyExistsError), store.transaction() as tx:
        tx.drifts.add(drift)
        tx.drifts.add(drift)
    assert told(store) == []


def test_claims(store: SqlStore) -> None:
    """A claim that becomes clear is told, and that an edit holds it: also where the database itself does that."""
    with store.transaction() as tx:
        claim = tx.claims.get("apt-1")
        tx.claims.save(replace(claim, status=ClaimStatus.CLEAR, confirmed_at=NOW))
        tx.claims.save(replace(claim, status=ClaimStatus.CLEAR, confirmed_at=NOW))
    assert told(store) == [("claim.clear", "clear")]
    with store.transaction() as tx:
        tx.drifts.add(a_drift(status=DriftStatus.OPEN))
    assert sorted(told(store)) == [("claim.clear", "clear"), ("claim.held", "held"), ("drift.opened", "open")]


def test_appointments(store: SqlStore) -> None:
    """Each line of an appointment's history is told, but for what nobody agreed on."""
    line = Change(
        appointment_id="apt-1",
        at=NOW,
        kind="rescheduled",
        by=Party.ADMIN,
        actor="Ana",
        before={"start": "2020-11-30T10:00:00-05:00"},
        after={"start": "2020-12-01T10:00:00-05:00"},
        note="Robin asked for it",
    )
    with store.transaction() as tx:
        tx.appointments.record([line, replace(line, kind="carried_over")])
    with store.reading() as tx:
        [event] = tx.hooks.latest(None, 5)
    expected = {"appointment": "apt-1", "change": "rescheduled", "fields": ["start"], "by": "admin"}
    assert (event.event, event.data) == (HookEvent.APPOINTMENT_CHANGED, expected)


def test_calendars(store: SqlStore) -> None:
    """A calendar's state is told when it becomes another, by a person or by a cycle, and not each time."""
    with store.transaction() as tx:
        calendar = tx.calendars.get("cal-1")
        tx.calendars.save(replace(calendar, state=CalendarState.PAUSED))
        calendar = tx.calendars.get(calendar.id)
        calendar = tx.calendars.finish(replace(calendar, state=CalendarState.UNREACHABLE))
        tx.calendars.finish(replace(calendar, last_error="still"))
    assert sorted(told(store)) == [("calendar.state", "paused"), ("calendar.state", "unreachable")]


def test_nobody_wants_to_hear(database_url: str) -> None:
    """Without subscribers nothing is written."""
    plain = begin(open_store(database_url))
    with plain.transaction() as tx:
        tx.drifts.add(a_drift(status=DriftStatus.OPEN))
    assert told(plain) == []
    plain.close()


def deliver(store: SqlStore, receiver: Receiver, later: timedelta = timedelta(0)) -> None:
    """Try everything that is on its way, as a worker does."""
    sender = HookSender({"ehr": HttpWebhook(receiver.url, SECRET, timeout=5)}, "Elm Street Practice")
    task = Task(kind=WorkKind.WEBHOOK, handle=sender.deliver, pace=Pace(farthest=timedelta(hours=1)))
    now = NOW + timedelta(days=3650) + later
    leases = Leases(store, clock=lambda: now)
    with store.reading() as tx:
        subjects = [one.id for one in tx.hooks.latest(None, 50) if one.sent_at is None and not one.given_up]
    for subject in subjects:
        with leases.now(WorkKind.WEBHOOK, subject) as held:
            run_unit(task, held, store, Stop(), lambda: now, Journal())


def test_delivery(store: SqlStore) -> None:
    """Refused it is tried again with the same bytes under the same id; taken it is done. The signature proves it."""
    store.clock = lambda: NOW + timedelta(days=3650)
    with store.transaction() as tx:
        tx.drifts.add(a_drift(status=DriftStatus.OPEN))
    with Receiver() as receiver:
        receiver.answers.append(503)
        deliver(store, receiver)
        deliver(store, receiver, timedelta(minutes=2))
        deliver(store, receiver, timedelta(minutes=4))
    first, second = receiver.requests
    assert first.body == second.body
    document = json.loads(first.body)
    assert (document["type"], document["id"]) == ("drift.opened", first.headers["Syncd-Id"])
    assert second.headers["Syncd-Id"] == first.headers["Syncd-Id"]
    seconds = int(second.headers["Syncd-Signature"].partition(",")[0].removeprefix("t="))
    at = NOW + timedelta(days=3650, minutes=2)
    assert seconds == int(at.timestamp())
    assert second.headers["Syncd-Signature"] == signature(SECRET, second.body, at)
    assert "Robin" not in first.body.decode()
    with store.reading() as tx:
        [sent] = tx.hooks.latest("ehr", 5)
    assert (sent.attempts, sent.sent_at) == (2, at)


def test_given_up(store: SqlStore) -> None:
    """What could not be delivered for three days says nothing any more."""
    store.clock = lambda: NOW + timedelta(days=3650)
    with store.transaction() as tx:
        tx.drifts.add(a_drift(status=DriftStatus.OPEN))
    with Receiver() as receiver:
        deliver(store, receiver, GIVEN_UP_AFTER)
    assert receiver.requests == []
    with store.reading() as tx:
        assert [one.given_up for one in tx.hooks.latest(None, 5)] == [True]


def test_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subscriber has a name, an address and a secret of its own or the common one; events are known words."""
    file = tmp_path / "syncd.toml"
    file.write_text('[[webhooks.to]]\nname = "ehr"\nurl = "https://ehr.example.com/hooks"\nevents = ["claim.held"]\n')
    with pytest.raises(ConfigurationError, match="SYNCD_WEBHOOKS__SECRET"):
        load(file)
    monkeypatch.setenv("SYNCD_WEBHOOKS__SECRET", SECRET)
    [subscription] = load(file).webhooks.subscriptions()
    assert subscription == Subscription(name="ehr", events=frozenset({HookEvent.CLAIM_HELD}))
    file.write_text(file.read_text().replace("claim.held", "claim.lost"))
    with pytest.raises(ConfigurationError):
        load(file)


def test_words_of_the_settings() -> None:
    """The settings know every event that there is."""
    assert set(EVENTS) == {str(event) for event in HookEvent}
