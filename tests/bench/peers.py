"""What another client costs for the same: python-caldav, as its documentation has it. No budget: it is not ours."""

from collections.abc import Iterator
from itertools import count

from caldav.davclient import DAVClient

from syncd.adapters.caldav import CalDavServers, xml
from tests.adapters.events import an_event, same_lines
from tests.bench.adapter import BareLoop, opener
from tests.bench.measure import Row, measured
from tests.bench.server import serving
from tests.servers.base import Server

_SIZE = 1_000
_CALLS = 50


def rows() -> Iterator[Row]:
    """Measure an idle look by sync token, and a published event."""
    with serving(_SIZE, 0) as url:
        client = DAVClient(url=url, username=Server.username, password=Server.password)
        bare = BareLoop(url)
        full, empty = (client.calendar(url=f"{url}home/{size}/") for size in (_SIZE, 0))  # type: ignore[no-untyped-call]
        look = _idle_look(url)
        token = full.get_objects_by_sync_token(load_objects=False).sync_token
        numbers = count()
        yield measured(
            f"python-caldav: idle, {_SIZE:,} events",
            lambda: full.get_objects_by_sync_token(sync_token=token, load_objects=False),
            lambda: bare.request("REPORT", f"/home/{_SIZE}/", look, Depth="0"),
            calls=_CALLS,
            requests=1,
        )
        yield measured(
            "python-caldav: published event",
            lambda: empty.add_event(an_event(f"peer-{next(numbers)}@example.com").decode()),
            lambda: _put(bare, next(numbers)),
            calls=_CALLS,
            requests=1,
        )
        bare.close()


def _idle_look(url: str) -> bytes:
    """Return the body of the one request that an idle look needs."""
    with CalDavServers(same_lines) as servers:
        cursor = opener(url, servers, _SIZE)().changes(None).cursor or ""
    return xml.sync_collection(cursor.removeprefix("sync:"))


def _put(bare: BareLoop, number: int) -> None:
    uid = f"bare-peer-{number}"
    bare.request("PUT", f"/home/0/{uid}.ics", an_event(f"{uid}@example.com"), If_None_Match="*")
