"""Each condition provoked once: its alert names the right cause and remedy, nothing else is told, and it ends."""

import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncd.adapters.alerting import ThisMachine, TlsCertificates
from syncd.adapters.db import SqlStore
from syncd.adapters.db.backups import backups_of
from syncd.adapters.memory import Operation
from syncd.adapters.smtp import SmtpAccount, SmtpMailer
from syncd.adapters.wording import TemplateWords
from syncd.core.access.principal import local_administrator
from syncd.core.claims.claim import ClaimStatus
from syncd.core.events.findings import Severity
from syncd.core.messaging.content import News, SessionTime
from syncd.core.reporting.alerts import Alert, Urgency
from syncd.core.reporting.watching import Observation, Watched
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.core.sync.plan import Limits
from syncd.core.sync.policy import Policy
from syncd.core.times import DayHours
from syncd.core.work import Key, Pace, WorkKind
from syncd.ports.alerting import Endpoint
from syncd.ports.remote.errors import LoginRefusedError, UnavailableError
from syncd.ports.store.transaction import Store
from syncd.services.messaging.composing import Composer, LinkMaker
from syncd.services.messaging.delivery import Delivery
from syncd.services.reporting.alerts import alerts
from syncd.services.reporting.watching import CertificateWatch, MachineWatch
from syncd.services.upkeep.backups import back_up, newest
from syncd.services.work.stopping import Stop
from syncd.services.work.units import Done, Unit
from tests.adapters.certificates import issue_certificate
from tests.alerting.desk import WITHIN
from tests.alerting.receiver import Receiver
from tests.builders import NOW, START, a_calendar, a_practice, a_provider
from tests.claims.builders import a_drift
from tests.claims.practice import ClaimsWorld
from tests.messages.builders import a_message
from tests.servers.base import free_port
from tests.servers.smtp import MailServer, RefuseRecipient
from tests.services.world import MOVED_A_DAY, World
from tests.working import a_task, work_off

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURLY = Pace(farthest=HOUR)


def seen(world: "World | Place", **within: Any) -> list[Alert]:
    with world.store.reading() as tx:
        return alerts(tx, world.now, replace(WITHIN, **within))


def only(world: "World | Place", **within: Any) -> Alert:
    """Return the one alert that there is."""
    (alert,) = seen(world, **within)
    return alert


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


@pytest.fixture
def quick(sqlite_store: Store) -> World:
    """A practice on SQLite, for what the database has no part in."""
    return World(sqlite_store)


def test_all_is_well(world: World) -> None:
    """Nothing is told: not of what is published and proven, nor of what waits for its time."""
    world.book()
    world.cycle(verify=True)
    assert seen(world) == []


class TestEdits:
    def test_one_is_flagged(self, world: World) -> None:
        """The claim's date is what it says is at stake; decided, it is over."""
        world.policy = Policy(())
        one = world.book()
        world.cycle(verify=True)
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        alert, (drift,) = only(world), world.drifts()
        assert (alert.code, alert.subject, alert.severity) == ("drift_open", drift.id, Urgency.CRITICAL)
        assert "moved" in alert.cause
        assert f"syncd drift show {drift.id}" in alert.remedy
        with world.store.transaction() as tx:
            tx.drifts.save(replace(drift, status=DriftStatus.REVERTED, resolved_at=world.now))
        assert seen(world) == []

    def test_one_that_waits_for_the_morning(self, quick: World) -> None:
        """Is put right by itself: nobody has to act."""
        quick.limits = Limits(quiet_hours=(DayHours(time(0), time(23, 59)),))
        one = quick.book()
        quick.cycle(verify=True)
        quick.edit(one, MOVED_A_DAY)
        quick.cycle()
        assert [drift.status for drift in quick.drifts()] == ["open"]
        assert seen(quick) == []

    def test_more_than_anybody_can_read(self, quick: World) -> None:
        """The gravest are shown whatever came after them; of the others it is said how many there are."""
        one = quick.book()
        with quick.store.transaction() as tx:
            tx.drifts.add(a_drift(id="drift-grave", appointment_id=one.id, provider_id=quick.provider.id))
            for number in range(210):
                later = quick.now + timedelta(minutes=number)
                text = a_drift(appointment_id=one.id, provider_id=quick.provider.id, detected_at=later)
                tx.drifts.add(replace(text, severity=Severity.CONTENT, findings=()))
        found = seen(quick)
        assert found[0].subject == "drift-grave"
        (rest,) = (alert for alert in found if alert.code == "drifts_open")
        assert rest.cause.startswith("11 more edits")


