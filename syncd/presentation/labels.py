"""The words for states and kinds that people read: one label each, the same in badge, list, filter and report."""

from typing import NamedTuple

from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import HoldCode
from syncd.core.events.findings import Kind, Severity
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.sync.calendars import CalendarMode, CalendarState, Privacy
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.lists import CalendarStanding


class Label(NamedTuple):
    """What stands in a badge, and its tone: bad, warn, good, info, gone or plain. The text alone says it all."""

    text: str
    tone: str = "plain"


KINDS: dict[Kind, str] = {
    Kind.MOVED: "Moved to another time",
    Kind.RESIZED: "Made longer or shorter",
    Kind.DELETED: "Deleted",
    Kind.CANCELLED: "Marked as cancelled",
    Kind.TITLE: "Title changed",
    Kind.LOCATION: "Place changed",
    Kind.DESCRIPTION: "Text changed",
    Kind.RECURRENCE: "Repetition changed",
    Kind.INSTANCE_MOVED: "One session moved",
    Kind.INSTANCE_RESIZED: "One session made longer or shorter",
    Kind.INSTANCE_DELETED: "One session deleted",
    Kind.ALL_DAY: "Made an all-day event",
    Kind.TIMEZONE_SHIFT: "Other time zone, so another time",
    Kind.ATTENDEES: "People changed",
    Kind.SPLIT: "Series cut in two",
    Kind.DUPLICATE: "Copied",
    Kind.DECLINED: "Declined",
    Kind.COUNTERED: "Another time proposed",
    Kind.UNREADABLE: "Cannot be read",
}

SEVERITIES: dict[Severity, Label] = {
    Severity.CLAIM_DATE: Label("Claim date", "bad"),
    Severity.TIME: Label("Time", "warn"),
    Severity.PRESENCE: Label("Gone", "gone"),
    Severity.CONTENT: Label("Words"),
}

SEVERITY_MEANS: dict[Severity, str] = {
    Severity.CLAIM_DATE: "The claim would carry another date of service.",
    Severity.TIME: "Another time or length on the same day.",
    Severity.PRESENCE: "It is not in the calendar as a session any more.",
    Severity.CONTENT: "Text, place or people only.",
}

DRIFTS: dict[DriftStatus, Label] = {
    DriftStatus.OPEN: Label("Waits for a decision", "warn"),
    DriftStatus.REVERTED: Label("Put back", "good"),
    DriftStatus.ACCEPTED: Label("Taken over", "info"),
    DriftStatus.DISMISSED: Label("Left as written"),
    DriftStatus.IGNORED: Label("Left as written by rule"),
    DriftStatus.SUPERSEDED: Label("Replaced by a later edit"),
}

CLAIMS: dict[ClaimStatus, Label] = {
    ClaimStatus.PENDING: Label("Session not over"),
    ClaimStatus.HELD: Label("Held", "warn"),
    ClaimStatus.CLEAR: Label("Free to file", "good"),
    ClaimStatus.FILED: Label("Filed", "info"),
    ClaimStatus.VOID: Label("Void"),
}

HOLDS: dict[HoldCode, str] = {
    HoldCode.CANCELLED: "Cancelled: nothing took place",
    HoldCode.NO_SHOW: "The client did not come",
    HoldCode.INSTANCE_GONE: "The series no longer has this session",
    HoldCode.NOT_OVER: "The session is not over",
    HoldCode.OPEN_DRIFT: "An edit of it waits for a decision",
    HoldCode.ATTESTED_OTHERWISE: "Another date was attested than the record has",
    HoldCode.UNEXPLAINED_EDIT: "It was edited and put back; it may have taken place at another time",
    HoldCode.NOT_OBSERVED: "Its calendar has not been looked at since the session",
    HoldCode.CALENDAR_GONE: "Its calendar is watched no longer",
}

BY_ITSELF = frozenset({HoldCode.NOT_OVER, HoldCode.NOT_OBSERVED})
"""Holds that lift themselves, by the session's end and a look at the calendar after it."""

STATES: dict[CalendarState, Label] = {
    CalendarState.NEW: Label("Not looked at yet"),
    CalendarState.OK: Label("Connected", "good"),
    CalendarState.UNREACHABLE: Label("Cannot be reached", "warn"),
    CalendarState.PAUSED: Label("Paused"),
    CalendarState.LOGIN_REFUSED: Label("Stopped: password refused", "bad"),
    CalendarState.READ_ONLY: Label("Stopped: may not write", "bad"),
    CalendarState.VANISHED: Label("Stopped: calendar is gone", "bad"),
    CalendarState.EMPTIED: Label("Stopped: all events gone at once", "bad"),
    CalendarState.RECREATED: Label("Stopped: calendar was made anew", "bad"),
    CalendarState.MASS_CHANGE: Label("Stopped: much changed at once", "bad"),
    CalendarState.PARTIAL_ANSWER: Label("Stopped: answers are incomplete", "bad"),
    CalendarState.RESTORED: Label("Stopped: put back from a copy", "bad"),
}

