"""Appointments on pages: as list and calendar, edited, cancelled and booked; what was done and to whom it was told."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from syncd.core.access.principal import Role
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.money import parse_money
from syncd.core.scheduling.people import Party
from syncd.entrypoints.web.server import WebServer
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.changes import By
from syncd.services.scheduling.people import edit_provider
from tests.web.browser import Browser
from tests.web.office import BY, Office


@pytest.fixture
def dana(office: Office, server: WebServer) -> Browser:
    """A browser in which a provider is signed in."""
    return office.sign_in(Browser(*server.address), Role.PROVIDER)


def book_at(office: Office, start: datetime, at: datetime | None = None, **more: Any) -> Appointment:
    given = {"provider": office.dana.id, "client": office.robin.id, "minutes": 50, "location": "Room 2", **more}
    with office.system.store.transaction() as tx:
        return book(tx, NewBooking(start=start, **given), office.system.terms(By(Party.ADMIN, BY), at or office.now))


def get(office: Office, one: Appointment) -> Appointment:
    with office.system.store.reading() as tx:
        return tx.appointments.get(one.id)


def number_of_mails(office: Office) -> int:
    with office.system.store.reading() as tx:
        return len(tx.messages.list())


# My day


def test_my_day(office: Office, dana: Browser) -> None:
    """A provider lands on today and tomorrow, with what is theirs to decide; what comes later is named."""
    drift = office.edit(office.one, lambda body: body.replace("LOCATION:Room 2", "LOCATION:At home"))
    page = dana.get("/")
    assert page.heading.startswith("My day, ")
    assert "No sessions. Next: " in page.text
    assert page.tree.xpath(f"//a[@href='/drifts/{drift.id}']")
    assert page.title == "My day – Elm Street Practice"
    assert "Lee" not in page.text


def test_links_need_an_address(office: Office, dana: Browser) -> None:
    """Without a public address there is no link to hand over, and the page says so."""
    page = dana.get(f"/?client={office.robin.id}")
    assert "The practice does not serve links yet." in page.text


# Views


def test_week(office: Office, dana: Browser) -> None:
    """The week of a session shows it at its place, and leads to the panel about it."""
    page = dana.get(f"/appointments?view=week&date={office.at:%Y-%m-%d}")
    [slot] = page.tree.xpath("//li[starts-with(@class,'slot')]")
    assert slot.get("class") == "slot h10 q0 n10 booked"
    assert " ".join(slot.text_content().split()) == "10:00 Robin Roe"
    assert len(page.tree.xpath("//section[starts-with(@class,'column')]")) == 7
    panel = dana.get(slot.xpath("a/@href")[0].partition("#")[0])
    assert panel.tree.xpath("string(//section[@id='panel']//h2)") == "Robin Roe"
    assert panel.tree.xpath("//section[@id='panel']//a[text()='Edit appointment']/@href") == [
        f"/appointments/{office.one.id}/edit"
    ]
    assert panel.tree.xpath("//section[@id='panel']//a[text()='Cancel appointment']")


def test_week_without_sessions(office: Office, dana: Browser) -> None:
    """It says so, and which session comes next."""
    page = dana.get(f"/appointments?view=week&date={office.at - timedelta(days=21):%Y-%m-%d}")
    assert "No appointments this week. Next:" in page.text


def test_day_of_all_providers(office: Office, ana: Browser) -> None:
    """An admin sees a column for each provider, in the zone of the console."""
    page = ana.get(f"/appointments?view=day&date={office.at:%Y-%m-%d}")
    names = [name.text_content().split(" today")[0].strip() for name in page.tree.xpath("//section/h3")]
    assert names == ["Dana Doe", "Lee Low"]


def test_month(office: Office, dana: Browser) -> None:
    """Each day has its first three sessions, and says how many more there are."""
    for hours in (1, 2, 4, 5):
        office.book(office.dana, office.at + timedelta(hours=hours))
    page = dana.get(f"/appointments?view=month&date={office.at:%Y-%m-%d}")
    [day] = [item for item in page.tree.xpath("//ol[@class='month']/li") if item.xpath("ul")]
    texts = [" ".join(item.text_content().split()) for item in day.xpath("ul/li")]
    assert texts == ["10:00 Robin Roe", "11:00 Robin Roe", "12:00 Robin Roe", "2 more"]


def test_a_day_on_which_the_clocks_change(office: Office, dana: Browser) -> None:
    """The page says so."""
    assert "23 hours: the clocks change" in dana.get("/appointments?view=day&date=2027-03-14").text


@pytest.mark.parametrize("query", ["view=year", "view=week&date=soon", "view=day&date=9999-12-31"])
def test_views_that_are_none(dana: Browser, query: str) -> None:
    """Are refused, never an internal error."""
    assert dana.get(f"/appointments?{query}").status == 422


def test_panel_of_another_provider(office: Office, dana: Browser) -> None:
    """Looks as if there were none."""
    page = dana.get(f"/appointments?view=week&open={office.other.id}")
    assert page.status == 200
    assert page.tree.xpath("//section[@id='panel']") == []


# Cancel


def test_cancel_with_other(office: Office, dana: Browser) -> None:
    """Needs a note; what was typed stays; then the page says what was done and who is told."""
    dana.get(f"/appointments/{office.one.id}/cancel")
    page = dana.submit("✕\N{NO-BREAK SPACE}Yes, cancel", reason="other", message="I am sorry.")
    assert (page.status, "Write a note" in page.text) == (422, True)
    assert page.tree.xpath("string(//textarea)") == "I am sorry."
    page = dana.submit("✕\N{NO-BREAK SPACE}Yes, cancel", reason="other", note="A burst pipe.", message="I am sorry.")
    assert page.heading == "Cancelled: the session with Robin Roe"
    assert "A mail to Robin Roe" in page.text
    assert "A mail to you" in page.text
    one = get(office, office.one)
    assert one.status is AppointmentStatus.CANCELLED
    assert one.cancellation is not None
    assert (one.cancellation.by, one.cancellation.note, one.cancellation.message) == (
        Party.PROVIDER,
        "A burst pipe.",
        "I am sorry.",
    )
    office.cycle()
    assert "Your calendar shows it." in dana.get(page.address).text


def test_cancel_pressed_twice(office: Office, dana: Browser) -> None:
    """The second press leads to where the first one led: one cancellation, one mail each."""
    dana.get(f"/appointments/{office.one.id}/cancel")
    asked = dana.page
    first = dana.submit("✕\N{NO-BREAK SPACE}Yes, cancel", reason="provider_ill")
    known = number_of_mails(office)
    dana.page = asked
    second = dana.submit("✕\N{NO-BREAK SPACE}Yes, cancel", reason="provider_ill")
    assert (second.status, second.address) == (200, first.address)
    assert number_of_mails(office) == known


def test_notice_and_fee(office: Office, dana: Browser) -> None:
    """Near a session the page says how much notice is left and what is due; the fee can be waived, on record."""
    edit_provider(office.system.store, BY, office.now, office.dana.id, late_fee=parse_money("50.00 USD"))
    soon = book_at(office, office.now.replace(second=0, microsecond=0) + timedelta(hours=3, minutes=30))
    page = dana.get(f"/appointments/{soon.id}/cancel")
    assert "3 hours" in page.text
    assert "less than the 24 hours" in page.text
    assert "Waive the late fee of 50.00 USD" in page.text
    dana.submit("✕\N{NO-BREAK SPACE}Yes, cancel", reason="client_ill", waive="1")
    cancellation = get(office, soon).cancellation
    assert cancellation is not None
    assert cancellation.fee is not None
    assert cancellation.fee.waived
    assert "Waive" not in dana.get(f"/appointments/{office.one.id}/cancel").text


def test_cancel_the_rest_of_a_series(office: Office, dana: Browser) -> None:
    """The choice says how many sessions and until when; the earlier ones stand."""
    first = book_at(office, office.at + timedelta(days=1), repeat="FREQ=WEEKLY;COUNT=5")
    sessions = series_of(office, first)
    page = dana.get(f"/appointments/{sessions[2].id}/cancel")
    assert "This and all later ones (3, until" in page.text
    assert "All to come (5)" in page.text
    page = dana.submit("✕\N{NO-BREAK SPACE}Yes, cancel", reason="care_ended", scope="future")
    assert page.heading == "Cancelled: 3 sessions with Robin Roe"
    statuses = [get(office, one).status for one in sessions]
    assert statuses == [AppointmentStatus.BOOKED] * 2 + [AppointmentStatus.CANCELLED] * 3


def series_of(office: Office, one: Appointment) -> list[Appointment]:
    from syncd.ports.store.scheduling import AppointmentQuery

    with office.system.store.reading() as tx:
        return list(tx.appointments.list(AppointmentQuery(series_id=one.series_id)))


def test_what_cannot_be_changed(office: Office, dana: Browser) -> None:
    """A session that has begun, or is cancelled, has a sentence in place of the form and of the buttons."""
    past = book_at(office, office.at - timedelta(days=14), at=office.now - timedelta(days=30))
    for path in ("cancel", "edit"):
        page = dana.get(f"/appointments/{past.id}/{path}")
        assert "It has begun or is over" in page.text
        assert page.tree.xpath("//main//form[@method='post']") == []
    page = dana.get(f"/appointments/{past.id}")
    assert "It has begun or is over" in page.text
    assert page.tree.xpath("//a[text()='Edit appointment']") == []


# Edit


def test_edit(office: Office, dana: Browser) -> None:
    """Another day, time and place; the page says what was done, and the mails are on their way."""
    new = office.at + timedelta(days=2, hours=1)
    dana.get(f"/appointments/{office.one.id}/edit")
    page = dana.submit("Save appointment", date=f"{new:%Y-%m-%d}", start=f"{new:%H:%M}", place="Telehealth")
    assert page.heading == "Rescheduled: the session with Robin Roe"
    assert "Telehealth" in page.text
    one = get(office, office.one)
    assert (one.start.replace(tzinfo=None), one.location) == (new, "Telehealth")
    assert page.text.count("A mail to") == 2


def test_edit_nothing(office: Office, dana: Browser) -> None:
    """Saving what is already changes nothing and tells nobody."""
    known = number_of_mails(office)
    dana.get(f"/appointments/{office.one.id}/edit")
    page = dana.submit("Save appointment")
    assert "nothing was changed" in page.text
    assert number_of_mails(office) == known


def test_edit_onto_another_session(office: Office, dana: Browser) -> None:
    """The form comes back with what it would meet, and with what was typed; nothing is changed."""
    other = office.book(office.dana, office.at + timedelta(hours=2))
    dana.get(f"/appointments/{office.one.id}/edit")
    page = dana.submit("Save appointment", start="11:30")
    assert page.status == 409
    assert "That time is taken already." in page.text
    assert page.tree.xpath("//section[@aria-labelledby='met']//a/@href") == [f"/appointments/{other.id}"]
    assert page.tree.xpath("string(//input[@name='start']/@value)") == "11:30"
    assert get(office, office.one).start.replace(tzinfo=None) == office.at


def test_edit_offers_free_times(office: Office, dana: Browser) -> None:
    """One click fills the form; the time of the session itself is not among them."""
    page = dana.get(f"/appointments/{office.one.id}/edit")
    hrefs = page.tree.xpath("//section[@aria-labelledby='free']//a/@href")
    assert hrefs
    assert not any(f"date={office.at:%Y-%m-%d}&start=10%3A00" in href for href in hrefs)
    assert "start=09%3A00" in hrefs[0]
    assert dana.get(hrefs[0]).tree.xpath("string(//input[@name='start']/@value)") == "09:00"


def test_a_time_that_occurs_twice_is_asked(office: Office, dana: Browser) -> None:
    """Two choices by the zone's letters; the second one is an hour after the first."""
    one = book_at(office, datetime(2027, 11, 6, 1, 30))  # noqa: DTZ001 - a reading of the wall clock
    dana.get(f"/appointments/{one.id}/edit")
    page = dana.submit("Save appointment", date="2027-11-07", start="01:30")
    assert (page.status, "twice that night" in page.text) == (409, True)
    labels = [" ".join(label.text_content().split()) for label in page.tree.xpath("//label[input[@name='which']]")]
    assert labels == ["01:30 EDT, the first", "01:30 EST, the second"]
    dana.submit("Save appointment", which="second")
    assert get(office, one).start.isoformat() == "2027-11-07T01:30:00-05:00"


