"""Alerts are told over real SMTP and HTTP: what arrives, what is tried again, and what is not told twice."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog

from syncd.adapters.db import SqlStore
from syncd.core.access.accounts import User
from syncd.core.access.principal import Role, local_administrator
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.core.work import Pace, WorkKind
from syncd.services.reporting.telling import Audience
from syncd.services.work.leases import Leases
from syncd.services.work.runner import Runner
from syncd.services.work.stopping import Stop
from tests.alerting.desk import CONSOLE, OPS, Desk, words_of
from tests.alerting.receiver import Receiver
from tests.builders import NOW, a_calendar, a_client, a_provider, an_appointment
from tests.claims.builders import a_drift
from tests.servers.smtp import MailServer, Refuse, RefuseRecipient
from tests.working import a_task, work_on

pytestmark = pytest.mark.server


def furnish(desk: Desk) -> None:
    """Put a provider with a calendar, a client and an appointment on record."""
    provider, client = a_provider(id="prv-1"), a_client(id="cli-1")
    with desk.store.transaction() as tx:
        tx.providers.add(provider)
        tx.clients.add(client)
        tx.calendars.add(a_calendar(id="cal-1", last_synced_at=NOW, last_proven_equal_at=NOW))
        tx.appointments.add([an_appointment(id="apt-1")])


def set_state(desk: Desk, state: CalendarState, error: str | None = None) -> None:
    with desk.store.transaction() as tx:
        calendar = tx.calendars.get("cal-1")
        tx.calendars.save(replace(calendar, state=state, last_error=error, last_synced_at=desk.now))


def find(desk: Desk, drift_id: str = "drift-1") -> None:
    with desk.store.transaction() as tx:
        tx.drifts.add(a_drift(id=drift_id, appointment_id="apt-1", detected_at=desk.now))


@pytest.fixture
def office(desk: Desk) -> Desk:
    furnish(desk)
    return desk


class TestMail:
    def test_an_edit_is_flagged(self, office: Desk) -> None:
        """The admins read what it is, since when, what to do and where, in text and HTML; and that it is over."""
        find(office)
        office.rounds(1)
        (mail,) = office.mails()
        assert mail["Subject"] == "[critical] An edit waits for a decision"
        assert [part.get_content_type() for part in mail.walk()][1:] == ["text/plain", "text/html"]
        text = words_of(mail)
        for words in ("claim's date of service is at stake", "syncd drift show drift-1", f"{CONSOLE}/drifts/drift-1"):
            assert words in text
        with office.store.transaction() as tx:
            tx.drifts.save(replace(tx.drifts.get("drift-1"), status=DriftStatus.DISMISSED, resolved_at=office.now))
        office.rounds(6)
        assert office.subjects()[1:] == ["Over: An edit waits for a decision"]

    def test_nobody_is_named(self, office: Desk) -> None:
        """The admins that may sign in are told, and nobody else."""
        with office.store.transaction() as tx:
            for name, role, active in (("a", Role.ADMIN, True), ("b", Role.REVIEWER, True), ("c", Role.ADMIN, False)):
                user = User(id=f"usr-{name}", name=name, email=f"{name}@example.com", role=role, created_at=NOW)
                tx.users.add(replace(user, active=active))
        office.audience = replace(office.audience, mail=None)
        find(office)
        office.rounds(1)
        assert [to for to, _ in office.post.accepted] == ["a@example.com"]

    def test_somebody_else_decides_about_edits(self, office: Desk) -> None:
        """Each is told what is theirs, and only that."""
        office.audience = Audience(mail=(OPS,), drifts=("desk@example.com",))
        find(office)
        set_state(office, CalendarState.VANISHED, "It is gone.")
        office.rounds(7)
        assert office.subjects("desk@example.com") == ["[critical] An edit waits for a decision"]
        assert office.subjects() == ["A calendar has vanished"]

    def test_the_mail_server_is_away(self, office: Desk) -> None:
        """The same mail leaves later, under the same id."""
        office.post.act(OPS, Refuse(), Refuse())
        find(office)
        office.rounds(1)
        assert office.mails() == []
        office.rounds(4)
        (mail,) = office.mails()
        assert "ntc-" in mail["Message-ID"]

    def test_an_address_is_refused_for_good(self, office: Desk) -> None:
        """Is given up, shown as an alert, and told over the other channel."""
        office.post.act(OPS, RefuseRecipient())
        find(office)
        office.rounds(1)
        assert "alerts_undelivered" in office.codes()
        office.rounds(9)
        told = [one["code"] for post in office.posts() for one in post["new"]]
        assert told == ["drift_open", "alerts_undelivered"]


class TestWebhook:
    def test_what_it_gets(self, office: Desk) -> None:
        """A document with all that the list of alerts has, and a link."""
        set_state(office, CalendarState.LOGIN_REFUSED, "The login was refused.")
        office.rounds(3)
        (post,) = office.posts()
        (told,) = post["new"]
        assert post.keys() == {"id", "at", "practice", "new", "again", "over"}
        assert told["code"] == "calendar_login_refused"
        assert told["cause"] == "The login was refused."
        assert told["link"] == f"{CONSOLE}/calendars/cal-1"
        assert "syncd calendar resume cal-1 --password-stdin" in told["remedy"]

    def test_it_fails_for_a_while(self, office: Desk, receiver: Receiver) -> None:
        """Gets the same bytes under the same id until it takes them, ever more seldom."""
        find(office)
        receiver.answers.extend([500, "drop", 503])
        office.rounds(10)
        posts = [request for request in receiver.requests if request.method == "POST"]
        assert len(posts) == 4
        assert len({request.body for request in posts}) == 1
        assert {request.headers["Syncd-Id"] for request in posts} == {posts[0].document["id"]}

    def test_it_fails_for_days(self, office: Desk, receiver: Receiver) -> None:
        """What nobody took for a day is given up, and no longer tried."""
        find(office)
        receiver.answers.extend([500] * 200)
        office.rounds(1)
        office.now += timedelta(hours=25)
        office.deliver()
        with office.store.reading() as tx:
            work = [one for one in tx.works.failing() if one.kind is WorkKind.NOTICE]
        assert work == []

    def test_it_is_in_the_settings_no_more(self, office: Desk) -> None:
        """What was on its way there is not sent, and waits for nothing."""
        find(office)
        office.rounds(1, deliver=False)
        office.audience, office.receiver = replace(office.audience, has_webhook=False), None
        office.deliver()
        with office.store.reading() as tx:
            assert tx.works.load(office.now, timedelta(0))[WorkKind.NOTICE].due == 0


class TestPing:
    def test_all_is_well(self, office: Desk) -> None:
        """Each round asks for the address."""
        office.rounds(3)
        assert office.pings() == 3

    def test_something_is_out_of_order(self, office: Desk) -> None:
        """Nothing is asked for, from the first round on, until it is mended."""
        set_state(office, CalendarState.VANISHED)
        office.rounds(3)
        assert office.pings() == 0
        set_state(office, CalendarState.OK)
        office.rounds(1)
        assert office.pings() == 1

    def test_only_a_decision_waits(self, office: Desk) -> None:
        """syncd does its work: the switch is for when it does not."""
        find(office)
        office.rounds(1)
        assert office.pings() == 1

    def test_nobody_answers(self, office: Desk, receiver: Receiver) -> None:
        """Harms nothing, is no alert, and is logged once; and once when it works again."""
        receiver.pongs.extend([500, 503, "drop"])
        with structlog.testing.capture_logs() as logs:
            office.rounds(5)
        told = [entry["event"] for entry in logs if "ping" in entry["event"]]
        assert told == ["the ping failed", "the ping works again"]
        assert office.codes() == []


class TestWhatWasToldIsKept:
    def test_a_restart(self, any_desk: Desk) -> None:
        """Tells nobody twice; the day after, it is told that it still lasts."""
        furnish(any_desk)
        set_state(any_desk, CalendarState.VANISHED, "It is gone.")
        any_desk.rounds(3)
        for _ in range(3):
            again = Desk(any_desk.store, any_desk.post, now=any_desk.now)
            again.rounds(2)
            again.close()
        assert any_desk.subjects() == ["A calendar has vanished"]
        any_desk.now += timedelta(days=1)
        set_state(any_desk, CalendarState.VANISHED, "It is gone.")
        any_desk.rounds(1)
        assert any_desk.subjects()[1:] == ["Still: A calendar has vanished"]

    def test_many_workers(
        self, database_url: str, open_stores: Callable[[str], SqlStore], mail_server: MailServer
    ) -> None:
        """Of four runners over one store, each with its own connections, one tells."""
        stores = [open_stores(database_url) for _ in range(4)]
        desks = [Desk(store, mail_server) for store in stores]
        furnish(desks[0])
        find(desks[0])
        desks[0].alert_round.expect(NOW)
        gate = threading.Barrier(4)

        def run(desk: Desk) -> None:
            stop = Stop()
            pace = Pace(farthest=timedelta(hours=1))
            tasks = [
                a_task(WorkKind.ALERT, desk.alert_round.work, pace=pace),
                a_task(WorkKind.NOTICE, desk.notices.deliver, pace=pace),
            ]
            runner = Runner(tasks, desk.store, Leases(desk.store, clock=lambda: NOW), stop, clock=lambda: NOW)
            gate.wait(30)
            runner.run_dry()
            assert runner.stop(10)

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(run, desks))
        assert [to for to, _ in mail_server.accepted] == [OPS]
        for desk in desks:
            desk.close()

    def test_a_worker_dies_before_it_can_note_it(self, any_desk: Desk) -> None:
        """Its round leaves nothing behind: the next one tells, once."""
        furnish(any_desk)
        find(any_desk)
        any_desk.alert_round.expect(any_desk.now)
        leases = Leases(any_desk.store, clock=lambda: any_desk.now)
        (held,) = leases.take(WorkKind.ALERT, Pace(farthest=timedelta(hours=1)), ["round"])
        leases.forget(held)
        any_desk.now += timedelta(minutes=2)
        any_desk.rounds(1)
        assert len(any_desk.mails()) == 1

    def test_an_edit_is_found_while_the_round_rests(self, office: Desk) -> None:
        """The round is due in a moment, not at its time."""
        office.rounds(1)
        assert isinstance(office.store, SqlStore)
        office.store.clock = lambda: office.now
        find(office)
        due = work_on(office.store, WorkKind.ALERT, "round").due_at
        assert due is not None
        assert due <= office.now + timedelta(seconds=5)


class TestTrying:
    def test_all_channels_work(self, office: Desk) -> None:
        """Each gets the test, and says what happened."""
        alert, tried = office.notices.try_all(local_administrator("root"), office.now)
        assert [(one.channel, one.ok) for one in tried] == [("mail", True), ("webhook", True), ("ping", True)]
        assert office.subjects() == ["A test of alerts"]
        assert office.posts()[0]["new"][0]["code"] == alert.code == "test"
        assert "answered 200" in tried[1].message

    def test_one_fails(self, office: Desk, receiver: Receiver) -> None:
        """The others are tried all the same, and what failed says why."""
        office.post.act(OPS, RefuseRecipient())
        receiver.answers.append(403)
        _, tried = office.notices.try_all(local_administrator("root"), office.now)
        assert [one.ok for one in tried] == [False, False, True]
        assert "no such mailbox" in tried[0].message
        assert "answered 403" in tried[1].message


def test_what_leaves_is_plain_data(office: Desk) -> None:
    """Whatever stands in the outbox of alerts is JSON, and holds no name of a client."""
    find(office)
    office.rounds(1)
    assert "Chris" not in json.dumps(office.posts())
    assert "Chris" not in "".join(map(words_of, office.mails()))
