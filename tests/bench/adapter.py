"""The CalDAV adapter alone: an idle calendar of three sizes, and an event published."""

import base64
import http.client
from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import urlsplit

from syncd.adapters.caldav import CalDavServers, xml
from syncd.core.sync.calendars import Calendar, CalendarKind
from syncd.ports.remote.access import Remote
from syncd.ports.remote.values import Account
from tests.adapters.events import an_event, same_lines
from tests.adapters.scripted_calendars import KNOWN
from tests.bench.measure import Row, measured
from tests.bench.server import serving
from tests.servers.base import Server

IDLE_BUDGET = 1.5
PUBLISHING_BUDGET = 3.0
FLAT_BUDGET = 0.3
_SIZES = (10, 1_000, 5_000)
_CALLS = 200


class BareLoop:
    """`http.client` on one connection, with a login and nothing else."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        login = base64.b64encode(f"{Server.username}:{Server.password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}"}

    def request(self, method: str, href: str, body: bytes, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, href, body, self._headers | named)
        response = self._connection.getresponse()
        response.read()
        assert response.status < 300, response.status

    def close(self) -> None:
        self._connection.close()


def rows() -> Iterator[Row]:
    """Measure the adapter."""
    with serving(*_SIZES, 0) as url, CalDavServers(same_lines) as servers:
        bare = BareLoop(url)
        idle = [_idle(url, servers, bare, size) for size in _SIZES]
        yield from idle
        yield _flatness(idle[0], idle[-1])
        yield _publishing(url, servers, bare)
        bare.close()


def opener(url: str, servers: CalDavServers, size: int) -> Callable[[], Remote]:
    """Return what opens the calendar of that size."""
    calendar = Calendar(
        id="cal-1",
        provider_id="prv-1",
        kind=CalendarKind.CALDAV,
        name="Work",
        url=f"{url}home/{size}/",
        capabilities=KNOWN,
    )
    account = Account(url=url, username=Server.username, secret=Server.password)
    return lambda: servers.open(calendar, account)


def _idle(url: str, servers: CalDavServers, bare: BareLoop, size: int) -> Row:
    open_remote = opener(url, servers, size)
    cursor = open_remote().changes(None).cursor or ""
    body = xml.sync_collection(cursor.removeprefix("sync:"))
    remote = open_remote()
    remote.changes(cursor)
    return measured(
        f"idle calendar, {size:,} events",
        lambda: open_remote().changes(cursor),
        lambda: bare.request("REPORT", f"/home/{size}/", body, Depth="0"),
        calls=_CALLS,
        requests=remote.requests,
        budget=IDLE_BUDGET,
    )


def _flatness(smallest: Row, largest: Row) -> Row:
    return Row(
        name="idle: largest above smallest",
        requests=largest.requests,
        cpu=largest.cpu,
        bare=smallest.cpu,
        budget=FLAT_BUDGET,
    )


def _publishing(url: str, servers: CalDavServers, bare: BareLoop) -> Row:
    remote = opener(url, servers, 0)()
    numbers = count()

    def publish() -> None:
        number = next(numbers)
        remote.create(remote.href_for(f"{number}.ics"), an_event(f"{number}@example.com"))

    def put() -> None:
        number = next(numbers)
        bare.request("PUT", f"/home/0/{number}.ics", an_event(f"{number}@example.com"), If_None_Match="*")

    publish()
    return measured("published event", publish, put, calls=_CALLS, requests=remote.requests, budget=PUBLISHING_BUDGET)
