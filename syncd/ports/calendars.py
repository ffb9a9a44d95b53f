"""The port to a remote calendar: what syncd asks of a CalDAV server, and the errors that mean something.

The error's type says what to do: try the calendar again later (`UnavailableError`, `RateLimitedError`), ask a person
(`LoginRefusedError`, `ForbiddenError`, `CollectionGoneError`), or observe and decide this resource anew
(`PreconditionFailedError`, `UidConflictError`). Only reads are ever retried blindly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from syncd.core.calendars import Calendar, Capabilities
from syncd.core.errors import SyncdError


class RemoteError(SyncdError):
    """The calendar's server did not do what was asked."""

    code = "remote_failed"


class UnavailableError(RemoteError):
    """The server cannot be reached, or answers with an error of its own. Nothing is known of what it holds.

    ``details["status"]`` is the answer's status, where there was one: a server that answers may do so for others.
    """

    code = "unreachable"


class RateLimitedError(UnavailableError):
    """The server asks for a pause; ``details["retry_after"]`` says how many seconds (None: it did not say)."""

    code = "rate_limited"


class LoginRefusedError(RemoteError):
    """The server refused the login."""

    code = "login_refused"


class ForbiddenError(RemoteError):
    """The account may not do that in this calendar."""

    code = "forbidden"


class CollectionGoneError(RemoteError):
    """There is no calendar at this address any more."""

    code = "vanished"


class NotACalendarError(RemoteError):
    """The address leads to no CalDAV calendar."""

    code = "not_a_calendar"


class PreconditionFailedError(RemoteError):
    """The resource is not what it was when we last looked (RFC 9110 section 15.5.13)."""

    code = "precondition_failed"


class UidConflictError(RemoteError):
    """The account holds that event in another place (RFC 4791 section 5.3.2.1).

    ``details["href"]`` says where, if the server told; some servers allow a UID once in all calendars of an account.
    """

    code = "uid_conflict"

    def __init__(self, href: str | None = None, **details: Any) -> None:
        """Take where the event stands, if that is known."""
        super().__init__(
            f"The account holds this event at {href or 'another place, perhaps in another calendar'}: it was moved or "
            "copied there. Delete it there, and the next cycle publishes it again.",
            href=href,
            **details,
        )


class TooLargeError(RemoteError):
    """The server takes no body of that size."""

    code = "too_large"


class RejectedError(RemoteError):
    """The server will not store this body, now or later."""

    code = "rejected"


class PartialAnswerError(RemoteError):
    """The answer is incomplete: fewer resources than were asked for, or a list cut short. Nothing follows from it."""

    code = "partial_answer"


@dataclass(frozen=True, slots=True)
class Account:
    """An address and a login. ``secret`` is a password or, with ``bearer``, a token; it is never logged."""

    url: str
    username: str
    secret: str = field(repr=False)
    bearer: bool = False


@dataclass(frozen=True, slots=True)
class Discovered:
    """A collection that was found or made: its absolute URL, display name and what its server was seen to do."""

    url: str
    name: str
    capabilities: Capabilities
    created: bool = False


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


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server's answer to a write. ``stored`` is what stands there, where it was read back; else as sent.

    ``etag`` None: the server gave none and reading back did not help.
    """

    href: str
    etag: str | None
    schedule_tag: str | None = None
    stored: bytes | None = field(default=None, repr=False)


class Remote(Protocol):
    """One remote collection, open for one cycle. Every method may raise any `RemoteError`.

    Hrefs are absolute paths, decoded (``/user/cal/x.ics``), so that two spellings of one href are equal.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What the server has been seen to do so far, this cycle's observations included."""
        ...

    @property
    def requests(self) -> int:
        """How many requests this cycle has made so far."""
        ...

    def changes(self, cursor: str | None) -> Changes:
        """Return what changed since ``cursor``.

        The whole collection when it is None or no longer known. Idle: one request.
        """
        ...

    def distrust_changes(self) -> None:
        """Remember that the server does not tell all changes: from now on `changes` lists what there is."""
        ...

    def fetch(self, hrefs: Sequence[str]) -> Mapping[str, Stored]:
        """Return the resources at ``hrefs``.

        One that is left out was proved absent, by a second request for it alone. One that the account may not see has
        an empty body.
        """
        ...

    def find_uid(self, uid: str) -> Sequence[str]:
        """Return the hrefs of the collection's resources with that UID."""
        ...

    def href_for(self, name: str) -> str:
        """Return the href that a resource called ``name`` (plain ASCII, ending in ``.ics``) has in this collection."""
        ...

    def create(self, href: str, body: bytes) -> Receipt:
        """PUT with ``If-None-Match: *``. Raises `PreconditionFailedError` if something stands there already."""
        ...

    def replace(self, href: str, body: bytes, etag: str | None, schedule_tag: str | None = None) -> Receipt:
        """PUT with ``If-Match``. Raises `PreconditionFailedError` if it is absent or not what ``etag`` says.

        Without an etag the resource is read first and its etag of that moment used.
        """
        ...

    def remove(self, href: str, etag: str | None) -> None:
        """DELETE with ``If-Match``. Being absent already is success; `PreconditionFailedError` if it has changed."""
        ...

    def close(self) -> None:
        """Release what the cycle needed (connections stay pooled)."""
        ...


class CalendarServers(Protocol):
    """Finds and opens remote collections."""

    def discover(self, account: Account, name: str | None) -> Discovered:
        """Find the collection that ``account.url`` leads to: a collection itself, or ``name`` under a principal or
        root.

        Creates ``name`` there if it is absent. RFC 6764 and RFC 4791 discovery. Raises `NotACalendarError` where
        nothing
        is found.
        """
        ...

    def open(self, calendar: Calendar, account: Account) -> Remote:
        """Open a known collection with what is remembered of its server. Makes no request."""
        ...
