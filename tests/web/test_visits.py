"""A client's page behind the link in their mail, over HTTP: what it shows, does, and refuses."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from syncd.bootstrap import System
from syncd.bootstrap.visiting import working_hours
from syncd.core.access.principal import local_administrator
from syncd.core.messaging.links import Purpose, SignedLink, sign
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.money import parse_money
from syncd.entrypoints.web.server import WebServer
from syncd.entrypoints.web.visitor import csrf_of
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.services.messaging.links import revoke
from tests.servers.smtp import MailServer
from tests.web.browser import Browser, Page
from tests.web.notices import ADDRESS, an_installation
from tests.web.visits import BY, VisitedPractice, workday

CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture
def post() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def system(post: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    settings = {
        "MAIL__TRANSPORT": "smtp",
        "MAIL__HOST": "127.0.0.1",
        "MAIL__PORT": str(post.port),
        "MAIL__SECURITY": "none",
        "WEB__BASE_URL": ADDRESS,
        "PRACTICE__NAME": "Elm Street Practice",
        "PRACTICE__EMAIL": "office@example.com",
        "BOOKING__CONTACT": "+1 555 0100",
    }
    with an_installation(tmp_path, monkeypatch, **settings) as system:
        yield system


@pytest.fixture
def practice(system: System, post: MailServer) -> VisitedPractice:
    return VisitedPractice(system, post, parse_money("50.00 USD"))


def free(page: Page) -> list[datetime]:
    """The times that a page offers."""
    return [datetime.fromisoformat(value) for value in page.tree.xpath("//input[@name='start']/@value")]


def choose(browser: Browser, path: str, start: datetime) -> Page:
    """Choose a time on the page behind a link, and confirm it."""
    browser.get(path)
    browser.get(f"{path}/time?start={start.astimezone(UTC):%Y-%m-%dT%H:%M:%S}%2B00:00")
    return browser.submit("Confirm the new time")


def test_the_mail_leads_to_the_appointment(practice: VisitedPractice, browser: Browser) -> None:
    """In the client's zone first, as an American writes it, and in the provider's beside it; nothing is changed."""
    before = practice.get(practice.one)
    page = browser.get(practice.link())
    local = practice.at.astimezone(CHICAGO)
    assert page.heading == "Your appointment with Dana Doe"
    assert f"{local:%A}, {local:%B} {local.day}, {local.year}, 9:00 AM to 9:50 AM (America/Chicago, C" in page.text
    assert "10:00 AM to 10:50 AM (America/New_York, E" in page.text
    assert "Room 2" in page.text
    assert practice.get(practice.one) == before


def test_the_page_gives_and_takes_no_cookie(practice: VisitedPractice, browser: Browser) -> None:
    """The link is all the authority there is; a title names nobody."""
    page = browser.get(practice.link())
    assert browser.cookies == {}
    assert page.headers.get_all("Set-Cookie") is None
    assert page.title == "Your appointment – Elm Street Practice"
    assert page.headers["Cache-Control"] == "no-store"


def test_times_in_another_zone(practice: VisitedPractice, browser: Browser) -> None:
    """A client on a journey may ask for another zone; what is no zone leaves their own."""
    path = practice.link()
    assert "(Europe/Madrid, CE" in browser.get(f"{path}?zone=Europe/Madrid").text
    assert "(America/Chicago, C" in browser.get(f"{path}?zone=../../etc/passwd").text


def test_free_times_are_the_working_hours_without_what_is_booked(practice: VisitedPractice, browser: Browser) -> None:
    """Nothing outside the hours, nothing inside the notice window, nothing that meets a session, nor its own time."""
    other = practice.book(practice.at.replace(hour=13), practice.client("Ada Abel"))
    times = free(browser.get(practice.link()))
    local = [time.astimezone(practice.at.tzinfo) for time in times]
    assert local
    assert all(9 <= time.hour < 17 and time.weekday() < 5 for time in local)
    assert min(times) >= practice.now + timedelta(hours=23, minutes=59)
    assert practice.at.astimezone(UTC) not in times
    near = [time for time in times if abs(time - other.start) < timedelta(minutes=50)]
    assert near == []
    assert practice.at.replace(hour=14).astimezone(UTC) in times


def test_another_time(practice: VisitedPractice, browser: Browser) -> None:
    """The record moves as by the client; both are told, each in their own zone; the link goes on."""
    path, new = practice.link(), practice.at.replace(hour=14)
    page = choose(browser, path, new)
    assert page.text.count("Your new time is booked.") == 1
    moved = practice.get(practice.one)
    assert (moved.start, moved.sequence) == (new, practice.one.sequence + 1)
    with practice.system.store.reading() as tx:
        line = tx.appointments.history(moved.id)[-1]
    assert (line.kind, line.by, line.actor) == ("rescheduled", "client", f"link:{practice.robin.id}")
    assert "1:00 PM to 1:50 PM (America/Chicago" in practice.text_to("robin@example.org")
    assert "14:00 to 14:50 (America/New_York" in practice.text_to("dana@example.com")
    assert "1:00 PM to 1:50 PM" in browser.get(path).text


def test_pressed_twice(practice: VisitedPractice, browser: Browser) -> None:
    """A second press of the same button gets what the first one got, and one mail goes out."""
    path, new = practice.link(), practice.at.replace(hour=14)
    browser.get(f"{path}/time?start={new.astimezone(UTC):%Y-%m-%dT%H:%M:%S}%2B00:00")
    asked = browser.page
    first = browser.submit("Confirm the new time")
    known = len(practice.mails_to("robin@example.org"))
    browser.page = asked
    second = browser.submit("Confirm the new time")
    assert (first.status, second.status, second.address) == (200, 200, first.address)
    assert len(practice.mails_to("robin@example.org")) == known
    assert practice.get(practice.one).version == practice.one.version + 1


def test_a_time_that_somebody_else_took(practice: VisitedPractice, browser: Browser) -> None:
    """Nothing is changed; the page says so kindly and offers the times that are still free."""
    path, new = practice.link(), practice.at.replace(hour=14)
    browser.get(f"{path}/time?start={new.astimezone(UTC):%Y-%m-%dT%H:%M:%S}%2B00:00")
    practice.book(new, practice.client("Ada Abel"))
    page = browser.submit("Confirm the new time")
    assert page.status == 409
    assert "That time has just been taken" in page.text
    assert new.astimezone(UTC) not in free(page)
    assert free(page)
    assert practice.get(practice.one).start == practice.at


def test_two_clients_take_the_last_time_at_once(practice: VisitedPractice, server: WebServer, system: System) -> None:
    """One gets it, the other is told; both of them have one appointment, and no two are at one time."""
    path = practice.link()
    other = practice.book(practice.at.replace(hour=15), practice.client("Ada Abel"))
    there = practice.link("ada@example.org")
    wanted = practice.at.replace(hour=12)
    pages: dict[str, Page] = {}
    together = threading.Barrier(2)

    def press(link: str) -> None:
        browser = Browser(*server.address)
        browser.get(f"{link}/time?start={wanted.astimezone(UTC):%Y-%m-%dT%H:%M:%S}%2B00:00")
        together.wait(10)
        pages[link] = browser.submit("Confirm the new time")

    threads = [threading.Thread(target=press, args=(link,)) for link in (path, there)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(page.status for page in pages.values()) == [200, 409]
    starts = sorted(practice.get(one).start == wanted for one in (practice.one, other))
    assert starts == [False, True]


def test_cancel(practice: VisitedPractice, browser: Browser) -> None:
    """The provider reads the client's word; the client may book another time, since the reason lets them."""
    path = practice.link()
    browser.get(f"{path}/cancel")
    page = browser.submit("Yes, cancel", reason="client_ill", word="I have a fever.\nSorry!")
    assert page.heading == "Your appointment with Dana Doe is cancelled"
    assert "Your appointment is cancelled. A mail confirms it." in page.text
    one = practice.get(practice.one)
    assert one.status is AppointmentStatus.CANCELLED
    assert one.cancellation is not None
    assert (one.cancellation.by, one.cancellation.note) == ("client", "I have a fever.\nSorry!")
    told = practice.text_to("dana@example.com")
    assert "R. R. writes:" in told
    assert "I have a fever." in told
    assert free(page)


