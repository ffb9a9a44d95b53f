"""What the calendars in memory offer to tests beyond the port: the provider's hand, and faults at a chosen moment."""

import pytest

from syncd.adapters.memory import MemoryCollection, MemoryServers, Operation
from syncd.ports.remote.access import Remote
from syncd.ports.remote.errors import CollectionGoneError, ForbiddenError, PreconditionFailedError, UnavailableError
from syncd.ports.remote.values import Account
from tests.adapters.events import an_event
from tests.adapters.worlds import a_calendar

HREF = "/provider/cal/a.ics"


class Here:
    def __init__(self) -> None:
        self.servers = MemoryServers()
        self.account: Account = self.servers.add_account("https://calendars.example.com/provider/")
        self.collection: MemoryCollection = self.servers.add_collection(self.account, "Work")

    def remote(self) -> Remote:
        return self.servers.open(a_calendar(self.collection.url), self.account)


@pytest.fixture
def here() -> Here:
    return Here()


def test_refused_before_it_took_place(here: Here) -> None:
    """A fault stands once, instead of the operation."""
    here.collection.fail(Operation.CREATE, UnavailableError())
    with pytest.raises(UnavailableError):
        here.remote().create(HREF, an_event())
    assert here.collection.bodies() == {}
    here.remote().create(HREF, an_event())
    assert here.collection.writes == [(Operation.CREATE, HREF)]


def test_lost_answer(here: Here) -> None:
    """A fault after the operation plays an answer that was lost: the write took place."""
    here.collection.fail(Operation.CREATE, UnavailableError(), carried_out=True)
    with pytest.raises(UnavailableError):
        here.remote().create(HREF, an_event())
    assert here.collection.bodies() == {HREF: an_event()}


def test_provider_is_faster(here: Here) -> None:
    """An interruption that edits meets the write that follows it."""
    etag = here.remote().create(HREF, an_event()).etag
    here.collection.interrupt(Operation.REPLACE, lambda: here.collection.put(HREF, an_event(summary="Mine")))
    with pytest.raises(PreconditionFailedError):
        here.remote().replace(HREF, an_event(summary="Ours"), etag)
    assert here.collection.bodies() == {HREF: an_event(summary="Mine")}


def test_server_that_rewrites(here: Here) -> None:
    """What the server made of a body is in the receipt, and the server is known to do so."""
    here.collection.rewrite = bytes.lower
    remote = here.remote()
    assert remote.create(HREF, an_event()).stored == an_event().lower()
    assert remote.capabilities.faithful is False


def test_read_only_calendar(here: Here) -> None:
    """A calendar that may only be read says so, and refuses."""
    here.collection.read_only = True
    remote = here.remote()
    assert remote.capabilities.writable is False
    with pytest.raises(ForbiddenError):
        remote.create(HREF, an_event())


def test_calendar_that_never_was(here: Here) -> None:
    """Opening makes no request; the first one tells that nothing is there."""
    remote = here.servers.open(a_calendar("https://calendars.example.com/provider/never/"), here.account)
    with pytest.raises(CollectionGoneError):
        remote.changes(None)
