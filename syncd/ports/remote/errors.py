"""What a calendar's server can refuse or fail to do, as errors whose type says what to do.

Try the calendar again later (`UnavailableError`, `RateLimitedError`), ask a person (`LoginRefusedError`,
`ForbiddenError`, `CollectionGoneError`), or observe and decide this resource anew (`PreconditionFailedError`,
`UidConflictError`). Only reads are ever retried blindly.
"""

from typing import Any

from syncd.core.errors import SyncdError


class RemoteError(SyncdError):
    """The calendar's server did not do what was asked."""

    code = "remote_failed"


class UnavailableError(RemoteError):
    """The server cannot be reached, or answers with an error of its own. Nothing is known of what it holds.

    ``details["status"]`` is the answer's status, where there was one: a server that answers may do so for others.
    """

    code = "unreachable"


class NotTrustedError(UnavailableError):
    """The server shows a certificate that is not trusted, so nothing was sent to it."""


class AddressRefusedError(UnavailableError):
    """The address leads where none that is entered may lead, such as into a private network."""

    code = "forbidden_address"


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
    """There is no calendar at this address any more.

    ``details["proven"]``: the account's list of its calendars was read and does not name it; else it may be a glitch.
    """

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


class AmbiguousCalendarError(NotACalendarError):
    """Several calendars of the account answer to that name: connect one of them by its own address.

    ``details["choices"]`` lists them: for each its ``url``, ``name``, and whether it is ``writable`` and ``own``.
    """

    code = "ambiguous_calendar"


class PartialAnswerError(RemoteError):
    """The answer is incomplete: fewer resources than were asked for, or a list cut short. Nothing follows from it."""

    code = "partial_answer"
