"""The servers as fixtures: one of each a session, with a fresh collection for every test that asks for one."""

from collections.abc import Iterator

import pytest

from tests.servers.radicale import Radicale
from tests.servers.scripted import Scripted
from tests.servers.xandikos import Xandikos


@pytest.fixture(scope="session")
def radicale_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with Radicale(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture(scope="session")
def xandikos_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Xandikos]:
    with Xandikos(tmp_path_factory.mktemp("xandikos")) as server:
        yield server


@pytest.fixture
def scripted_server() -> Iterator[Scripted]:
    with Scripted() as server:
        yield server