def test_cancel_without_what_is_needed(practice: VisitedPractice, browser: Browser) -> None:
    """What is missing is said, what was typed stays, nothing is done."""
    path = practice.link()
    browser.get(f"{path}/cancel")
    assert "Choose a reason." in browser.submit("Yes, cancel", word="Sorry").text
    page = browser.submit("Yes, cancel", reason="other", word=" ")
    assert page.status == 422
    assert "Write a word to your provider" in page.text
    assert page.tree.xpath("//input[@name='reason'][@checked]/@value") == ["other"]
    page = browser.submit("Yes, cancel", reason="provider_ill", word="x")
    assert "Choose a reason." in page.text
    assert practice.get(practice.one).status is AppointmentStatus.BOOKED


def test_another_time_in_place_of_one_that_was_cancelled(practice: VisitedPractice, browser: Browser) -> None:
    """The link in a cancellation books one appointment, once; then it opens nothing, and the new one has its own."""
    practice.cancel(practice.one)
    path, new = practice.link(), practice.at.replace(hour=14)
    page = choose(browser, path, new)
    assert page.heading == "Your appointment with Dana Doe"
    assert not page.address.startswith(f"{path}?")
    assert browser.get(path).status == 404
    with practice.system.store.reading() as tx:
        booked = tx.appointments.overlapping(practice.dana.id, new, new + timedelta(minutes=1))
    assert [(one.start, one.client_id, one.location) for one in booked] == [(new, practice.robin.id, "Room 2")]


