"""What only the holder of a lease can do: write to the store, and ask a calendar's server for anything."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from syncd.core.sync.calendars import Capabilities
from syncd.ports.remote.access import Remote
from syncd.ports.remote.values import Changes, Fetched, Receipt
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.work.leases import Held
from syncd.services.work.stopping import Stop


@dataclass(frozen=True, slots=True)
class FencedStore:
    """A store in which every transaction that may write begins by asking whether the lease is still good.

    It then stays good until the transaction ends; one that lost it raises `LeaseLostError` and leaves nothing behind.
    """

    store: Store
    held: Held

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Transaction]:
        """See `Store.transaction`. Raises `LeaseLostError` besides."""
        with self.store.transaction(durable=durable) as tx:
            tx.works.hold(self.held.lease)
            yield tx

    def reading(self) -> AbstractContextManager[Transaction]:
        """See `Store.reading`."""
        return self.store.reading()


@dataclass(frozen=True, slots=True)
class FencedRemote:
    """A `Remote` that lets a request under way finish, and begins none once the lease is lost or all are to stop.

    That is what a crash before the request would leave behind, and cycles are made to recover from that.
    """

    remote: Remote
    held: Held
    stop: Stop

    @property
    def capabilities(self) -> Capabilities:
        """See `Remote.capabilities`."""
        return self.remote.capabilities

    @property
    def requests(self) -> int:
        """See `Remote.requests`."""
        return self.remote.requests

    def changes(self, cursor: str | None) -> Changes:
        """See `Remote.changes`."""
        return self._going_on().changes(cursor)

    def distrust_changes(self) -> None:
        """See `Remote.distrust_changes`."""
        self.remote.distrust_changes()

    def remember_people_refused(self) -> None:
        """See `Remote.remember_people_refused`."""
        self.remote.remember_people_refused()

    def fetch(self, hrefs: Sequence[str]) -> Fetched:
        """See `Remote.fetch`."""
        return self._going_on().fetch(hrefs)

    def find_uid(self, uid: str) -> Sequence[str]:
        """See `Remote.find_uid`."""
        return self._going_on().find_uid(uid)

    def find_elsewhere(self, uid: str) -> Sequence[str]:
        """See `Remote.find_elsewhere`."""
        return self._going_on().find_elsewhere(uid)

    def href_for(self, name: str) -> str:
        """See `Remote.href_for`."""
        return self.remote.href_for(name)

    def create(self, href: str, body: bytes) -> Receipt:
        """See `Remote.create`."""
        return self._going_on().create(href, body)

    def replace(self, href: str, body: bytes, etag: str | None, schedule_tag: str | None = None) -> Receipt:
        """See `Remote.replace`."""
        return self._going_on().replace(href, body, etag, schedule_tag)

    def remove(self, href: str, etag: str | None) -> None:
        """See `Remote.remove`."""
        self._going_on().remove(href, etag)

    def close(self) -> None:
        """See `Remote.close`."""
        self.remote.close()

    def _going_on(self) -> Remote:
        self.stop.check()
        self.held.check()
        return self.remote
