"""The web part over a fresh store, on a free port of loopback."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from syncd.adapters.passwords import Argon2Passwords
from syncd.bootstrap import System, initialise
from syncd.core.access.principal import Role, local_administrator
from syncd.entrypoints.web import problems
from syncd.entrypoints.web.app import create_app
from syncd.entrypoints.web.server import WebServer
from syncd.services.access.users import NewUser, add_user
from syncd.settings import load
from tests.web.browser import Browser
from tests.web.office import PASSWORD, Office


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """A new installation on SQLite, whose passwords cost nothing."""
    monkeypatch.setenv("SYNCD_DATABASE__URL", f"sqlite:///{tmp_path}/syncd.db")
    monkeypatch.setenv("SYNCD_SECURITY__KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("SYNCD_PRACTICE__NAME", "Elm Street Practice")
    settings = load()
    initialise(settings)
    system = System(settings)
    system.__dict__["passwords"] = Argon2Passwords(memory_kib=64, passes=1)
    yield system
    system.close()


@pytest.fixture(autouse=True)
def _plain_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log faults as a server does: without the values of all variables, which take seconds to print."""
    processors: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    monkeypatch.setattr(problems, "log", structlog.wrap_logger(structlog.PrintLogger(), processors=processors))


@pytest.fixture
def server(system: System) -> Iterator[WebServer]:
    server = WebServer(create_app(system), "127.0.0.1:0")
    server.start()
    yield server
    assert server.stop(10)


@pytest.fixture
def browser(server: WebServer) -> Browser:
    return Browser(*server.address)


def invite(system: System, role: Role, email: str = "ana@example.com") -> str:
    """Add a user and return the path of the link that lets them in."""
    new = NewUser(name="Ana Admin", email=email, role=role)
    return f"/welcome/{add_user(system.store, new, local_administrator('root'), datetime.now(UTC)).secret}"


@pytest.fixture
def office(system: System) -> Office:
    """A practice with two providers, whose edits all wait for a decision."""
    return Office(system)


@pytest.fixture
def ana(office: Office, browser: Browser) -> Browser:
    """A browser in which an admin of that practice is signed in."""
    return office.sign_in(browser, Role.ADMIN)


@pytest.fixture
def admin(system: System, browser: Browser) -> Browser:
    """A browser in which an admin is signed in."""
    browser.get(invite(system, Role.ADMIN))
    browser.submit("Start", password=PASSWORD)
    return browser