STATE_MEANS: dict[CalendarState, tuple[str, str]] = {
    CalendarState.NEW: ("It was just connected.", "Nothing to do: the first look comes by itself."),
    CalendarState.OK: ("It is looked at and written.", "Nothing to do."),
    CalendarState.UNREACHABLE: (
        "Its server does not answer.",
        "Nothing to do: syncd tries again by itself, less often each time.",
    ),
    CalendarState.PAUSED: (
        "Somebody paused it: nothing is read there and nothing written.",
        "Let it go on when the reason is over.",
    ),
    CalendarState.LOGIN_REFUSED: (
        "Its server refuses our login.",
        "Ask the provider for the new password and give it here.",
    ),
    CalendarState.READ_ONLY: (
        "Its server does not let us write.",
        "Ask the provider to let us write there, then let it go on.",
    ),
    CalendarState.VANISHED: (
        "The calendar is not there any more.",
        "Ask the provider. If it was deleted, connect another one; if it is there again, let it go on.",
    ),
    CalendarState.EMPTIED: (
        "Every event was gone at once. That is seldom what a provider means.",
        "Ask the provider, then choose below what becomes of the events.",
    ),
    CalendarState.RECREATED: (
        "It is another calendar at the same address.",
        "Ask the provider, then choose below what becomes of the events.",
    ),
    CalendarState.MASS_CHANGE: (
        "More was changed at once than people change by hand.",
        "Look at what differs, then choose below what becomes of it.",
    ),
    CalendarState.PARTIAL_ANSWER: (
        "Its server leaves out events that it had before.",
        "Nothing is taken for deleted. It goes on by itself once the answers are whole.",
    ),
    CalendarState.RESTORED: (
        "syncd's own record was put back from a copy, and this calendar is ahead of it.",
        "Look at what differs, then choose below what becomes of it.",
    ),
}
"""For each state why it is so, and what a person does about it."""

MODES: dict[CalendarMode, Label] = {
    CalendarMode.NORMAL: Label("Normal"),
    CalendarMode.REPORT_ONLY: Label("Report only", "info"),
    CalendarMode.LOCKED: Label("Locked"),
}

MODE_MEANS: dict[CalendarMode, str] = {
    CalendarMode.NORMAL: "Sessions are written there. Edits are noticed, and put back or put before a person by rule.",
    CalendarMode.REPORT_ONLY: "Everything there is seen and put on record, and nothing is written: no session appears, "
    "no edit is put back, and claims stay held.",
    CalendarMode.LOCKED: "As normal, in a calendar of the practice's own account that the provider can only read.",
}

PRIVACIES: dict[Privacy, str] = {
    Privacy.BUSY: "“Busy”, nothing else",
    Privacy.REFERENCE: "A reference that the practice can look up",
    Privacy.INITIALS: "The client's initials",
    Privacy.NAME: "The client's full name",
}
"""What an event's title tells of the client."""

APPOINTMENTS: dict[AppointmentStatus, Label] = {
    AppointmentStatus.BOOKED: Label("Booked", "info"),
    AppointmentStatus.CANCELLED: Label("Cancelled"),
    AppointmentStatus.COMPLETED: Label("Took place", "good"),
    AppointmentStatus.NO_SHOW: Label("Client did not come", "warn"),
}

MESSAGES: dict[MessageStatus, Label] = {
    MessageStatus.QUEUED: Label("On its way", "info"),
    MessageStatus.SENT: Label("Sent", "good"),
    MessageStatus.FAILED: Label("Not delivered", "bad"),
    MessageStatus.MERGED: Label("Not needed: a later mail says it"),
}

MAILS: dict[str, str] = {
    "booked": "New appointment",
    "rescheduled": "New time",
    "cancelled": "Cancellation",
    "ended": "Series ended, goes on as another",
    "reverted": "Edit was put back",
    "put_back": "Edits were put back",
    "invited": "Invitation",
    "uninvited": "Invitation taken back",
}

WITHOUT_A_NAME = {"policy": "by rule", "claim-audit": "syncd, after a look at the calendar", "digest": "syncd"}


def actor(name: str | None) -> str:
    """Return who did something as people read it: a part of syncd by what it is."""
    if not name:
        return "not known"
    return WITHOUT_A_NAME.get(name, name.removeprefix("cli:"))


STANDINGS: dict[CalendarStanding, Label] = {
    CalendarStanding.STOPPED: Label("Stopped", "bad"),
    CalendarStanding.PAUSED: Label("Paused"),
    CalendarStanding.UNREACHABLE: Label("Cannot be reached", "warn"),
    CalendarStanding.EDITED: Label("Edited", "warn"),
    CalendarStanding.UNPROVEN: Label("Unproven"),
    CalendarStanding.AGREES: Label("Agrees", "good"),
}

STANDING_MEANS: dict[CalendarStanding, str] = {
    CalendarStanding.STOPPED: "It waits for a person.",
    CalendarStanding.PAUSED: "A person paused it.",
    CalendarStanding.UNREACHABLE: "Its server does not answer; syncd tries again by itself.",
    CalendarStanding.EDITED: "An edit in it waits for a decision.",
    CalendarStanding.UNPROVEN: "No full comparison has found it right lately. The next one comes by itself.",
    CalendarStanding.AGREES: "Every published event was compared and found right.",
}
