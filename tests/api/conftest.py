"""A practice behind the API on a free port of loopback, and callers of each kind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from syncd.bootstrap import System
from syncd.entrypoints.web import problems
from syncd.entrypoints.web.app import create_app
from syncd.entrypoints.web.server import WebServer
from tests.api.desk import Desk, installed
from tests.web.office import Office


@pytest.fixture(autouse=True)
def _plain_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log faults as a server does: without the values of all variables, which take seconds to print."""
    processors: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    monkeypatch.setattr(problems, "log", structlog.wrap_logger(structlog.PrintLogger(), processors=processors))


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """A new installation on SQLite."""
    system = installed(tmp_path, monkeypatch, f"sqlite:///{tmp_path}/syncd.db")
    yield system
    system.close()


@pytest.fixture
def server(system: System) -> Iterator[WebServer]:
    server = WebServer(create_app(system), "127.0.0.1:0")
    server.start()
    yield server
    assert server.stop(10)


@pytest.fixture
def desk(system: System, server: WebServer) -> Desk:
    """A practice with two providers, and what calls its API."""
    return Desk(Office(system), *server.address)
