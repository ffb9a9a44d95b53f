"""Connecting a calendar in the browser alone: from the empty board to events in a real calendar server."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from syncd.bootstrap import System
from syncd.core.access.principal import Role
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import Calendar, CalendarMode
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.changes import By
from syncd.services.scheduling.people import add_client, add_provider
from tests.browser.conftest import PASSWORD, invite
from tests.browser.looks import faults_of
from tests.browser.test_journeys import press, without_script
from tests.servers.radicale import Radicale
from tests.web.office import BY, ZONE

__all__ = ["without_script"]


@pytest.fixture
def practice(system: System) -> System:
    """A provider, a client and three sessions; no calendar, and this machine's servers may be connected."""
    allowed = system.settings.security.model_copy(update={"allowed_networks": ("127.0.0.0/8",)})
    system.__dict__["settings"] = system.settings.model_copy(update={"security": allowed})
    now = datetime.now(UTC)
    dana = add_provider(system.store, BY, now, name="Dana Doe", email="dana@example.com", timezone="America/New_York")
    robin = add_client(system.store, BY, now, name="Robin Roe", email="robin@example.org")
    day = (datetime.now(ZONE) + timedelta(days=7)).replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=None)
    terms = system.terms(By(Party.ADMIN, BY), now)
    with system.store.transaction() as tx:
        for days in range(3):
            start = day + timedelta(days=days)
            book(tx, NewBooking(provider=dana.id, client=robin.id, start=start, minutes=50), terms)
    return system


def the_calendar(system: System) -> Calendar:
    with system.store.reading() as tx:
        (calendar,) = tx.calendars.list()
    return calendar


def sign_in(system: System, page: Page) -> None:
    page.goto(invite(system, Role.ADMIN))
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is connected yet")


def reach(page: Page, label: str) -> None:
    """Go to a field by Tab alone."""
    field = page.get_by_label(label, exact=True)
    for _ in range(60):
        page.keyboard.press("Tab")
        if field.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"no Tab leads to {label!r}")


def fill(page: Page, label: str, text: str) -> None:
    reach(page, label)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_by_keyboard(practice: System, page: Page, radicale_server: Radicale) -> None:
    """A wrong password says the remedy; the right one leads to a new collection with three events, and a proof."""
    sign_in(practice, page)
    press(page, "Connect a calendar")
    heading(page, "Whose calendar?")
    reach(page, "Provider")
    page.keyboard.type("Dana")
    press(page, "Continue")
    heading(page, "Where does Dana Doe keep the calendar?")
    page.keyboard.press("Tab")
    while not page.evaluate("document.activeElement.name === 'kind'"):
        page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Other CalDAV server")).to_be_checked()
    press(page, "Continue")

    heading(page, "Sign in to Dana Doe's calendar server")
    fill(page, "Address", radicale_server.url)
    fill(page, "User name", radicale_server.username)
    fill(page, "Password", "not the password")
    press(page, "Try it")
    expect(page.get_by_role("alert")).to_contain_text("refused this login. Check the user name, too")
    expect(page.get_by_text("✗ Sign-in (failed)")).to_be_visible()
    expect(page.get_by_text("– Calendars of the account (not reached)")).to_be_visible()
    expect(page.get_by_label("User name")).to_have_value(radicale_server.username)
    assert "not the password" not in page.content()

    fill(page, "Password", radicale_server.password)
    press(page, "Try it")
    heading(page, "Which calendar of the account?")
    expect(page.get_by_text("✓ Signed in")).to_be_visible()
    assert radicale_server.password not in page.content()
    fill(page, "Name of the new calendar", "By keyboard")  # other tests have theirs in the same account
    press(page, "Continue")
    heading(page, "How is it kept?")
    press(page, "Continue")
    heading(page, "Check, and connect")
    press(page, "Connect and publish 3 sessions")

    expect(page.get_by_role("status")).to_contain_text("Connected.")
    press(page, "Compare everything now")
    expect(page.get_by_role("status")).to_contain_text("3 written")
    press(page, "Compare everything now")
    expect(page.get_by_text("Proven equal")).to_be_visible()
    calendar = the_calendar(practice)
    assert (calendar.name, calendar.mode) == ("By keyboard", CalendarMode.NORMAL)
    with practice.store.reading() as tx:
        hrefs = [one.href for one in tx.publications.of_calendar(calendar.id)]
    bodies = [radicale_server.hand.get(href).decode() for href in hrefs]
    assert len(bodies) == 3
    assert all("BEGIN:VEVENT" in body for body in bodies)
    page.goto("/")
    heading(page, "Nothing needs you")
    expect(page.get_by_role("link", name="Calendars agree")).to_be_visible()


def test_answers_stay_on_the_way_back(practice: System, without_script: Page, radicale_server: Radicale) -> None:
    """Without script: Back shows what was answered, a password is kept and not shown, and nothing was connected."""
    page = without_script
    sign_in(practice, page)
    page.goto("/calendars/new")
    page.get_by_label("Provider").select_option(label="Dana Doe (dana@example.com)")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("radio", name="Other CalDAV server").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Address", exact=True).fill(radicale_server.url)
    page.get_by_label("User name").fill(radicale_server.username)
    page.get_by_label("Password").fill(radicale_server.password)
    page.get_by_role("button", name="Try it").click()
    heading(page, "Which calendar of the account?")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_label("Address", exact=True)).to_have_value(radicale_server.url)
    expect(page.get_by_label("Password")).to_have_value("")
    page.get_by_role("button", name="Try it").click()  # with the password that was given before
    heading(page, "Which calendar of the account?")
    page.get_by_label("Name of the new calendar").fill("Sessions")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("radio", name="Report only").check()
    page.get_by_role("radio", name="“Busy”, nothing else").check()
    page.get_by_role("button", name="Continue").click()
    heading(page, "Check, and connect")
    with practice.store.reading() as tx:
        assert not tx.calendars.list()
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("Report only").first).to_be_visible()
    calendar = the_calendar(practice)
    assert (calendar.name, calendar.mode, calendar.privacy) == ("Sessions", "report_only", "busy")


def test_looks(practice: System, page: Page, radicale_server: Radicale) -> None:
    """axe finds nothing on any step, with and without an error, and none scrolls sideways."""
    sign_in(practice, page)
    page.goto("/calendars/new")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    faults = faults_of(page)
    page.get_by_label("Provider").select_option(index=1)
    page.get_by_role("button", name="Continue").click()
    heading(page, "Where does Dana Doe keep the calendar?")
    faults += faults_of(page)
    page.get_by_role("radio", name="iCloud").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Address", exact=True).fill(radicale_server.url)
    page.get_by_label("Apple account (e-mail address)").fill(radicale_server.username)
    page.get_by_role("textbox", name="App-specific password").fill("wrong")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("alert")).to_contain_text("make a new one")
    faults += faults_of(page)
    page.get_by_role("textbox", name="App-specific password").fill(radicale_server.password)
    page.get_by_role("button", name="Try it").click()
    page.get_by_label("Name of the new calendar").fill("Looked at")
    for this, following in pairwise(["Which calendar of the account?", "How is it kept?", "Check, and connect"]):
        heading(page, this)
        faults += faults_of(page)
        page.get_by_role("button", name="Continue").click()
        heading(page, following)
    faults += faults_of(page)
    assert faults == []