def test_cancelled_for_a_reason_that_offers_no_other_time(practice: VisitedPractice, browser: Browser) -> None:
    """Then there is no form, and how to reach the provider."""
    path = practice.link()
    practice.cancel(practice.one, "care_ended")
    page = browser.get(path)
    assert page.heading.endswith("is cancelled")
    assert page.tree.xpath("//form[@method='post'] | //input[@name='start']") == []
    assert "dana@example.com" in page.text


@pytest.fixture
def soon(practice: VisitedPractice) -> str:
    """The link to an appointment that begins within the notice window; nobody was told of the fee yet."""
    start = practice.now.replace(second=0, microsecond=0) + timedelta(hours=2)
    one = practice.book(start)
    return f"/visit/{token_for(practice, one)}"


def token_for(practice: VisitedPractice, one: Appointment, *, key: bytes = b"", **changes: Any) -> str:
    now = practice.now
    link = SignedLink(Purpose.RESCHEDULE, one.id, now, now + timedelta(days=90))
    return sign(link._replace(**changes), key or practice.system.link_key)


def test_too_late(practice: VisitedPractice, browser: Browser, soon: str) -> None:
    """No form; how to reach the provider, and that a fee may be due."""
    page = browser.get(soon)
    assert "It is less than 24 hours until your appointment" in page.text
    assert "dana@example.com, or +1 555 0100" in page.text
    assert "A late cancellation fee of 50.00 USD may be due." in page.text
    assert page.tree.xpath("//form[@method='post'] | //input[@name='start']") == []
    assert browser.get(f"{soon}/cancel").heading == "Your appointment with Dana Doe"


def test_it_became_too_late_meanwhile(practice: VisitedPractice, browser: Browser, soon: str) -> None:
    """Who kept the form open is refused all the same, by words without ids."""
    token, key = soon.removeprefix("/visit/"), "k" * 20
    csrf = csrf_for(token)
    for path, fields in (("cancel", {"reason": "client_ill"}), ("time", {"start": practice.at.isoformat()})):
        page = browser.post(f"{soon}/{path}", {"csrf": csrf, "once": key + path, **fields})
        assert page.status == 409
        assert "apt-" not in page.text
        assert "dana@example.com" in page.text


def csrf_for(token: str) -> str:
    return csrf_of(token)


def test_a_session_that_is_over(practice: VisitedPractice, browser: Browser) -> None:
    """Says so, with its time; nothing can be changed."""
    one = practice.book(workday(-5), at=practice.now - timedelta(days=20))
    page = browser.get(f"/visit/{token_for(practice, one)}")
    assert page.heading == "Your appointment with Dana Doe has begun or is over"
    assert page.tree.xpath("//form[@method='post']") == []


def test_links_that_open_nothing_look_alike(practice: VisitedPractice, browser: Browser) -> None:
    """Forged, cut off, expired, revoked, used, about an edit or about nothing: one page, word for word."""
    past = practice.now - timedelta(days=1)
    revoked = practice.book(practice.at.replace(hour=15))
    tokens = {
        "revoked": token_for(practice, revoked, issued_at=past),
        "expired": token_for(practice, practice.one, expires_at=past),
        "of an edit": token_for(practice, practice.one, purpose=Purpose.ACCEPT_EDIT),
        "of nothing": token_for(practice, practice.one, appointment_id="apt-nothere000"),
        "signed elsewhere": token_for(practice, practice.one, key=b"another key"),
        "cut off": token_for(practice, practice.one)[:-3],
        "made up": "x",
    }
    revoke(practice.system.store, revoked.id, local_administrator("root"), practice.now)
    pages = {name: browser.get(f"/visit/{token}") for name, token in tokens.items()}
    assert {page.status for page in pages.values()} == {404}
    assert len({page.tree.xpath("string(//main)") for page in pages.values()}) == 1
    assert "Dana" not in pages["revoked"].body.decode()
    assert "office@example.com" in pages["revoked"].text
    for path in ("time", "cancel", "event.ics"):
        assert browser.get(f"/visit/{tokens['revoked']}/{path}").status == 404


