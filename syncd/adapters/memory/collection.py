"""The server's side of one collection: its resources, its change log, and the interruptions a test has scripted."""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from itertools import count
from threading import RLock
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from syncd.ports.remote.errors import (
    CollectionGoneError,
    PreconditionFailedError,
    RejectedError,
    RemoteError,
    UidConflictError,
)

_UID = re.compile(rb"^UID:(.*?)\r?$", re.MULTILINE)
_FOLD = re.compile(rb"\r?\n[ \t]")
_LIVES = count(1)


class Operation(StrEnum):
    """What a cycle asks of a collection, by the port's names: where an interruption can be put."""

    CHANGES = "changes"
    FETCH = "fetch"
    FIND_UID = "find_uid"
    CREATE = "create"
    REPLACE = "replace"
    REMOVE = "remove"


class Resource(NamedTuple):
    """A calendar object resource: its bytes, its ETag, and the revision of the collection that brought it."""

    body: bytes
    etag: str
    revision: int


class _Interruption(NamedTuple):
    action: Callable[[], object]
    carried_out: bool


class MemoryCollection:
    """One collection. `put`, `delete`, `vanish`, `recreate` are the provider's hand, or the server's own doing.

    ``rewrite`` is what the server makes of a body that syncd writes; ``rejects`` tells bodies that it refuses;
    ``read_only`` refuses syncd's writes; ``uid_once`` refuses a UID that another calendar of the account has;
    ``mails_itself`` lets syncd see that invitations are processed there; ``failing`` are hrefs that cannot be read,
    each with the error. ``writes`` lists what syncd wrote, as pairs of operation and href, so that a test can say that
    nothing was.
    """

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.name = name
        self.path = unquote(urlsplit(url).path)
        self.lock = RLock()
        self.rewrite: Callable[[bytes], bytes] | None = None
        self.rejects: Callable[[bytes], bool] | None = None
        self.read_only = False
        self.uid_once = False
        self.mails_itself = False
        self.failing: dict[str, RemoteError] = {}
        self.vanished = False
        self.writes: list[tuple[Operation, str]] = []
        self._interruptions: dict[Operation, deque[_Interruption]] = defaultdict(deque)
        self._start_life()

    def _start_life(self) -> None:
        self._life = next(_LIVES)
        self._resources: dict[str, Resource] = {}
        self._removed: dict[str, int] = {}
        self._revision = 0

    # The provider's hand

    def put(self, href: str, body: bytes) -> str:
        """Store a body there, whatever stands there, and return its ETag."""
        with self.lock:
            return self.store(href, body).etag

    def delete(self, href: str) -> None:
        """Delete what stands there. Raises KeyError when nothing does."""
        with self.lock:
            self.discard(href)

    def bodies(self) -> dict[str, bytes]:
        """Return what stands in the collection, by href."""
        with self.lock:
            return {href: resource.body for href, resource in self._resources.items()}

    def vanish(self) -> None:
        """Let the collection be gone, as after it was deleted or the account was closed."""
        with self.lock:
            self.vanished = True

    def recreate(self) -> None:
        """Make the collection anew at the same URL: empty, with another life of tokens."""
        with self.lock:
            self.vanished = False
            self._start_life()

    # Faults

    def interrupt(self, operation: Operation, action: Callable[[], object], *, carried_out: bool = False) -> None:
        """Call ``action`` once, around the next such operation of syncd: before it, or with ``carried_out`` after it.

        An action that edits plays the provider who is faster; one that raises plays a fault.
        """
        self._interruptions[operation].append(_Interruption(action, carried_out))

    def fail(self, operation: Operation, error: Exception, *, carried_out: bool = False) -> None:
        """Raise ``error`` once, instead of the next such operation, or after it: its answer was lost."""

        def raise_error() -> None:
            raise error

        self.interrupt(operation, raise_error, carried_out=carried_out)

    @contextmanager
    def operation(self, operation: Operation) -> Iterator[None]:
        """Enclose one operation of syncd: one at a time, with its interruption, refused when the collection is gone."""
        with self.lock:
            queue = self._interruptions[operation]
            interruption = queue.popleft() if queue else None
            if interruption and not interruption.carried_out:
                interruption.action()
            if self.vanished:
                raise CollectionGoneError(proven=True)
            yield
            if interruption and interruption.carried_out:
                interruption.action()

    # What syncd's side of the port is made of

    @property
    def cursor(self) -> str:
        """The token of this moment in this life of the collection."""
        return f"{self._life}.{self._revision}"

    def revision_of(self, cursor: str | None) -> int | None:
        """Return the revision that a cursor names, None when it is of another life."""
        life, _, revision = (cursor or "").partition(".")
        return int(revision) if life == str(self._life) else None

    def changed_since(self, revision: int) -> dict[str, str | None]:
        """Return hrefs and ETags of what came or changed after a revision."""
        return {href: found.etag for href, found in self._resources.items() if found.revision > revision}

    def removed_since(self, revision: int) -> frozenset[str]:
        """Return the hrefs of what went after a revision and has not come back."""
        return frozenset(href for href, removed in self._removed.items() if removed > revision)

    def get(self, href: str) -> Resource | None:
        """Return what stands there."""
        return self._resources.get(href)

    def with_uid(self, uid: str) -> list[str]:
        """Return the hrefs of the resources with that UID."""
        return [href for href, resource in self._resources.items() if _uid_of(resource.body) == uid]

    def refuse_uid_elsewhere(self, href: str, body: bytes, neighbours: "Sequence[MemoryCollection]" = ()) -> None:
        """Raise `UidConflictError` if another resource has the body's UID (RFC 4791 section 5.3.2.1).

        Raises `RejectedError` for a body that the collection does not take.
        """
        if self.rejects is not None and self.rejects(body):
            raise RejectedError
        uid = _uid_of(body)
        if uid is None:
            return
        others = [other for other in self.with_uid(uid) if other != href]
        if self.uid_once:
            others += [other for neighbour in neighbours for other in neighbour.with_uid(uid)]
        if others:
            raise UidConflictError(href=others[0])

    def expect(self, href: str, etag: str | None) -> None:
        """Raise `PreconditionFailedError` unless that version stands there, or with None anything does."""
        found = self._resources.get(href)
        if found is None or (etag is not None and found.etag != etag):
            raise PreconditionFailedError

    def store(self, href: str, body: bytes) -> Resource:
        """Store a body as a new revision."""
        self._revision += 1
        resource = Resource(body, f'"{self._life}-{self._revision}"', self._revision)
        self._resources[href] = resource
        self._removed.pop(href, None)
        return resource

    def discard(self, href: str) -> None:
        """Remove a resource as a new revision."""
        del self._resources[href]
        self._revision += 1
        self._removed[href] = self._revision


def _uid_of(body: bytes) -> str | None:
    found = _UID.search(_FOLD.sub(b"", body))
    return found[1].decode(errors="replace").strip() if found else None
