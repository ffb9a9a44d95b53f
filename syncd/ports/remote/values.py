"""What goes to and comes from a remote calendar."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from syncd.core.sync.calendars import Capabilities
from syncd.ports.remote.errors import RemoteError


@dataclass(frozen=True, slots=True)
class Account:
    """An address and a login. ``secret`` is a password or, with ``bearer``, a token; it is never logged.

    ``plain_http``: a person has allowed that the secret goes over plain HTTP to another machine. ``inside``: whoever
    runs the machine gave the address, so that it may lead into a private network.
    """

    url: str
    username: str
    secret: str = field(repr=False)
    bearer: bool = False
    plain_http: bool = False
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Discovered:
    """A collection that was found or made: its absolute URL, display name and what its server was seen to do."""

    url: str
    name: str
    capabilities: Capabilities
    created: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar of an account: may it be written, is it the account's own? None: the server does not say."""

    url: str
    name: str
    writable: bool | None = None
    own: bool | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a cursor.

    ``complete``: ``present`` is the whole collection (hrefs to etags, None where the server gave none that proves
    anything), so what is not in it is absent; otherwise ``present`` holds what was added or changed, and ``removed``
    what is said to be gone.
    ``cursor_lost``: the server no longer knew the cursor, or the collection restarted. Hrefs are decoded paths.
    """

    present: Mapping[str, str | None]
    removed: frozenset[str]
    cursor: str | None
    complete: bool
    cursor_lost: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource as it stands on the server now; ``body`` is the bytes as they came, whatever they are."""

    href: str
    etag: str | None
    body: bytes = field(repr=False)
    schedule_tag: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fetched(Mapping[str, Stored]):
    """What a fetch found, by href; one that is in neither mapping was proved absent.

    ``failed``: of these nothing is known, since the server would not answer for them, each with why.
    """

    found: Mapping[str, Stored] = field(default_factory=dict)
    failed: Mapping[str, RemoteError] = field(default_factory=dict)

    def __getitem__(self, href: str) -> Stored:
        return self.found[href]

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server's answer to a write. ``stored`` is what stands there, where it was read back; else as sent.

    ``etag`` None: the server gave none and reading back did not help.
    """

    href: str
    etag: str | None
    schedule_tag: str | None = None
    stored: bytes | None = field(default=None, repr=False)