class TestCalendars:
    def test_the_login_is_refused(self, world: World) -> None:
        """Asks for the new password; with it all is well again."""
        world.book()
        world.cycle(verify=True)
        world.collection.fail(Operation.CHANGES, LoginRefusedError())
        world.cycle()
        alert = only(world)
        assert (alert.code, alert.subject) == ("calendar_login_refused", world.calendar.id)
        assert f"syncd calendar resume {world.calendar.id} --password-stdin" in alert.remedy
        with world.store.transaction() as tx:
            tx.calendars.save(replace(tx.calendars.get(world.calendar.id), state=CalendarState.OK))
        world.cycle()
        assert seen(world) == []

    def test_a_guard_holds_it(self, world: World) -> None:
        """Says what the guard saw, and how to see more and to go on."""
        for day in range(1, 8):
            world.book(start=START.replace(day=day))
        world.cycle(verify=True)
        for href in list(world.collection.bodies()):
            world.collection.delete(href)
        world.cycle()
        alert = only(world)
        assert alert.code in {"calendar_emptied", "calendar_mass_change"}
        assert f"syncd calendar resume {world.calendar.id}" in alert.remedy
        assert alert.since is not None

    def test_nobody_answers_any_more(self, quick: World) -> None:
        """Is told with the error once the last look is older than the objective, not before."""
        quick.book()
        quick.cycle(verify=True)
        for minutes in (1, 35):
            quick.now += timedelta(minutes=minutes)
            quick.collection.fail(Operation.CHANGES, UnavailableError("The server does not answer."))
            quick.cycle()
        alert = only(quick)
        assert (alert.code, alert.cause) == ("calendar_unproven", "The server does not answer.")

    def test_nobody_ever_answered(self, quick: World) -> None:
        """Is told too, though no last look is there to count from; one failure is a glitch."""
        quick.book()
        told = []
        for _ in range(6):
            quick.collection.fail(Operation.CHANGES, UnavailableError("The server does not answer."))
            quick.cycle()
            told.append([alert.code for alert in seen(quick)])
        assert told == [[], [], [], [], ["calendar_unproven"], ["calendar_unproven"]]
        assert "The server does not answer." in only(quick).cause

    def test_it_is_not_proven_equal(self, quick: World) -> None:
        """Is told once the proof is older than its objective, though the calendar is looked at."""
        quick.book()
        quick.cycle(verify=True)
        quick.now += 49 * HOUR
        with quick.store.transaction() as tx:
            tx.calendars.finish(replace(tx.calendars.get(quick.calendar.id), last_synced_at=quick.now))
            tx.works.poke(Key(WorkKind.CALENDAR, quick.calendar.id), due_at=quick.now)
        proof = [alert for alert in seen(quick) if alert.code == "calendar_unproven"]
        assert len(proof) == 1
        assert "not proven equal" in proof[0].cause


class TestMail:
    @pytest.fixture
    def server(self) -> Iterator[MailServer]:
        with MailServer() as running:
            yield running

    def deliver(self, world: World, port: int) -> None:
        mailer = SmtpMailer(SmtpAccount(host="127.0.0.1", port=port, security="none", timeout=10))
        composer = Composer(practice=a_practice(), words=TemplateWords(), links=LinkMaker())
        with closing(mailer):
            task = a_task(WorkKind.MESSAGE, Delivery(mailer, composer).deliver, pace=HOURLY)
            work_off(world.store, task, world.now)

    def queue(self, world: World) -> None:
        one = world.book()
        news = News(appointment_id=one.id, before=None, after=SessionTime(start=one.start, minutes=50, location=""))
        world.cycle(verify=True)
        message = a_message([news], appointment_id=one.id, method=None, created_at=world.now)
        with world.store.transaction() as tx:
            tx.messages.add([message])

    def test_a_message_is_put_aside(self, world: World, server: MailServer) -> None:
        """Says that a person has to mend it, and how."""
        self.queue(world)
        server.act("chris@example.org", RefuseRecipient())
        self.deliver(world, server.port)
        alert = only(world)
        assert (alert.code, alert.subject) == ("messages_failed", "messages")
        assert "syncd message retry" in alert.remedy

    def test_the_mail_server_is_away(self, world: World) -> None:
        """Names the server and why, once a message has waited too long; trying again does not hide it."""
        self.queue(world)
        port, told = free_port(), []
        for _ in range(4):
            self.deliver(world, port)
            told.append([alert.cause for alert in seen(world) if alert.code == "mail_late"])
            world.now += timedelta(minutes=6)
        assert told[:3] == [[], [], []]
        assert f"127.0.0.1:{port} cannot be used" in told[3][0]

    def test_a_message_that_one_server_refuses_for_now(self, quick: World, server: MailServer) -> None:
        """Is told without what the server said: that may name a person."""
        self.queue(quick)
        server.act("chris@example.org", *[RefuseRecipient("450 4.2.1 Chris is away")] * 9)
        for _ in range(4):
            self.deliver(quick, server.port)
            quick.now += timedelta(minutes=7)
        (alert,) = (alert for alert in seen(quick) if alert.code == "mail_late")
        assert "Chris" not in alert.cause

    def test_mail_that_may_wait_longer(self, quick: World) -> None:
        """The settings say how long."""
        self.queue(quick)
        quick.now += timedelta(minutes=20)
        quick.cycle()
        assert [alert.code for alert in seen(quick, mail=HOUR, work=2 * HOUR)] == []


