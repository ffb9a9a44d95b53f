"""The practice of these journeys, and a browser without script."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from syncd.bootstrap import System
from syncd.entrypoints.web.server import WebServer
from tests.browser.guide.practice import DavVisits
from tests.servers.radicale import Radicale
from tests.servers.smtp import MailServer
from tests.web.notices import ADDRESS, an_installation


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
def practice(system: System, post: MailServer, radicale_server: Radicale) -> DavVisits:
    return DavVisits(system, post).connect(radicale_server)


@pytest.fixture
def without_script(chromium: Browser, server: WebServer) -> Iterator[Page]:
    host, port = server.address
    context = chromium.new_context(base_url=f"http://{host}:{port}", java_script_enabled=False)
    yield context.new_page()
    context.close()
