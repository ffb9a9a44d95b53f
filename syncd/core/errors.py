"""The one root of syncd's errors, and the refusals that the rules of the core raise."""

from collections.abc import Mapping
from typing import Any, ClassVar


class SyncdError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "failed"
    """The word for scripts: stands in JSON as ``error.code`` and never changes once released."""

    def __init__(self, message: str | None = None, **details: Any) -> None:
        """Take the sentence for a person (default: the class's docstring) and facts for a program."""
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])
        self.details: Mapping[str, Any] = details

    @property
    def message(self) -> str:
        """One sentence or two: what is wrong and how to mend it. Holds no secret and no client's name."""
        return str(self.args[0])


class RefusalError(SyncdError):
    """The request breaks a rule; nothing was changed."""

    code = "refused"


class NotFoundError(RefusalError):
    """There is nothing by that reference."""

    code = "not_found"


class AlreadyExistsError(RefusalError):
    """There is one by that name already."""

    code = "already_exists"


class UnknownTimezoneError(RefusalError):
    """That is no zone of the IANA time zone database."""

    code = "unknown_timezone"


class NonexistentTimeError(RefusalError):
    """The clocks jump over that local time."""

    code = "nonexistent_time"


class AmbiguousTimeError(RefusalError):
    """That local time occurs twice."""

    code = "ambiguous_time"


class InvalidRuleError(RefusalError):
    """That is no recurrence rule (RFC 5545 section 3.3.10) that a series of appointments can follow."""

    code = "invalid_rule"


class UnreadableFileError(RefusalError):
    """That file cannot be read as what it is given for."""

    code = "unreadable_file"


class InvalidValueError(RefusalError):
    """A value is out of its range."""

    code = "invalid_value"


class OverlapError(RefusalError):
    """The provider has another appointment at that time."""

    code = "overlap"


class ClientOverlapError(OverlapError):
    """The client has another appointment, with another provider, at that time."""

    code = "client_overlap"


class InactiveError(RefusalError):
    """That provider or client is deactivated."""

    code = "inactive"


class HasAppointmentsError(RefusalError):
    """There are appointments to come."""

    code = "has_appointments"


class PastStartError(RefusalError):
    """That start is in the past."""

    code = "past_start"


class AppointmentStateError(RefusalError):
    """The appointment's state does not allow that."""

    code = "wrong_state"


class AlreadyBilledError(RefusalError):
    """The claim of that appointment is filed: a corrected claim is needed."""

    code = "already_billed"


class LateNoticeError(RefusalError):
    """It is too late for the client to change that appointment; the provider can."""

    code = "late_notice"


class ReasonError(RefusalError):
    """A cancellation needs one of the configured reasons, and a note where the reason demands one."""

    code = "invalid_reason"


class ConflictError(RefusalError):
    """Somebody else changed it at the same moment; look again, then repeat what still makes sense."""

    code = "conflict"


class StaleDriftError(RefusalError):
    """The calendar has changed since this drift was recorded; decide on the new facts."""

    code = "stale_drift"


class DecisionError(RefusalError):
    """That decision cannot be taken on this drift."""

    code = "wrong_decision"
