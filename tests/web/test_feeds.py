"""A provider's calendar as a feed: what a subscriber reads, by the address that is good, and by those that are not."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from syncd.bootstrap import System
from syncd.core.access.permissions import NotPermittedError
from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.errors import NotFoundError
from syncd.core.scheduling.appointments import Appointment, Scope
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import Privacy
from syncd.core.sync.feeds import FeedLook
from syncd.entrypoints.web.app import create_app
from syncd.entrypoints.web.server import WebServer
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.services.feeds.addresses import FeedRevokedError
from syncd.services.feeds.reading import FeedReader
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.changes import By
from syncd.services.scheduling.people import add_client, add_provider, edit_client
from syncd.services.scheduling.rescheduling import Reschedule, reschedule
from syncd.services.upkeep.keys import reseal_all
from tests.builders import a_practice, an_admin
from tests.web.browser import Browser, Page

ZONE = ZoneInfo("America/New_York")
START = datetime.now(ZONE).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=3)
SPAN = (START - timedelta(days=60), START + timedelta(days=365))


@dataclass
class Subscriber:
    """A calendar app at one address of a practice, and the practice's hand."""

    system: System
    browser: Browser
    path: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        store = self.system.store
        self.provider = add_provider(
            store, an_admin(), self.now, name="Dana Doe", email="dana@example.com", timezone=ZONE.key
        )
        self.client = add_client(store, an_admin(), self.now, name="Robin Roe", email="robin@example.org")
        self.subscribe()

    def subscribe(self) -> None:
        token = self.system.feed_addresses.show(self.provider.id, an_admin(), self.now).token
        self.path = f"/feeds/{token}.ics"

    def terms(self) -> Any:
        return self.system.terms(By(Party.ADMIN, an_admin()), self.now)

    def book(self, start: datetime = START, repeat: str | None = None, **more: Any) -> Appointment:
        asked = NewBooking(
            provider=self.provider.id, client=self.client.id, start=start, minutes=50, repeat=repeat, **more
        )
        with self.system.store.transaction() as tx:
            return book(tx, asked, self.terms())

    def move(self, one: Appointment, **changes: Any) -> None:
        with self.system.store.transaction() as tx:
            reschedule(tx, Reschedule(appointment_id=one.id, **changes), self.terms())

    def cancel(self, one: Appointment, scope: Scope = Scope.THIS) -> None:
        with self.system.store.transaction() as tx:
            cancel(tx, Cancel(appointment_id=one.id, reason="client_request", scope=scope), self.terms())

    def sessions(self, one: Appointment) -> list[Appointment]:
        with self.system.store.reading() as tx:
            return list(tx.appointments.list(AppointmentQuery(series_id=one.series_id)))

    def fetch(self, **headers: str) -> Page:
        return self.browser.get(self.path, **headers)

    def events(self) -> list[Any]:
        """Return every occurrence, as another parser reads them."""
        calendar = icalendar.Calendar.from_ical(self.fetch().body)
        assert not [problem for each in calendar.walk() for problem in each.errors]
        return list(recurring_ical_events.of(calendar).between(*SPAN))

    def starts(self) -> list[datetime]:
        return sorted(event["DTSTART"].dt.astimezone(ZONE) for event in self.events())


@pytest.fixture
def app(system: System, browser: Browser) -> Subscriber:
    return Subscriber(system, browser)


def weeks(*numbers: int) -> list[datetime]:
    return [START + timedelta(weeks=number) for number in numbers]


