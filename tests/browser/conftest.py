"""A real browser: Debian's Chromium, driven by Playwright. It may load nothing but what our server sends."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, sync_playwright

from syncd.entrypoints.web.server import WebServer
from tests.web.conftest import invite, office, server, system
from tests.web.office import PASSWORD

__all__ = ["PASSWORD", "invite", "office", "server", "system"]

CHROMIUM = shutil.which("chromium")
_OPTIONS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not there. On Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(_OPTIONS), chromium_sandbox=False, headless=True
        )
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, server: WebServer) -> Iterator[BrowserContext]:
    """A browser window of one's own, at our server; what goes elsewhere is a failure."""
    host, port = server.address
    home = f"http://{host}:{port}"
    strayed: list[str] = []

    def only_ours(route: Route) -> None:
        if route.request.url.startswith(home):
            route.continue_()
        else:
            strayed.append(route.request.url)
            route.abort()

    context = chromium.new_context(base_url=home)
    context.route("**/*", only_ours)
    yield context
    context.close()
    assert strayed == []


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which the policy may not be broken and no script may fail."""
    page = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # A page that answers with an error status is said to have failed to load; that is no fault of the page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []
