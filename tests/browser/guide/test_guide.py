"""The practice's guide in a provider's browser: each journey ends at the event in the calendar and at the mails."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from syncd.core.claims.claim import ClaimStatus
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.scheduling.people import Party
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.services.scheduling.rescheduling import Reschedule, reschedule
from tests.browser.guide.practice import DavVisits, local
from tests.browser.looks import faults_of
from tests.web.notices import ADDRESS
from tests.web.visits import workday


def test_cancel_from_the_list(practice: DavVisits, page: Page) -> None:
    """List, search by name, Cancel appointment; "Other" needs a note, and with it the button turns red."""
    practice.book(practice.at.replace(hour=13), practice.client("Ziggy Stardust"))
    practice.cycle()
    practice.sign_in(page)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Appointments").click()
    page.get_by_role("searchbox").fill("robin")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("rowheader").get_by_role("link").click()
    page.get_by_role("link", name="Cancel appointment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel the session with Robin Roe")
    button = page.get_by_role("button", name="Yes, cancel")
    expect(button).to_have_attribute("aria-disabled", "true")
    page.get_by_role("radio", name=re.compile("^Other")).check()
    button.click(force=True)
    expect(page.get_by_text("Write a note: the reason explains nothing by itself.")).to_be_visible()
    page.get_by_label("Note for the record").fill("A burst pipe in the house.")
    page.get_by_label("Personal message to Robin Roe").fill("I am sorry. Let us find another day.")
    expect(button).to_have_attribute("aria-disabled", "false")
    button.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancelled: the session with Robin Roe")
    expect(page.get_by_text("A mail to Robin Roe")).to_be_visible()
    link = page.get_by_label("Link for Robin Roe to choose one").input_value()
    assert link.startswith(f"{ADDRESS}/visit/")
    practice.cycle()
    assert not practice.stands(practice.one)
    told = practice.text_to("robin@example.org")
    assert "Dana Doe writes:\n\nI am sorry. Let us find another day." in told
    assert f"{ADDRESS}/visit/" in told
    assert "burst pipe" not in told
    assert "is cancelled" in practice.text_to("dana@example.com")
    with practice.system.store.reading() as tx:
        assert tx.claims.get(practice.one.id).status is ClaimStatus.VOID


@pytest.mark.parametrize("script", [True, False])
def test_reschedule_from_the_calendar(practice: DavVisits, request: pytest.FixtureRequest, script: bool) -> None:
    """Calendar view, select it, Edit appointment, new date, time and place, Save appointment; two mails."""
    page: Page = request.getfixturevalue("page" if script else "without_script")
    new = practice.at.replace(hour=15) + timedelta(days=1)
    practice.sign_in(page)
    page.goto(f"/appointments?view=week&date={practice.at:%Y-%m-%d}")
    page.get_by_role("link", name="10:00 Robin Roe").click()
    page.get_by_role("link", name="Edit appointment").click()
    page.get_by_label("Date").fill(f"{new:%Y-%m-%d}")
    page.get_by_label("Start").fill("15:00")
    page.get_by_label("Place").fill("Telehealth")
    page.get_by_role("button", name="Save appointment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rescheduled: the session with Robin Roe")
    practice.cycle()
    event = practice.event(practice.one)
    assert local(new) in event
    assert "LOCATION:Telehealth" in event
    assert "2:00 PM to 2:50 PM (America/Chicago" in practice.text_to("robin@example.org")
    assert "15:00 to 15:50 (America/New_York" in practice.text_to("dana@example.com")
    with practice.system.store.reading() as tx:
        assert tx.claims.get(practice.one.id).date_of_service == new.date()


def test_this_and_later_of_a_series(practice: DavVisits, page: Page) -> None:
    """What it would meet is shown; at another time the series is cut, and what was agreed apart stays as it was."""
    ziggy = practice.client("Ziggy Stardust")
    first = practice.book(workday(9, 14), ziggy, repeat="FREQ=WEEKLY;COUNT=6")
    with practice.system.store.reading() as tx:
        of_series = list(tx.appointments.list(AppointmentQuery(series_id=first.series_id)))
    apart = of_series[4].start + timedelta(days=1)
    with practice.system.store.transaction() as tx:
        reschedule(tx, Reschedule(appointment_id=of_series[4].id, start=apart), practice.terms(Party.ADMIN))
    practice.book(of_series[3].start.replace(hour=11), practice.client("Ada Abel"))
    practice.cycle()
    practice.sign_in(page)
    page.goto(f"/appointments/{of_series[2].id}/edit")
    page.get_by_label("Start").fill("11:30")
    page.get_by_role("button", name="Save appointment").click()
    expect(page.get_by_label("This and all later ones (4)")).to_be_disabled()
    expect(page.get_by_text("It would meet:").first).to_be_visible()
    page.get_by_role("link", name="Back", exact=True).click()
    page.get_by_label("Start").fill("16:00")
    page.get_by_role("button", name="Save appointment").click()
    page.get_by_label("This and all later ones (4)").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rescheduled: ")
    practice.cycle()
    with practice.system.store.reading() as tx:
        after = [tx.appointments.get(one.id) for one in of_series]
    assert [one.start.hour for one in after] == [14, 14, 16, 16, 14, 16]
    assert after[4].start == apart
    assert "UNTIL=" in practice.event(after[0])
    assert local(after[2].start) in practice.event(after[2])
    assert len({one.uid for one in after}) == 2


def test_the_client_is_not_ready(practice: DavVisits, page: Page) -> None:
    """The provider's first page has the link to hand over, by the client's name; by it the client finds a time."""
    practice.sign_in(page)
    page.get_by_label("Client", exact=True).select_option("Robin Roe")
    page.get_by_role("button", name="Show the link").click()
    link = page.get_by_label("Link for Robin Roe").input_value()
    assert link.startswith(f"{ADDRESS}/visit/")
    page.goto(link.removeprefix(ADDRESS))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment with Dana Doe")
    assert practice.get(practice.one).status is AppointmentStatus.BOOKED


def test_how_the_pages_look(practice: DavVisits, page: Page) -> None:
    """A provider's day, calendar views, panel and forms: at every width, light and dark."""
    series = practice.book(workday(8, 14), practice.client("Ziggy Stardust"), repeat="FREQ=WEEKLY;COUNT=6")
    practice.sign_in(page)
    day, one = f"{practice.at:%Y-%m-%d}", practice.one.id
    addresses = [
        f"/?client={practice.robin.id}",
        f"/appointments?open={one}",
        f"/appointments?view=week&date={day}&open={one}",
        f"/appointments?view=day&date={day}",
        f"/appointments?view=month&date={day}",
        f"/appointments/{one}/cancel",
        f"/appointments/{one}/edit",
        f"/appointments/{series.id}/edit/scope?date={day}&start=10:30&minutes=50&place=x",
        f"/appointments/{one}/changes/1",
    ]
    faults = []
    for address in addresses:
        page.goto(address)
        assert page.locator("h1").count() == 1, address
        faults += faults_of(page)
    assert faults == []