class TestClaims:
    def test_one_is_held_for_long(self, store: Store) -> None:
        """Is told after so many days, with how many there are; a no-show is held for good, and is nobody's concern."""
        practice = ClaimsWorld(store)
        one, other = practice.book(), practice.book(start=START.replace(hour=14))
        practice.cycle(verify=True)
        practice.change(other, status=AppointmentStatus.NO_SHOW)
        practice.now = START.astimezone(UTC) + DAY
        with practice.store.transaction() as tx:
            for booked in (one, other):
                tx.claims.save(replace(tx.claims.get(booked.id), status=ClaimStatus.HELD))
        assert "claims_held" not in [alert.code for alert in seen(practice)]
        practice.now += 8 * DAY
        (alert,) = (alert for alert in seen(practice) if alert.code == "claims_held")
        assert alert.cause.startswith("1 claim held for more than 7 days")
        assert alert.since == datetime(2026, 12, 1, tzinfo=UTC)
        assert "syncd claim list --status held" in alert.remedy


class TestWork:
    def test_nobody_works(self, quick: World) -> None:
        """Each kind that is late is told: the scheduler, or its workers, are not there."""
        quick.cycle(verify=True)
        quick.now += HOUR + timedelta(minutes=20)
        late = [alert for alert in seen(quick) if alert.code == "work_late"]
        assert [(alert.subject, alert.severity) for alert in late] == [("calendar", Urgency.CRITICAL)]
        assert "syncd workers" in late[0].remedy

    def test_work_fails(self, quick: World) -> None:
        """Is told with its error, and no longer once it was done."""

        def fail(_: Unit) -> Done:
            raise UnavailableError("The disk is away.")

        with quick.store.transaction() as tx:
            tx.works.add(Key(WorkKind.SERIES, "ser-1"), quick.now)
        work_off(quick.store, a_task(WorkKind.SERIES, fail), quick.now)
        assert (only(quick).code, only(quick).subject) == ("work_failing", "ser-1")
        assert "The disk is away." in only(quick).cause
        quick.now += HOUR / 30
        work_off(quick.store, a_task(WorkKind.SERIES, lambda _: Done()), quick.now)
        assert seen(quick) == []


@dataclass
class Place:
    """A machine to look at, with its folders, and a database on it; nothing else is there that could be told."""

    store: SqlStore
    folder: Path
    url: str
    now: datetime = NOW

    def __post_init__(self) -> None:
        backups = self.folder / "backups"
        self.watch = MachineWatch(self.store, ThisMachine(), [self.folder], backups)
        self.store.clock = lambda: self.now

    def later(self, time: timedelta) -> None:
        """Let time pass, and the process be started again."""
        self.now += time
        self.__post_init__()

    def look(self, at: datetime | None = None) -> None:
        suffix = backups_of(self.url).suffix
        self.now = at or self.now
        self.watch.look(self.now, lambda: newest(self.folder / "backups", suffix))

    def look_at_certificates(self, mail: Endpoint | None) -> None:
        watch = CertificateWatch(store=self.store, certificates=TlsCertificates(5), mail=mail, stop=Stop())
        watch.expect(self.now)
        work_off(self.store, a_task(WorkKind.CERTIFICATE, watch.work), self.now)


@pytest.fixture
def place(sqlite_store: SqlStore, sqlite_url: str, tmp_path: Path) -> Place:
    return Place(sqlite_store, tmp_path, sqlite_url)


