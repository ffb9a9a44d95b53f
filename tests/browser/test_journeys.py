"""From an edit in a real calendar to the decision on it: each journey ends at the server's event, mails and claim."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from syncd.bootstrap import System
from syncd.core.access.principal import Role
from syncd.core.sync.drift import DriftStatus
from syncd.entrypoints.web.server import WebServer
from syncd.ports.store.sync import DriftQuery
from tests.browser.practice import DavPractice, with_alarm
from tests.servers.radicale import Radicale
from tests.web.office import moved, retitled


@pytest.fixture
def practice(system: System, radicale_server: Radicale) -> DavPractice:
    return DavPractice(system, radicale_server)


@pytest.fixture
def without_script(chromium: Browser, server: WebServer) -> Iterator[Page]:
    host, port = server.address
    context = chromium.new_context(base_url=f"http://{host}:{port}", java_script_enabled=False)
    yield context.new_page()
    context.close()


def open_edit(practice: DavPractice, page: Page) -> None:
    """Go from the first page to the edit that it names first."""
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 thing needs you")
    page.get_by_role("link", name="Decide: ").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dana Doe")


def test_put_back(practice: DavPractice, page: Page) -> None:
    """The event is at its old time, the alarm stays, one mail goes to the provider and none to the client."""
    practice.sign_in(page)
    practice.edit(practice.one, lambda body: with_alarm(moved()(body)))
    known = {mail.id for mail in practice.mails()}
    open_edit(practice, page)
    expect(page.get_by_text("differs", exact=True).first).to_be_visible()
    page.get_by_label("Note for the record").first.fill("Called: a slip.")
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_role("status")).to_contain_text("Put back")
    event = practice.event(practice.one)
    assert f"DTSTART;TZID=America/New_York:{practice.at:%Y%m%dT%H%M%S}" in event
    assert "BEGIN:VALARM" in event
    assert [mail.party for mail in practice.mails() if mail.id not in known] == ["provider"]
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing needs you")


def press(page: Page, name: str) -> None:
    """Reach a link or a button by Tab alone, seeing the focus on the way, and press Enter."""
    for _ in range(120):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const e = document.activeElement, box = e.getBoundingClientRect();"
            " return [(e.getAttribute('aria-label') || e.textContent).trim(), box.bottom > 0 && box.top < innerHeight,"
            " getComputedStyle(e).outlineStyle]; }"
        )
        assert focused[1], f"the focus is out of sight at {focused[0]!r}"
        if focused[0].startswith(name):
            assert focused[2] != "none"
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"no Tab leads to {name!r}")


def test_take_over_by_keyboard(practice: DavPractice, page: Page) -> None:
    """Two mails are read, then sent; the record's SEQUENCE rises, record and claim stand on the new day."""
    practice.sign_in(page)
    practice.edit(practice.one, moved())
    known = {mail.id for mail in practice.mails()}
    page.goto("/")
    press(page, "Decide: ")
    expect(page.get_by_role("heading", level=1)).to_contain_text("moved a session")
    press(page, "Read the mails")
    expect(page.get_by_role("article")).to_have_count(2)
    press(page, "Take it over and send 2 mails")
    expect(page.get_by_role("status")).to_contain_text("Taken over")
    practice.cycle()
    with practice.system.store.reading() as tx:
        one, claim = tx.appointments.get(practice.one.id), tx.claims.get(practice.one.id)
    assert (one.start.date() - practice.at.date()).days == 1
    assert claim.date_of_service == one.start.date()
    event = practice.event(practice.one)
    assert f"DTSTART;TZID=America/New_York:{one.start:%Y%m%dT%H%M%S}" in event
    assert one.sequence > practice.one.sequence
    assert sorted(mail.recipient for mail in practice.mails() if mail.id not in known) == [
        "dana@example.com",
        "robin@example.org",
    ]


def test_leave_it_without_script(practice: DavPractice, without_script: Page) -> None:
    """By links and forms alone: the event keeps the provider's words."""
    page = without_script
    practice.sign_in(page)
    practice.edit(practice.one, retitled("Intake with forms"))
    open_edit(practice, page)
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_role("status")).to_contain_text("Left as written")
    practice.cycle()
    assert "SUMMARY:Intake with forms" in practice.event(practice.one)


def test_edited_again_between_page_and_click(practice: DavPractice, page: Page) -> None:
    """Nothing is done; the later edit is one click away, and is decided by the next one."""
    practice.sign_in(page)
    practice.edit(practice.one, moved())
    open_edit(practice, page)
    practice.hand.put(practice.href(practice.one), moved()(practice.event(practice.one)).encode())
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was done")
    page.get_by_role("link", name="the later edit").click()
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_role("status")).to_contain_text("Put back")
    assert f"{practice.at:%Y%m%dT%H%M%S}" in practice.event(practice.one)


def test_many_without_script(practice: DavPractice, without_script: Page) -> None:
    """Chosen in the list, shown one by one, done at one press."""
    page = without_script
    other = practice.book(practice.at.replace(hour=15))
    practice.sign_in(page)
    for one in (practice.one, other):
        practice.edit(one, moved())
    page.goto("/drifts")
    for box in page.get_by_role("checkbox", name="Choose: ").all():
        box.check()
    page.get_by_role("button", name="Put back…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Put back 2 edits?")
    page.get_by_role("button", name="Put back 2 edits").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 edits put back")
    for one in (practice.one, other):
        assert f"{one.start:%Y%m%dT%H%M%S}" in practice.event(one)


def test_pages_of_the_menu_on_a_telephone(practice: DavPractice, without_script: Page) -> None:
    """The menu opens without script, and holds every page."""
    page = without_script
    practice.sign_in(page)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/")
    expect(page.get_by_role("link", name="Calendars", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Calendars").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Calendars")


def test_provider_puts_their_own_back(practice: DavPractice, page: Page) -> None:
    """In their own words, on their own page."""
    practice.sign_in(page, Role.PROVIDER)
    practice.edit(practice.one, moved())
    page.goto("/drifts")
    expect(page.get_by_role("heading", level=1)).to_have_text("My edits")
    page.get_by_role("link", name="Dana Doe moved a session to another day").click()
    page.get_by_role("button", name="It was a mistake: put it back").click()
    expect(page.get_by_role("status")).to_contain_text("Put back")
    with practice.system.store.reading() as tx:
        (drift,) = tx.drifts.list(DriftQuery(appointment_id=practice.one.id))
    assert (drift.status, drift.resolved_by) == (DriftStatus.REVERTED, "Ana Admin")
