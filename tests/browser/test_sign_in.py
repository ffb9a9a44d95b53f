"""Getting in, in a real browser: by keyboard, with and without script, and how the pages look."""

from playwright.sync_api import Browser, Page, expect

from syncd.bootstrap import System
from syncd.core.access.principal import Role
from syncd.entrypoints.web.server import WebServer
from tests.browser.conftest import PASSWORD, invite
from tests.browser.looks import faults_of


def test_fresh_start_by_keyboard(system: System, page: Page) -> None:
    """No user, the command; link, password, first page: all with Tab and Enter. The link is dead afterwards."""
    page.goto("/")
    expect(page.get_by_text("syncd user add --role admin")).to_be_visible()

    link = invite(system, Role.ADMIN)
    page.goto(link)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    while not page.get_by_label("Choose a password").evaluate("field => field === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is connected yet")

    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("That link is used up")


def test_without_script(system: System, chromium: Browser, server: WebServer) -> None:
    """Everything works by links and forms."""
    host, port = server.address
    context = chromium.new_context(base_url=f"http://{host}:{port}", java_script_enabled=False)
    page = context.new_page()
    page.goto(invite(system, Role.ADMIN))
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail").fill("ana@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is connected yet")
    context.close()


def test_error_has_the_focus(system: System, page: Page) -> None:
    """After a refusal a screen reader begins at what is wrong."""
    page.goto(invite(system, Role.ADMIN))
    page.get_by_label("Choose a password").fill("ana@example.com")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title("Error: Choose a password – Elm Street Practice")


def test_looks(system: System, page: Page) -> None:
    """axe finds nothing on any of these pages, and none scrolls sideways at 320 px."""
    page.goto("/login")
    assert faults_of(page) == []
    page.goto(invite(system, Role.ADMIN))
    assert faults_of(page) == []
    page.get_by_label("Choose a password").fill("ana@example.com")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults_of(page) == []
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is connected yet")
    assert faults_of(page) == []
    page.goto("/nowhere")
    assert faults_of(page) == []
