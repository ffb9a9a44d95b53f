"""Why an appointment is cancelled: the practice's list of reasons, and those that syncd itself gives."""

from collections.abc import Iterable
from dataclasses import dataclass

from syncd.core.errors import ReasonError


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason that may be chosen. ``clients_doing``: a late cancellation for it may cost the client a fee.

    ``note_required``: the label alone explains nothing. ``offers_reschedule``: the notice to the client has the link to
    book another time.
    """

    code: str
    label: str
    note_required: bool = False
    offers_reschedule: bool = True
    clients_doing: bool = False


DEFAULT_REASONS = (
    Reason(code="provider_unavailable", label="The provider is not available"),
    Reason(code="provider_ill", label="The provider is ill"),
    Reason(code="emergency", label="An emergency"),
    Reason(code="client_request", label="The client asked for it", clients_doing=True),
    Reason(code="client_ill", label="The client is ill", clients_doing=True),
    Reason(code="insurance", label="A matter of insurance or payment"),
    Reason(code="care_ended", label="Care has ended or goes on elsewhere", offers_reschedule=False),
    Reason(code="booked_in_error", label="Booked in error", offers_reschedule=False),
    Reason(code="other", label="Other", note_required=True),
)

CALENDAR_EDIT = Reason(code="calendar_edit", label="The provider changed it in their calendar")
"""Given when a provider's edit is accepted."""

NO_ROOM = Reason(code="no_room", label="The provider has another appointment at that time")
"""Given when a series, as it is extended, meets an appointment that stands already."""

CLIENT_BUSY = Reason(code="client_busy", label="The client has another appointment at that time")
"""Given when a series, as it is extended, would have its client in two places at once."""

OWN_REASONS = (CALENDAR_EDIT, NO_ROOM, CLIENT_BUSY)
"""Those that syncd gives itself, whatever a practice has configured."""


def chosen_reason(reasons: Iterable[Reason], code: str, note: str) -> Reason:
    """Return the reason called ``code``. Raises `ReasonError` when there is none, or when it lacks its note."""
    offered = {reason.code: reason for reason in reasons}
    reason = {**{own.code: own for own in OWN_REASONS}, **offered}.get(code)
    if reason is None:
        choices = list(offered)
        raise ReasonError(
            f"Unknown reason {code!r}. Choose one of: {', '.join(choices)}.", reason=code, choices=choices
        )
    if reason.note_required and not note.strip():
        raise ReasonError(f"The reason {code!r} ({reason.label}) needs a note that explains it.", reason=code)
    return reason
