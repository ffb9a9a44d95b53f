"""What every answer carries, what monitors get, and how errors look."""

import json
import re
from pathlib import Path

import pytest

from syncd.bootstrap import System
from syncd.entrypoints.web.headers import POLICY
from syncd.entrypoints.web.server import WebServer
from syncd.ports.errors import ConfigurationError
from tests.web.browser import Browser


@pytest.mark.parametrize("path", ["/healthz", "/login", "/nowhere", "/api/v1/nowhere", "/static/x/style.css"])
def test_every_answer_is_guarded(browser: Browser, path: str) -> None:
    """Pages, errors and documents carry the same strict policy and are kept by nobody."""
    headers = browser.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "server" not in headers


def test_static_files_are_kept_for_ever(browser: Browser) -> None:
    """Their addresses change with their content."""
    tree = browser.get("/login").tree
    for address in [*tree.xpath("//link/@href"), *tree.xpath("//script/@src")]:
        file = Browser(browser.host, browser.port).get(address)
        assert file.status == 200
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_pages_hold_nothing_that_the_policy_forbids(browser: Browser) -> None:
    """No style or script stands in a page itself, and nothing is asked of another host."""
    tree = browser.get("/login").tree
    assert not tree.xpath("//style | //*[@style] | //script[not(@src)] | //*[@onclick]")
    assert not [url for url in [*tree.xpath("//@href"), *tree.xpath("//@src")] if "//" in url]


def test_alive(browser: Browser) -> None:
    """/healthz asks nothing of the database."""
    assert json.loads(browser.get("/healthz").body) == {"ok": True}


def test_ready(browser: Browser) -> None:
    """/readyz names what it tried."""
    page = browser.get("/readyz")
    document = json.loads(page.body)
    assert (page.status, document["ready"]) == (200, True)
    assert [check["name"] for check in document["checks"]] == ["database", "key"]


def test_not_ready(browser: Browser, system: System) -> None:
    """Without its key it is not ready, and says how to mend that."""
    Path(system.settings.security.key_file).unlink()
    system.__dict__.pop("vault", None)
    page = browser.get("/readyz")
    document = json.loads(page.body)
    assert (page.status, document["ready"]) == (503, False)
    assert "syncd init" in document["checks"][1]["message"]


def test_error_for_a_program(browser: Browser) -> None:
    """Addresses of the API answer with problem details."""
    page = browser.get("/api/v1/nowhere")
    assert page.headers["Content-Type"] == "application/problem+json"
    assert json.loads(page.body)["code"] == "not_found"


def test_error_for_a_person(browser: Browser) -> None:
    """A page says what happened and leads on."""
    page = browser.get("/nowhere")
    assert (page.status, page.title) == (404, "Error: There is nothing here – Elm Street Practice")


def test_fault_of_ours(browser: Browser, system: System) -> None:
    """An unexpected error shows a number that stands in the log, and nothing of the error."""
    store = system.store
    system.__dict__["store"] = None
    page = browser.get("/login")
    system.__dict__["store"] = store
    assert page.status == 500
    assert re.search(r"has the number [0-9a-f]{8}", page.text)
    assert "NoneType" not in page.text


def test_address_that_is_taken(server: WebServer) -> None:
    """The start refuses an address that is taken, and names the setting."""
    host, port = server.address
    with pytest.raises(ConfigurationError, match=r"web\.listen = .*Choose another address"):
        WebServer(None, f"{host}:{port}")
