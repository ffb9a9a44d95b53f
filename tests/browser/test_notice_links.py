"""The pages behind a notice's links, in a real browser: how they look, and that they work without script."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from syncd.bootstrap import System
from syncd.core.sync.drift import Answer
from syncd.entrypoints.web.server import WebServer
from syncd.ports.store.sync import DriftQuery
from tests.browser.looks import faults_of
from tests.servers.smtp import MailServer
from tests.web.notices import ADDRESS, NoticedPractice, an_installation


@pytest.fixture
def post() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def system(post: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    mail = {
        "MAIL__TRANSPORT": "smtp",
        "MAIL__HOST": "127.0.0.1",
        "MAIL__PORT": str(post.port),
        "MAIL__SECURITY": "none",
    }
    with an_installation(tmp_path, monkeypatch, WEB__BASE_URL=ADDRESS, **mail) as system:
        yield system


@pytest.fixture
def links(system: System, post: MailServer) -> dict[str, str]:
    """The links of a notice about a session that was dragged and put back after it."""
    practice = NoticedPractice(system.store, system=system, post=post)
    practice.put_back(day=-3, to=-2, found=-1)
    return practice.links()


def test_how_they_look(links: dict[str, str], page: Page) -> None:
    """Both questions, the thanks, and a link that was used: at every width, light and dark."""
    faults = []
    for path in links.values():
        page.goto(path)
        faults += faults_of(page)
    page.get_by_role("button", name="Yes, I meant it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    faults += faults_of(page)
    page.goto(links["mistake"])
    expect(page.get_by_text("This link was used")).to_be_visible()
    assert faults + faults_of(page) == []


def test_without_script(system: System, links: dict[str, str], chromium: Browser, server: WebServer) -> None:
    """The answer is a plain form."""
    host, port = server.address
    context = chromium.new_context(base_url=f"http://{host}:{port}", java_script_enabled=False)
    page = context.new_page()
    page.goto(links["mistake"])
    page.get_by_role("button", name="Yes, it was a mistake").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    with system.store.reading() as tx:
        assert len(tx.drifts.list(DriftQuery(answer=Answer.MISTAKE))) == 1
    context.close()
