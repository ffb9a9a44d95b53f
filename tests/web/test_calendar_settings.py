"""A calendar's own settings: mode with a preview, privacy, objective; the test of its account; its removal."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.sync.calendars import CalendarMode
from tests.web.browser import Browser, Page
from tests.web.office import PASSWORD, Office, moved
from tests.web.test_connecting import aged


def at(office: Office) -> str:
    return f"/calendars/{office.calendar(office.dana).id}"


def set_to(browser: Browser, office: Office, **fields: str) -> Page:
    browser.get(f"{at(office)}/settings")
    return browser.submit("Save", **fields)


def test_report_only(office: Office, ana: Browser) -> None:
    """It is set at once, and stands as a badge on the page and in the list; an edit is found and left alone."""
    page = set_to(ana, office, mode="report_only")
    assert page.address == at(office)
    assert "Report only" in page.tree.xpath("string(//p[@class='badges'])")
    assert "Report only" in ana.get("/calendars").tree.xpath("string(//tbody)")
    drift = office.edit(office.one, moved())
    assert drift.status == "open"


def test_back_to_normal(office: Office, ana: Browser) -> None:
    """What will be written is shown first; it is set by the second press, and then the next look writes that."""
    set_to(ana, office, mode="report_only")
    later = office.book(office.dana, office.at + timedelta(days=1))
    page = set_to(ana, office, mode="normal", privacy="busy")
    assert page.heading == "2 events will be written"
    assert "Written: session of" in page.text
    assert office.calendar(office.dana).mode is CalendarMode.REPORT_ONLY
    ana.submit("Set “Normal”")
    assert office.calendar(office.dana).mode is CalendarMode.NORMAL
    office.cycle()
    assert "SUMMARY:Busy" in office.body(later)
    assert "SUMMARY:Busy" in office.body(office.one)


def test_another_preview(office: Office, ana: Browser) -> None:
    """If what would be written has changed between page and press, nothing is set and it is shown again."""
    set_to(ana, office, mode="report_only")
    set_to(ana, office, mode="normal")
    office.book(office.dana, office.at + timedelta(days=1))
    page = ana.submit("Set “Normal”")
    assert (page.status, page.heading) == (409, "1 event will be written")
    assert "Nothing was changed" in page.text
    assert office.calendar(office.dana).mode is CalendarMode.REPORT_ONLY


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"objective": "soon"}, "Give a number of hours"),
        ({"objective": "0"}, "Give a number of hours"),
        ({"privacy": "name"}, "agreement"),
        ({"mode": "locked"}, "Give the provider's own login"),
        ({"mode": "locked", "reader": "dana", "password": "secret"}, "by which syncd writes"),
    ],
)
def test_what_is_refused(office: Office, ana: Browser, fields: dict[str, str], words: str) -> None:
    """In words; nothing is set."""
    before = office.calendar(office.dana)
    page = set_to(ana, office, **fields)
    assert (page.status, page.title.startswith("Error: ")) == (422, True)
    assert words in page.text
    assert b'value="secret"' not in page.body
    assert office.calendar(office.dana) == before


def test_locked_where_the_reader_may_write(office: Office, ana: Browser) -> None:
    """The provider's login is tried, and one that may write makes no locked calendar."""
    account = office.servers.add_account("https://dav.example.net/dana/", "dana2", "own password")
    page = set_to(ana, office, mode="locked", reader="dana2", password=account.secret)
    assert "may write in" in page.text
    assert office.calendar(office.dana).mode is CalendarMode.NORMAL


def test_locked(office: Office, ana: Browser) -> None:
    """It is, once the provider's own login was seen to read and not to write, where that login sees the calendar."""
    account = office.servers.add_account("https://dav.example.net/shared/", "dana2", "own password")
    shared = office.servers.add_collection(account, "Shared")
    shared.read_only = True
    wish = {"mode": "locked", "reader": "dana2", "password": "own password", "reader_url": shared.url}
    page = set_to(ana, office, **wish)
    assert "seen to have no right but to read" in page.text
    assert office.calendar(office.dana).mode is CalendarMode.LOCKED


def test_privacy_and_objective(office: Office, ana: Browser) -> None:
    """Set, shown again as they were set, and taken back by leaving them empty."""
    set_to(ana, office, privacy="name", agreed="yes", objective="1,5")
    calendar = office.calendar(office.dana)
    assert (calendar.privacy, calendar.objective) == ("name", timedelta(minutes=90))
    page = ana.get(f"{at(office)}/settings")
    assert page.tree.xpath("string(//input[@name='objective']/@value)") == "1.5"
    set_to(ana, office, privacy="", objective="")
    calendar = office.calendar(office.dana)
    assert (calendar.privacy, calendar.objective) == (None, None)


def test_account_that_is_well(office: Office, ana: Browser) -> None:
    """Every line says what was found, without commands; nothing is written."""
    writes = len(office.collections[office.dana.id].writes)
    ana.get(at(office))
    page = ana.submit("Test this account")
    assert page.heading == "All is well with this account"
    assert "The account may write there." in page.text
    assert "syncd calendar" not in page.text
    assert len(office.collections[office.dana.id].writes) == writes


def test_account_that_is_not(office: Office, ana: Browser) -> None:
    """A refused login is said to be wrong."""
    office.servers.add_account("https://dav.example.net/dana/", "dana", "another password")
    ana.get(at(office))
    page = ana.submit("Test this account")
    assert page.heading.startswith("1 of ")
    assert "Wrong Account" in page.text


def test_remove_and_leave(office: Office, ana: Browser) -> None:
    """The events stay where they are, as they are."""
    body = office.body(office.one)
    href = office.publication(office.one).href
    ana.get(f"{at(office)}/remove")
    assert ana.submit("Remove it").status == 422
    page = ana.submit("Remove it", events="leave")
    assert page.address == "/calendars"
    assert office.collections[office.dana.id].bodies()[href].decode().replace("\r\n ", "") == body
    with office.system.store.reading() as tx:
        assert not tx.calendars.list(office.dana.id)


def test_remove_and_take_away(office: Office, ana: Browser) -> None:
    """What nobody edited is gone from the server; an edited event stays, and the page says so."""
    office.cycle()
    other = office.book(office.dana, office.at + timedelta(days=1))
    office.cycle()
    collection = office.collections[office.dana.id]
    kept = office.publication(other).href
    collection.put(kept, moved()(office.body(other)).encode())
    ana.get(f"{at(office)}/remove")
    page = ana.submit("Remove it", events="withdraw")
    assert "1 event taken away. 1 event left" in page.text
    assert set(collection.bodies()) == {kept}


def test_remove_in_report_only(office: Office, ana: Browser) -> None:
    """Nothing may be written there, so nothing can be taken away: that choice is not offered, and refused."""
    with office.system.store.transaction() as tx:
        tx.calendars.save(replace(tx.calendars.list(office.dana.id)[0], mode=CalendarMode.REPORT_ONLY))
    page = ana.get(f"{at(office)}/remove")
    assert page.tree.xpath("//input[@name='events']/@value") == ["leave"]
    assert ana.submit("Remove it", events="withdraw").status == 409
    assert office.calendar(office.dana).id


def test_removing_asks_for_the_password(office: Office, ana: Browser) -> None:
    """It is asked for before the page, and before the press, once it was not given for a while."""
    ana.get(f"{at(office)}/remove")
    aged(office.system)
    page = ana.submit("Remove it", events="leave")
    assert page.heading == "Your password, once more"
    assert ana.submit("Go on", password=PASSWORD).address == f"{at(office)}/remove"
    assert office.calendar(office.dana).id
