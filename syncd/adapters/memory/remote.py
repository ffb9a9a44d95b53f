"""The calendar port over collections in memory."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from syncd.adapters.memory.collection import MemoryCollection, Operation, Resource
from syncd.core.sync.calendars import Calendar, Capabilities
from syncd.ports.remote.errors import ForbiddenError, LoginRefusedError, NotACalendarError, PreconditionFailedError
from syncd.ports.remote.values import Account, Changes, Collection, Discovered, Fetched, Receipt, Stored

_CAPABILITIES = Capabilities(
    sync_collection=True,
    ctag=False,
    multiget=True,
    etag_on_put=True,
    schedule_tag=False,
    auto_schedule=False,
    writable=True,
    preconditions=True,
    distinct_etags=True,
)


class MemoryRemote:
    """One collection in memory, open for one cycle (`syncd.ports.remote.access.Remote`)."""

    def __init__(
        self,
        collection: MemoryCollection,
        *,
        login_refused: bool,
        known: Capabilities,
        neighbours: Callable[[], Sequence[MemoryCollection]] = tuple,
    ) -> None:
        self._collection = collection
        self._neighbours = neighbours
        self._login_refused = login_refused
        self._capabilities = replace(
            _CAPABILITIES,
            faithful=known.faithful,
            refuses_people=known.refuses_people,
            mails_itself=known.mails_itself,
        )
        self._requests = 0

    @property
    def capabilities(self) -> Capabilities:
        """What is known of the collection: all is, but whether it stores what it is given."""
        return replace(self._capabilities, writable=not self._collection.read_only)

    @property
    def requests(self) -> int:
        """How many requests a server would have seen."""
        return self._requests

    @contextmanager
    def _operation(self, operation: Operation) -> Iterator[MemoryCollection]:
        self._requests += 1
        if self._login_refused:
            raise LoginRefusedError
        with self._collection.operation(operation):
            yield self._collection

    @contextmanager
    def _write(self, operation: Operation, href: str) -> Iterator[MemoryCollection]:
        with self._operation(operation) as collection:
            if collection.read_only:
                raise ForbiddenError
            yield collection
            collection.writes.append((operation, href))

    def changes(self, cursor: str | None) -> Changes:
        """Return what changed since ``cursor``, or everything."""
        with self._operation(Operation.CHANGES) as collection:
            since = collection.revision_of(cursor if self._capabilities.tells_all_changes is not False else None)
            return Changes(
                present=collection.changed_since(since or 0),
                removed=frozenset() if since is None else collection.removed_since(since),
                cursor=collection.cursor,
                complete=since is None,
                cursor_lost=since is None and cursor is not None,
            )

    def distrust_changes(self) -> None:
        """Tell all that there is from now on."""
        self._capabilities = replace(self._capabilities, sync_collection=False, tells_all_changes=False)

    def remember_people_refused(self) -> None:
        """Remember that events go there without people."""
        self._capabilities = replace(self._capabilities, refuses_people=True)

    def fetch(self, hrefs: Sequence[str]) -> Fetched:
        """Return the resources at ``hrefs`` that stand there; those that the collection was told to fail on failed."""
        if not hrefs:
            return Fetched()
        with self._operation(Operation.FETCH) as collection:
            failing = {href: collection.failing[href] for href in hrefs if href in collection.failing}
            found = {href: collection.get(href) for href in hrefs if href not in failing}
            stored = {
                href: Stored(href=href, etag=resource.etag, body=resource.body)
                for href, resource in found.items()
                if resource
            }
            return Fetched(stored, failing)

    def find_uid(self, uid: str) -> Sequence[str]:
        """Return the hrefs of the resources with that UID."""
        with self._operation(Operation.FIND_UID) as collection:
            return collection.with_uid(uid)

    def find_elsewhere(self, uid: str) -> Sequence[str]:
        """Return the hrefs at which a UID stands in the account's other calendars."""
        self._requests += 1
        return [href for other in self._neighbours() for href in other.with_uid(uid)]

    def href_for(self, name: str) -> str:
        """Return the href of a resource of that name."""
        return self._collection.path + name

    def create(self, href: str, body: bytes) -> Receipt:
        """Store a new resource."""
        with self._write(Operation.CREATE, href) as collection:
            if collection.get(href):
                raise PreconditionFailedError
            collection.refuse_uid_elsewhere(href, body, self._neighbours())
            return self._receipt(href, body, self._store(href, body))

    def replace(self, href: str, body: bytes, etag: str | None, schedule_tag: str | None = None) -> Receipt:  # noqa: ARG002 - a collection in memory has no schedule tags
        """Store another version of a resource."""
        with self._write(Operation.REPLACE, href) as collection:
            collection.expect(href, etag)
            collection.refuse_uid_elsewhere(href, body, self._neighbours())
            return self._receipt(href, body, self._store(href, body))

    def remove(self, href: str, etag: str | None) -> None:
        """Delete a resource."""
        with self._write(Operation.REMOVE, href) as collection:
            if collection.get(href):
                collection.expect(href, etag)
                collection.discard(href)

    def _store(self, href: str, body: bytes) -> Resource:
        rewrite = self._collection.rewrite
        return self._collection.store(href, rewrite(body) if rewrite else body)

    def _receipt(self, href: str, sent: bytes, resource: Resource) -> Receipt:
        mails = self._capabilities.mails_itself or self._collection.mails_itself or None
        self._capabilities = replace(self._capabilities, faithful=sent == resource.body, mails_itself=mails)
        return Receipt(href=href, etag=resource.etag, stored=resource.body)

    def close(self) -> None:
        """Do nothing: there is nothing to release."""