def test_who_tries_many_links_waits(practice: VisitedPractice, browser: Browser) -> None:
    """After thirty wrong ones in a minute even a right one is not looked at."""
    good = practice.link()
    statuses = [browser.get(f"/visit/made-up-{number}").status for number in range(31)]
    assert statuses[0] == 404
    page = browser.get(good)
    if page.status == 200:  # the minute has turned meanwhile
        statuses = [browser.get(f"/visit/made-up-{number}").status for number in range(31)]
        page = browser.get(good)
    assert page.status == 429
    assert 1 <= int(page.headers["Retry-After"]) <= 60


def test_a_form_from_another_site(practice: VisitedPractice, browser: Browser) -> None:
    """Is refused, whatever it holds."""
    path = practice.link()
    token = path.removeprefix("/visit/")
    fields = {"csrf": csrf_for(token), "once": "k" * 20, "reason": "client_ill"}
    assert browser.post(f"{path}/cancel", fields, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert practice.get(practice.one).status is AppointmentStatus.BOOKED


def test_add_to_calendar(practice: VisitedPractice, browser: Browser) -> None:
    """A file that another parser reads, of this one session; it names no client, and is not sent twice."""
    path = practice.link()
    page = browser.get(f"{path}/event.ics")
    assert page.headers["Content-Disposition"] == 'attachment; filename="appointment.ics"'
    calendar = Calendar.from_ical(page.body)
    (event,) = calendar.walk("VEVENT")
    assert event.decoded("DTSTART") == practice.at
    assert str(event["SUMMARY"]) == "Appointment with Dana Doe"
    assert (str(event["UID"]), str(event["LOCATION"])) == (practice.one.uid, "Room 2")
    assert "METHOD" not in calendar
    assert b"Robin" not in page.body
    assert browser.get(f"{path}/event.ics", **{"If-None-Match": page.headers["ETag"]}).status == 304
    hrefs = browser.get(path).tree.xpath("//p[@class='adding']/a/@href")
    assert [href.split("/")[2] for href in hrefs if href.startswith("https:")] == [
        "calendar.google.com",
        "outlook.live.com",
        "outlook.office.com",
    ]
    assert f"dates={practice.at.astimezone(UTC):%Y%m%dT%H%M%SZ}%2F" in hrefs[1]


def test_one_session_of_a_series(practice: VisitedPractice, browser: Browser) -> None:
    """The page, the file and what is done are about this one alone."""
    practice.book(workday(9, 15), repeat="FREQ=WEEKLY;COUNT=4")
    path = practice.link()
    (event,) = Calendar.from_ical(browser.get(f"{path}/event.ics").body).walk("VEVENT")
    assert "RRULE" not in event
    browser.get(f"{path}/cancel")
    browser.submit("Yes, cancel", reason="client_request")
    with practice.system.store.reading() as tx:
        sessions = [one for one in tx.appointments.list(AppointmentQuery(client_id=practice.robin.id)) if one.series_id]
    assert [one.status for one in sessions].count(AppointmentStatus.CANCELLED) == 1
    assert len(sessions) == 4


def test_hours_of_ones_own_and_time_off(practice: VisitedPractice, browser: Browser) -> None:
    """Own hours count in place of the practice's, and nothing is offered while the provider is off."""
    hours, now = working_hours(practice.system), practice.now
    hours.set("dana@example.com", "Tue 18:00-20:00", BY, now)
    times = [time.astimezone(practice.at.tzinfo) for time in free(browser.get(practice.link()))]
    assert {(time.weekday(), time.hour) for time in times} == {(1, 18), (1, 19)}
    hours.take_off(practice.dana.id, now, now + timedelta(days=60), BY, now)
    page = browser.get(practice.link())
    assert free(page) == []
    assert "No time is free in the next weeks." in page.text