def test_a_time_that_does_not_exist_is_refused(office: Office, dana: Browser) -> None:
    """With the time that is meant in its place, one click away."""
    one = book_at(office, datetime(2027, 3, 13, 2, 30))  # noqa: DTZ001 - a reading of the wall clock
    dana.get(f"/appointments/{one.id}/edit")
    page = dana.submit("Save appointment", date="2027-03-14", start="02:30")
    assert "Did you mean Sun 14 Mar 2027, 03:30 EDT?" in page.text
    [href] = page.tree.xpath("//a[starts-with(normalize-space(),'Take Sun 14 Mar')]/@href")
    assert dana.get(href).tree.xpath("string(//input[@name='start']/@value)") == "03:30"
    assert get(office, one).start.day == 13


def test_edit_after_somebody_else(office: Office, dana: Browser, ana: Browser) -> None:
    """Who looked at an older state is refused, and sees the present one."""
    dana.get(f"/appointments/{office.one.id}/edit")
    ana.get(f"/appointments/{office.one.id}/edit")
    ana.submit("Save appointment", start="15:00")
    page = dana.submit("Save appointment", start="16:00")
    assert page.status == 409
    assert "has changed since you looked at it" in page.text
    assert "15:00–15:50" in page.text


def test_edit_a_series(office: Office, dana: Browser) -> None:
    """Each choice says what it would do and what it would meet; one that meets something cannot be chosen."""
    first = book_at(office, office.at + timedelta(days=1, hours=1), repeat="FREQ=WEEKLY;COUNT=4")
    sessions = series_of(office, first)
    office.book(office.dana, office.at + timedelta(days=1 + 14, hours=5))
    dana.get(f"/appointments/{sessions[1].id}/edit")
    path = f"/appointments/{sessions[1].id}/edit/scope"
    start = sessions[1].start + timedelta(hours=4)
    query = f"date={start:%Y-%m-%d}&start={start:%H:%M}&minutes=50&place=Room+2"
    page = dana.get(f"{path}?{query}")
    assert page.tree.xpath("//input[@name='scope'][@disabled]/@value") == ["future", "all"]
    assert "It would meet:" in page.text
    start -= timedelta(hours=1)
    query = f"date={start:%Y-%m-%d}&start={start:%H:%M}&minutes=50&place=Room+2"
    page = dana.get(f"{path}?{query}")
    assert page.tree.xpath("//input[@name='scope'][@disabled]") == []
    page = dana.submit("Save", scope="future")
    assert page.heading == "Rescheduled: 3 sessions with Robin Roe"
    hours = [get(office, one).start.hour for one in sessions]
    assert hours == [11, 14, 14, 14]


