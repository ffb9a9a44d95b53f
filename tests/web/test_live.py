"""What a page learns while it is open: numbers and changes; what that costs, and whom it tells."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection, HTTPResponse
from time import monotonic
from typing import Any

import pytest

from syncd.core.access.principal import Role
from syncd.entrypoints.web import live
from syncd.entrypoints.web.live import Live
from syncd.entrypoints.web.server import WebServer
from tests.web.browser import Browser
from tests.web.office import Office, moved


def said(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(browser.get("/live.json").body)
    return found


@pytest.fixture
def stream(ana: Browser) -> Iterator[HTTPResponse]:
    connection = HTTPConnection(ana.host, ana.port, timeout=10)
    cookies = "; ".join(f"{name}={value}" for name, value in ana.cookies.items())
    connection.request("GET", "/live", headers={"Cookie": cookies})
    with closing(connection):
        yield connection.getresponse()


def next_event(stream: HTTPResponse) -> dict[str, Any]:
    while not (line := stream.readline()).startswith(b"data: "):
        assert line, "the stream has ended"
    found: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
    return found


def test_an_edit_while_the_page_is_open(office: Office, stream: HTTPResponse) -> None:
    """The stream tells how things are at once, and within some seconds what has changed; no client is named."""
    assert stream.headers["Content-Type"].startswith("text/event-stream")
    assert next_event(stream)["waiting"]["drifts"] == 0
    drift = office.edit(office.one, moved())
    begun = monotonic()
    event = next_event(stream)
    while event["waiting"]["drifts"] == 0:
        event = next_event(stream)
    assert monotonic() - begun < 5
    assert f"/drifts/{drift.id}" in [change["href"] for change in event["changes"]]
    assert "Robin" not in json.dumps(event)


def test_only_ones_own(office: Office, server: WebServer) -> None:
    """A provider hears nothing of another one's things."""
    office.edit(office.other, moved())
    dana = office.sign_in(Browser(*server.address), Role.PROVIDER)
    found = said(dana)
    assert found["waiting"]["drifts"] == 0
    assert "Lee Low" not in json.dumps(found)


def test_one_look_for_all(office: Office) -> None:
    """However many listen, the database is asked once; so many listeners need no thread of their own."""

    async def listen() -> int:
        board = Live(office.system, every=0.2)
        streams = [board.stream(None) for _ in range(200)]
        first = await asyncio.gather(*(anext(one) for one in streams))
        assert len(set(first)) == 1
        assert board.listeners == 200
        board.stopping = True
        await asyncio.gather(*(one.aclose() for one in streams))
        assert board.listeners == 0
        return board.looks

    assert asyncio.run(listen()) == 1


def test_too_many_listeners(ana: Browser, stream: HTTPResponse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes then is sent away without an error, and asks now and then instead."""
    next_event(stream)
    monkeypatch.setattr(live, "MOST_LISTENERS", 1)
    assert ana.begins("/live") == 204
    assert said(ana)["waiting"]["drifts"] == 0


def test_being_told_is_no_use_of_a_session(office: Office, ana: Browser) -> None:
    """A page that lies open ends its session after half an hour, though it asks all the time; a button keeps it."""
    page = ana.get("/")
    with office.system.store.transaction() as tx:
        [session] = tx.sessions.of_user(tx.users.get("admin@example.com").id)
        idle = replace(session, seen_at=session.seen_at - timedelta(minutes=29))
        tx.sessions.save(idle)
    said(ana)
    with office.system.store.reading() as tx:
        assert tx.sessions.find(session.id) == idle
    token = str(page.tree.xpath("string(//form[@id='stay']/input[@name='csrf']/@value)"))
    assert ana.post("/account/stay", {"csrf": token}).status == 204
    with office.system.store.reading() as tx:
        found = tx.sessions.find(session.id)
    assert found is not None
    assert found.seen_at > session.seen_at - timedelta(minutes=1)


def test_stops_while_somebody_listens(server: WebServer, stream: HTTPResponse) -> None:
    """Open streams do not keep the server from stopping."""
    next_event(stream)
    begun = monotonic()
    assert server.stop(10)
    assert monotonic() - begun < 6
