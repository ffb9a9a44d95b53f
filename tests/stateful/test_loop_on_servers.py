"""The same loop, shorter, on real servers and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from syncd.adapters.caldav import CalDavServers
from syncd.adapters.db import open_store
from tests.adapters.events import same_lines
from tests.adapters.worlds import memory_world, server_world
from tests.databases import PostgresServer
from tests.servers.base import Server
from tests.stateful.loop_setup import LoopSetup
from tests.stateful.test_loop import RaiseStage, play, stages


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("name", ["radicale_server", "xandikos_server"])
def test_on_a_real_server(name: str, request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> None:
    """What a real server makes of requests and bodies changes nothing of that."""
    server: Server = request.getfixturevalue(name)
    with CalDavServers(same_lines, timeout=20) as servers:
        play(stages(sqlite_template, tmp_path, lambda: server_world(server, servers)), examples=8, steps=25)


@pytest.mark.slow
def test_on_postgresql(postgres_server: PostgresServer, postgres_template: str) -> None:
    """Nor does the database under it."""
    play(_on_postgresql(postgres_server, postgres_template), examples=8, steps=30)


def _on_postgresql(server: PostgresServer, template: str) -> RaiseStage:
    @contextmanager
    def raise_stage() -> Iterator[LoopSetup]:
        name = server.create(template)
        with closing(open_store(server.url(name))) as store:
            yield LoopSetup(store, world=memory_world())
        server.drop(name)

    return raise_stage