# Book


def test_book(office: Office, ana: Browser) -> None:
    """An admin books a series; what it meets is said without an id."""
    ana.get(f"/appointments/new?provider={office.dana.id}")
    wanted = {"client": "robin@example.org", "date": f"{office.at:%Y-%m-%d}", "start": "10:30", "repeat": "FREQ=WEEKLY"}
    page = ana.submit("Book", **wanted)
    assert "another session from 10:00 to 10:50" in page.text
    page = ana.submit("Book", start="16:00", times="3")
    assert page.heading == "Booked: 3 sessions with Robin Roe"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"provider": ""}, "Choose a provider."),
        ({"client": ""}, "Choose a client"),
        ({"client": "nobody@example.org"}, "nobody by that name"),
        ({"date": "tomorrow"}, "Give a date"),
        ({"minutes": "long"}, "number of minutes"),
        ({"repeat": "FREQ=WEEKLY", "times": "many"}, "How many sessions"),
        ({"date": "2020-01-01"}, "in the past"),
    ],
)
def test_book_with_something_wrong(office: Office, ana: Browser, fields: dict[str, str], words: str) -> None:
    """Each is said, and nothing is booked."""
    ana.get(f"/appointments/new?provider={office.dana.id}")
    known = number_of_mails(office)
    good = {"client": "robin@example.org", "date": f"{office.at:%Y-%m-%d}", "start": "16:00"}
    page = ana.submit("Book", **{**good, **fields})
    assert words in page.text
    assert page.status in {404, 409, 422}
    assert number_of_mails(office) == known