@dataclass(slots=True)
class _Login:
    username: str
    secret: str


class MemoryServers:
    """Accounts and collections in memory (`syncd.ports.remote.access.CalendarServers`)."""

    def __init__(self) -> None:
        self._logins: dict[str, _Login] = {}
        self._collections: dict[str, MemoryCollection] = {}

    def add_account(self, url: str, username: str = "provider", secret: str = "secret") -> Account:  # noqa: S107 - a fake login of a fake server
        """Add an account whose calendars are under ``url``, and return how to log in there.

        Called again for the same URL it changes the login.
        """
        url = _as_collection(url)
        self._logins[url] = _Login(username, secret)
        return Account(url=url, username=username, secret=secret)

    def add_collection(self, account: Account, name: str) -> MemoryCollection:
        """Add an empty collection of that name to an account."""
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "calendar"
        collection = MemoryCollection(f"{_as_collection(account.url)}{slug}/", name)
        self._collections[collection.url] = collection
        return collection

    def discover(self, account: Account, name: str | None) -> Discovered:
        """Find the collection at the account's URL, or the one called ``name`` under it, made if it is absent."""
        url = _as_collection(account.url)
        if self._is_refused(url, account):
            raise LoginRefusedError
        found = self._collections.get(url) or self._named(url, name)
        created = found is None
        if found is None:
            if name is None or url not in self._logins:
                raise NotACalendarError
            found = self.add_collection(account, name)
        seen = replace(_CAPABILITIES, writable=not found.read_only)
        return Discovered(url=found.url, name=found.name, capabilities=seen, created=created)

    def collections(self, account: Account) -> Sequence[Collection]:
        """Return the calendars under the account's URL, or the one at it."""
        url = _as_collection(account.url)
        if self._is_refused(url, account):
            raise LoginRefusedError
        if url not in self._logins and url not in self._collections:
            raise NotACalendarError
        inside = (one for at, one in self._collections.items() if at.startswith(url) and not one.vanished)
        return [Collection(one.url, one.name, not one.read_only, own=True) for one in inside]

    def open(self, calendar: Calendar, account: Account) -> MemoryRemote:
        """Open a known collection; one that was never there is as good as vanished."""
        collection = self._collections.get(_as_collection(calendar.url))
        if collection is None:
            collection = MemoryCollection(calendar.url, calendar.name)
            collection.vanish()
        refused = self._is_refused(collection.url, account)
        return MemoryRemote(
            collection,
            login_refused=refused,
            known=calendar.capabilities,
            neighbours=lambda: self._beside(collection),
        )

    def _beside(self, collection: MemoryCollection) -> Sequence[MemoryCollection]:
        home = collection.url.rstrip("/").rpartition("/")[0] + "/"
        found = (other for url, other in self._collections.items() if url.startswith(home))
        return [other for other in found if other is not collection and not other.vanished]

    def _named(self, home: str, name: str | None) -> MemoryCollection | None:
        inside = (found for url, found in self._collections.items() if url.startswith(home) and not found.vanished)
        return next((found for found in inside if found.name == name), None)

    def _is_refused(self, url: str, account: Account) -> bool:
        logins = [login for home, login in self._logins.items() if url.startswith(home)]
        return bool(logins) and all(login != _Login(account.username, account.secret) for login in logins)


def _as_collection(url: str) -> str:
    return url if urlsplit(url).path.endswith("/") else f"{url}/"