class TestSessions:
    def test_none(self, app: Subscriber) -> None:
        """A provider without sessions has a calendar without events."""
        page = app.fetch()
        assert (page.status, page.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
        assert app.events() == []

    def test_one_that_is_booked_moved_and_cancelled(self, app: Subscriber) -> None:
        """Each change is in the next answer, under the same UID, with a new stamp and a higher SEQUENCE."""
        one = app.book()
        [booked] = app.events()
        assert app.starts() == [START]
        app.now += timedelta(seconds=5)
        app.move(one, start=START + timedelta(days=1))
        [moved] = app.events()
        assert app.starts() == [START + timedelta(days=1)]
        assert moved["UID"] == booked["UID"] == one.uid
        assert moved["SEQUENCE"] > booked["SEQUENCE"]
        assert moved["LAST-MODIFIED"].dt > booked["LAST-MODIFIED"].dt
        app.cancel(one)
        assert app.events() == []

    def test_a_series(self, app: Subscriber) -> None:
        """It is one event with a rule; a session that was moved or cancelled is known by its own place in it."""
        first = app.book(repeat="FREQ=WEEKLY;COUNT=4")
        assert app.starts() == weeks(0, 1, 2, 3)
        _, second, third, _ = app.sessions(first)
        app.move(second, start=second.start + timedelta(hours=2))
        app.cancel(third)
        assert app.starts() == sorted([*weeks(0, 3), START + timedelta(weeks=1, hours=2)])
        assert len({event["UID"] for event in app.events()}) == 1
        app.cancel(app.sessions(first)[0], Scope.FUTURE)
        assert app.starts() == []

    def test_what_is_long_over(self, app: Subscriber) -> None:
        """Is not shown, and nor is another provider's."""
        other = add_provider(
            app.system.store, an_admin(), app.now, name="Kim", email="kim@example.com", timezone=ZONE.key
        )
        with app.system.store.transaction() as tx:
            asked = NewBooking(provider=other.id, client=app.client.id, start=START + timedelta(days=9), minutes=50)
            book(tx, asked, app.terms())
        app.book()
        reader = FeedReader.over(app.system.store, a_practice(), FeedLook(back=timedelta(days=30)))
        token = app.path.removeprefix("/feeds/").removesuffix(".ics")
        assert b"BEGIN:VEVENT" in reader.read(token, "", app.now + timedelta(days=30)).content
        assert b"BEGIN:VEVENT" not in reader.read(token, "", app.now + timedelta(days=40)).content
        assert app.starts() == [START]


class TestPrivacy:
    def test_what_it_says(self, app: Subscriber) -> None:
        """Initials and a reference; neither a name, nor an address, nor anything to answer."""
        one = app.book(location="Room 2")
        text = app.fetch().body.decode()
        [event] = app.events()
        assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == ("Session R. R.", f"Ref. {one.id}")
        for word in ("Robin", "example.org", "dana@", "ORGANIZER", "ATTENDEE", "METHOD", "VALARM", "SOURCE"):
            assert word not in text

    @pytest.mark.parametrize(
        ("practice", "own", "title"),
        [
            (Privacy.BUSY, None, "Busy"),
            (Privacy.BUSY, Privacy.NAME, "Busy"),
            (Privacy.REFERENCE, None, "Session {id}"),
            (Privacy.NAME, Privacy.REFERENCE, "Session {id}"),
            (Privacy.INITIALS, Privacy.NAME, "Session R. R."),
            (Privacy.NAME, None, "Session R. R."),
            (Privacy.NAME, Privacy.NAME, "Session Robin Roe"),
            (Privacy.NAME, Privacy.BUSY, "Busy"),
        ],
    )
    def test_its_own_level(self, app: Subscriber, practice: Privacy, own: Privacy | None, title: str) -> None:
        """A feed tells no more than the calendars, and a name only where somebody said so."""
        one = app.book()
        reader = FeedReader.over(app.system.store, a_practice(privacy=practice), FeedLook(privacy=own))
        body = reader.read(app.path.removeprefix("/feeds/").removesuffix(".ics"), "", app.now).content
        assert f"SUMMARY:{title.replace('{id}', one.id)}\r\n".encode() in body

    def test_a_client_is_renamed(self, app: Subscriber) -> None:
        """It shows within five minutes, though no session changed."""
        app.book()
        reader = app.system.feed_reader
        token = app.path.removeprefix("/feeds/").removesuffix(".ics")
        assert b"R. R." in reader.read(token, "", app.now).content
        edit_client(app.system.store, an_admin(), app.now, app.client.id, name="Sam Stone")
        assert b"S. S." in reader.read(token, "", app.now + timedelta(minutes=5)).content


class TestFetching:
    def test_nothing_changed(self, app: Subscriber) -> None:
        """The same bytes under the same ETag; asked whether it changed, by ETag or by date, 304."""
        app.book()
        first, again = app.fetch(), app.fetch()
        assert first.body == again.body
        etag, date = first.headers["ETag"], first.headers["Last-Modified"]
        assert again.headers["ETag"] == etag
        assert again.headers["Last-Modified"] == date
        for asked in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            page = app.fetch(**{"If-None-Match": asked})
            assert (page.status, page.body, page.headers["ETag"]) == (304, b"", etag)
        assert app.fetch(**{"If-Modified-Since": date}).status == 304
        assert app.fetch(**{"If-None-Match": '"other"', "If-Modified-Since": date}).status == 200
        assert app.fetch(**{"If-Modified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}).status == 200
        assert app.fetch(**{"If-Modified-Since": "yesterday"}).status == 200

    def test_something_changed(self, app: Subscriber) -> None:
        """Another ETag, and a date that is no earlier: also where an event went away."""
        one = app.book()
        first = app.fetch()
        app.cancel(one)
        later = app.fetch(**{"If-None-Match": first.headers["ETag"]})
        assert (later.status, later.headers["ETag"] != first.headers["ETag"]) == (200, True)
        dates = [parsedate_to_datetime(page.headers["Last-Modified"]) for page in (first, later)]
        assert dates[0] <= dates[1]

    def test_another_process_serves_it(self, app: Subscriber) -> None:
        """The answers are alike, dates included: what is served stands in the record."""
        app.book()
        first = app.fetch()
        token = app.path.removeprefix("/feeds/").removesuffix(".ics")
        settings = app.system.settings
        other = FeedReader.over(app.system.store, settings.practice.practice(), settings.feeds.look())
        body = other.read(token, "", datetime.now(UTC))
        assert (body.content, f'"{body.etag}"') == (first.body, first.headers["ETag"])
        assert parsedate_to_datetime(first.headers["Last-Modified"]) == body.changed_at.replace(microsecond=0)

    def test_head(self, app: Subscriber) -> None:
        """The head of the answer, and no body."""
        app.book()
        got = app.fetch()
        page = app.browser.head(app.path)
        assert (page.status, page.body) == (200, b"")
        assert {name: page.headers[name] for name in ("ETag", "Content-Length", "Last-Modified")} == {
            name: got.headers[name] for name in ("ETag", "Content-Length", "Last-Modified")
        }

    def test_who_may_keep_it(self, app: Subscriber) -> None:
        """Nobody between, and no search engine."""
        headers = app.fetch().headers
        assert headers["Cache-Control"] == "private, no-cache"
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Content-Encoding"] is None

    def test_who_came(self, app: Subscriber) -> None:
        """The program that fetched it last is on record, so that a strange one is seen."""
        app.fetch(**{"User-Agent": "Google-Calendar-Importer"})
        feed = app.system.feed_addresses.show(app.provider.id, an_admin(), app.now).feed
        assert feed.fetched_by == "Google-Calendar-Importer"
        assert feed.fetched_at is not None

    def test_too_often(self, app: Subscriber) -> None:
        """Sixty times a minute and no oftener."""
        statuses = [app.fetch().status for _ in range(125)]
        assert statuses[0] == 200
        assert 429 in statuses


def test_compressed(app: Subscriber) -> None:
    """Only where the setting says so and the program asks for it, under an ETag of its own."""
    app.book()
    plain = app.fetch(**{"Accept-Encoding": "gzip"})
    feeds = app.system.settings.feeds.model_copy(update={"gzip": True})
    server = WebServer(create_app(System(app.system.settings.model_copy(update={"feeds": feeds}))), "127.0.0.1:0")
    server.start()
    try:
        browser = Browser(*server.address)
        small = browser.get(app.path, **{"Accept-Encoding": "br, gzip"})
        assert (small.headers["Content-Encoding"], small.headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert gzip.decompress(small.body) == browser.get(app.path).body == plain.body
        asked = {"Accept-Encoding": "gzip", "If-None-Match": small.headers["ETag"]}
        assert (browser.get(app.path, **asked).status, small.headers["ETag"] != plain.headers["ETag"]) == (304, True)
    finally:
        assert server.stop(10)


class TestAddresses:
    def test_it_stays(self, app: Subscriber) -> None:
        """Shown again it is the same, under a new key too; 256 random bits."""
        show = app.system.feed_addresses.show
        token = show(app.provider.id, an_admin(), app.now).token
        assert token is not None
        assert len(token) >= 43
        reseal_all(app.system.store, app.system.vault, an_admin(), app.now)
        assert show("dana@example.com", an_admin(), app.now).token == token

    def test_it_is_rotated_while_it_is_fetched(self, app: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is noted of a visit never brings an address back that was changed meanwhile."""
        old, named = app.path, FeedReader._named

        def rotated_meanwhile(self: FeedReader, *given: Any) -> Any:
            app.system.feed_addresses.rotate(app.provider.id, an_admin(), app.now)
            return named(self, *given)

        with monkeypatch.context() as patched:
            patched.setattr(FeedReader, "_named", rotated_meanwhile)
            assert app.fetch().status == 200
        app.subscribe()
        assert (app.browser.get(old).status, app.path != old, app.fetch().status) == (404, True, 200)

    def test_it_is_rotated(self, app: Subscriber) -> None:
        """The old address opens nothing at once, the new one all."""
        old = app.path
        app.system.feed_addresses.rotate(app.provider.id, an_admin(), app.now)
        app.subscribe()
        assert app.path != old
        assert (app.browser.get(old).status, app.fetch().status) == (404, 200)

    def test_it_is_revoked(self, app: Subscriber) -> None:
        """Nothing is served, and it is not made again by asking; a new one is, on somebody's word."""
        addresses = app.system.feed_addresses
        addresses.revoke(app.provider.id, an_admin(), app.now)
        assert app.fetch().status == 404
        with pytest.raises(FeedRevokedError, match="syncd feed rotate"):
            addresses.show(app.provider.id, an_admin(), app.now)
        addresses.rotate(app.provider.id, an_admin(), app.now)
        app.subscribe()
        assert app.fetch().status == 200
        with app.system.store.reading() as tx:
            actions = [link.action for link in tx.audit.chain() if link.subject == app.provider.id]
        assert actions[-3:] == ["feed.made", "feed.revoked", "feed.made"]

    @pytest.mark.parametrize(
        "made",
        [
            lambda path: path.removesuffix(".ics"),
            lambda path: path.replace(".ics", "x.ics"),
            lambda path: path[:-10] + ".ics",
            lambda _: "/feeds/.ics",
            lambda _: "/feeds/" + "A" * 43 + ".ics",
            lambda _: "/feeds/%00.ics",
            lambda path: path.swapcase().replace("/FEEDS/", "/feeds/").replace(".ICS", ".ics"),
        ],
    )
    def test_wrong_ones(self, app: Subscriber, made: Callable[[str], str]) -> None:
        """Open nothing, and tell nothing."""
        app.book()
        page = app.browser.get(made(app.path))
        assert page.status == 404
        assert not any(word in page.body for word in (b"BEGIN", b"Dana", b"R. R."))

    def test_guessing(self, app: Subscriber) -> None:
        """After thirty wrong ones in a minute nothing more is looked up for that network address."""
        statuses = [app.browser.get(f"/feeds/{number}.ics").status for number in range(65)]
        assert statuses[0] == 404
        assert 429 in statuses

    def test_whose(self, app: Subscriber) -> None:
        """A provider has a say about their own only, a reviewer about none."""
        for who in (
            Principal(name="usr-1", role=Role.PROVIDER, channel=Channel.WEB, provider_id="prv-other"),
            Principal(name="usr-2", role=Role.REVIEWER, channel=Channel.WEB),
        ):
            for act in ("show", "rotate", "revoke"):
                with pytest.raises(NotPermittedError):
                    getattr(app.system.feed_addresses, act)(app.provider.id, who, app.now)
        own = Principal(name="usr-3", role=Role.PROVIDER, channel=Channel.WEB, provider_id=app.provider.id)
        assert app.path == f"/feeds/{app.system.feed_addresses.show(app.provider.id, own, app.now).token}.ics"

    def test_nobody(self, app: Subscriber) -> None:
        """A provider who is not on record has no feed."""
        with pytest.raises(NotFoundError):
            app.system.feed_addresses.show("nobody@example.com", an_admin(), app.now)