class TestMachine:
    def test_a_disk_is_nearly_full(self, place: Place) -> None:
        """Names the place and how much is free, where that is less than the settings say."""
        place.look()
        assert seen(place, free_share=0.0) == []
        found = seen(place, free_share=1.01)
        assert {alert.code for alert in found} == {"disk_full"}
        assert f"{ThisMachine().name}:{place.folder}" in {alert.subject for alert in found}
        assert all("% of it is free" in alert.cause for alert in found)

    def test_the_clock_jumps(self, place: Place) -> None:
        """Says which way and how far; an hour later nobody has to look any more."""
        start = datetime.now(UTC)
        place.look(start)
        place.look(start + timedelta(seconds=1))
        assert seen(place, free_share=0.0) == []
        place.look(start + 3 * HOUR)
        alert = only(place, free_share=0.0)
        assert alert.code == "clock_jump"
        assert f"The clock of {ThisMachine().name} jumped forward by 2 hours" in alert.cause
        place.look(start)
        assert "jumped back by" in only(place, free_share=0.0).cause
        place.now += HOUR + timedelta(minutes=1)
        assert seen(place, free_share=0.0) == []

    def test_no_backup_is_made(self, place: Place) -> None:
        """Counts from when it was first looked for, then from the newest backup; where others see to it, not at all."""
        place.look()
        assert seen(place, free_share=0.0) == []
        place.later(4 * DAY)
        place.look()
        alert = only(place, free_share=0.0)
        assert (alert.code, alert.cause) == ("backup_old", "No backup was made for 4 days.")
        assert "syncd backup" in alert.remedy
        assert seen(place, free_share=0.0, backup=None) == []
        admin = local_administrator("root")
        back_up(place.store, backups_of(place.url), place.folder / "backups", "the key", admin, place.now)
        place.look()
        assert seen(place, free_share=0.0) == []
        place.later(5 * DAY)
        place.look()
        assert only(place, free_share=0.0).cause == "The newest backup is 5 days old."

    def test_another_machine_makes_the_backups(self, place: Place) -> None:
        """One that has a backup is enough."""
        place.look()
        place.later(4 * DAY)
        place.look()
        with place.store.transaction() as tx:
            (own,) = (one for one in tx.observations.list() if one.kind is Watched.BACKUP)
            tx.observations.see([replace(own, subject="other:/backups", moment=place.now - DAY)])
        assert seen(place, free_share=0.0) == []

    def test_a_machine_that_is_no_more(self, place: Place) -> None:
        """Is not told of for ever."""
        place.look()
        place.later(3 * DAY)
        assert seen(place, free_share=1.01, backup=DAY) == []


class TestCertificates:
    @pytest.mark.parametrize(
        ("valid", "words", "severity"),
        [
            (9 * DAY, "expires in 8 days", Urgency.NOTICE),
            (2 * DAY, "expires in 47 hours", Urgency.WARNING),
            (-DAY, "has expired", Urgency.WARNING),
        ],
    )
    def test_a_calendar_server(
        self, place: Place, tmp_path: Path, valid: timedelta, words: str, severity: Urgency
    ) -> None:
        """Is named with the day, whether or not its certificate is trusted here."""
        place.now = datetime.now(UTC)
        with Receiver(tls=a_context(tmp_path, valid)) as server:
            provider, url = a_provider(), f"https://127.0.0.1:{server.port}/cal/"
            with place.store.transaction() as tx:
                tx.providers.add(provider)
                tx.calendars.add(a_calendar(provider_id=provider.id, url=url))
            place.look_at_certificates(None)
            alert = only(place)
        assert (alert.code, alert.subject) == ("certificate_expiring", f"127.0.0.1:{server.port}")
        assert words in alert.cause
        assert alert.severity is severity

    def test_one_that_is_renewed_every_week(self, place: Place) -> None:
        """Is told in the last third of its time, not all the time."""
        week = Observation(
            kind=Watched.CERTIFICATE,
            subject="calendars.example.net:443",
            first_seen_at=NOW,
            seen_at=NOW,
            amount=(6 * DAY).total_seconds(),
            moment=NOW + 3 * DAY,
        )
        with place.store.transaction() as tx:
            tx.observations.see([week])
        assert seen(place, backup=None) == []
        place.now += DAY + HOUR
        assert only(place, backup=None).code == "certificate_expiring"

    def test_the_mail_server(self, place: Place, tmp_path: Path) -> None:
        """Shows its certificate after STARTTLS."""
        place.now = datetime.now(UTC)
        with MailServer(options={"tls_context": a_context(tmp_path, 5 * DAY)}) as server:
            place.look_at_certificates(Endpoint("127.0.0.1", server.port, starttls=True))
        assert only(place).subject == f"127.0.0.1:{server.port}"

    def test_one_that_is_good_for_long(self, place: Place, tmp_path: Path) -> None:
        """Is nobody's concern; nor is a server that shows none."""
        place.now = datetime.now(UTC)
        with MailServer(options={"tls_context": a_context(tmp_path, 90 * DAY)}) as server:
            place.look_at_certificates(Endpoint("127.0.0.1", server.port, starttls=True))
        place.look_at_certificates(Endpoint("127.0.0.1", free_port(), starttls=True))
        assert seen(place) == []


def a_context(folder: Path, valid: timedelta) -> ssl.SSLContext:
    certificate, key = issue_certificate(folder, "127.0.0.1", valid)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context
