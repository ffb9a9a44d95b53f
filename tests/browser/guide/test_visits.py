"""A client's page in a real browser, ending at the event in a real calendar server and at the mails."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from syncd.bootstrap.visiting import working_hours
from syncd.core.scheduling.appointments import AppointmentStatus
from tests.browser.guide.practice import DavVisits, local
from tests.browser.looks import faults_of
from tests.web.visits import BY, workday

CHICAGO = ZoneInfo("America/Chicago")


def pick(page: Page, wanted: datetime) -> None:
    """Choose a time on the client's page: by its day and by what their clock shows."""
    theirs = wanted.astimezone(CHICAGO)
    title = f"{theirs:%A}, {theirs:%B} {theirs.day}, {theirs.year}"
    folded = page.locator("details.free-day:not([open])").filter(has_text=title).locator("summary")
    if folded.count():
        folded.click()
    day = page.get_by_role("group", name=title)
    name = f"{theirs.hour % 12 or 12}:{theirs:%M} {'AM' if theirs.hour < 12 else 'PM'}"
    day.get_by_role("radio", name=name, exact=True).check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is this the time that you want?")


@pytest.mark.parametrize("script", [True, False])
def test_a_client_in_another_zone_picks_a_time(
    practice: DavVisits, request: pytest.FixtureRequest, script: bool
) -> None:
    """The provider's event moves, and the mails are right in both zones."""
    page: Page = request.getfixturevalue("page" if script else "without_script")
    new = practice.at.replace(hour=15)
    page.goto(practice.link())
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment with Dana Doe")
    pick(page, new)
    page.get_by_role("button", name="Confirm the new time").click()
    expect(page.get_by_role("status")).to_have_text("Your new time is booked. A mail confirms it.")
    practice.cycle()
    assert local(new) in practice.event(practice.one)
    assert "2:00 PM to 2:50 PM (America/Chicago" in practice.text_to("robin@example.org")
    assert "15:00 to 15:50 (America/New_York" in practice.text_to("dana@example.com")


def test_the_last_time_in_two_browsers(practice: DavVisits, page: Page, without_script: Page) -> None:
    """Both look at the last free time; one gets it, the other is told kindly and is offered nothing that is taken."""
    hours = f"{workday(8):%a} 09:00-11:00"
    working_hours(practice.system).set(practice.dana.id, hours, BY, practice.now)
    last = next(day for day in (workday(8) + timedelta(days=n) for n in range(8)) if f"{day:%a}" == hours[:3])
    practice.book(
        practice.at.replace(hour=15), practice.client("Ada Abel", timezone="America/Chicago", language="en-US")
    )
    for other, link in ((page, practice.link()), (without_script, practice.link("ada@example.org"))):
        other.goto(link)
        pick(other, last.replace(hour=9, minute=30))
    page.get_by_role("button", name="Confirm the new time").click()
    expect(page.get_by_role("status")).to_contain_text("Your new time is booked.")
    without_script.get_by_role("button", name="Confirm the new time").click()
    expect(without_script.get_by_role("alert")).to_contain_text("That time has just been taken")
    expect(without_script.get_by_role("heading", name="Choose another time")).to_be_visible()
    assert without_script.get_by_text("8:30 AM", exact=True).count() == page.get_by_text("8:30 AM", exact=True).count()
    assert practice.get(practice.one).start == last.replace(hour=9, minute=30)


def test_cancelled_by_the_client(practice: DavVisits, page: Page) -> None:
    """The event leaves the provider's calendar, both are told, the provider with the client's word."""
    page.goto(practice.link())
    page.get_by_role("link", name="Cancel this appointment").click()
    page.get_by_label("I am ill").check()
    page.get_by_label("A word to Dana Doe").fill("A fever. I am sorry.")
    page.get_by_role("button", name="Yes, cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment with Dana Doe is cancelled")
    assert practice.get(practice.one).status is AppointmentStatus.CANCELLED
    assert practice.stands(practice.one)
    practice.cycle()
    assert not practice.stands(practice.one)
    assert "A fever. I am sorry." in practice.text_to("dana@example.com")
    assert "is cancelled" in practice.text_to("robin@example.org")


def test_how_it_looks(practice: DavVisits, page: Page) -> None:
    """The page, both questions, what is cancelled and a link that opens nothing: every width, light and dark."""
    path, faults = practice.link(), []
    start = f"{practice.at.replace(hour=15).astimezone(UTC):%Y-%m-%dT%H:%M:%S}%2B00:00"
    for address in (path, f"{path}/time?start={start}", f"{path}/time?start=x", f"{path}/cancel", "/visit/made-up"):
        page.goto(address)
        assert page.locator("h1").count() == 1, address
        faults += faults_of(page)
    assert faults == []
