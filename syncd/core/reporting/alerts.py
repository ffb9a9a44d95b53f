"""What a person should act on: the condition, since when, its cause, and what to do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core.claims.holds import remedy_of
from syncd.core.events.findings import Severity
from syncd.core.sync.calendars import Calendar, CalendarState
from syncd.core.sync.drift import Drift
from syncd.core.wording import counted
from syncd.core.work import Load, Work, WorkKind


@dataclass(frozen=True, slots=True)
class Alert:
    """One condition. ``subject`` is the id of what it is about, or the kind of work. ``since`` None: not known."""

    code: str
    subject: str
    since: datetime | None
    cause: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    """How long things may take before somebody is told.

    ``look``: between two looks at a calendar. ``proof``: between two full comparisons of one. ``work``: past its time.
    """

    look: timedelta
    proof: timedelta
    work: timedelta


def of_drifts(shown: Iterable[Drift], in_all: int) -> Iterator[Alert]:
    """Yield an alert for each open drift that is shown, the gravest first; and one for all others, where there are."""
    told = sorted(shown, key=lambda drift: (drift.severity.rank, drift.detected_at))
    for drift in told:
        kinds = ", ".join(str(kind).replace("_", " ") for kind in drift.kinds)
        yield Alert(
            "drift_open",
            drift.id,
            drift.detected_at,
            f"An edit in a provider's calendar waits for a decision: {kinds}. {_ENDANGERED[drift.severity]}",
            f"Look at it with: syncd drift show {drift.id}. Then: syncd drift revert, accept or dismiss.",
        )
    if in_all > len(told):
        words = f"{counted(in_all - len(told), 'more edit')} in providers' calendars wait for a decision."
        yield Alert("drifts_open", "drifts", None, words, "See them with: syncd drift list --status open")


def of_meant(meant: Iterable[Drift]) -> Iterator[Alert]:
    """Yield an alert for each edit that was put back and that its provider stands by."""
    for drift in meant:
        kinds = ", ".join(str(kind).replace("_", " ") for kind in drift.kinds)
        yield Alert(
            "edit_meant",
            drift.id,
            drift.answered_at,
            f"A provider says that an edit which was put back was meant: {kinds}. {_ENDANGERED[drift.severity]}",
            remedy_of(drift),
        )


def of_calendar(calendar: Calendar, now: datetime, objectives: Objectives) -> Alert | None:
    """Return the alert about a calendar: it waits for a person, or was not looked at or compared for too long."""
    if calendar.state is CalendarState.PAUSED:
        return None  # a person's word
    if not calendar.state.is_worked:
        remedy = _REMEDIES.get(calendar.state, _LOOK_AND_RESUME).format(calendar.id)
        cause = calendar.last_error or f"The calendar is {calendar.state}, and nothing is done there."
        return Alert(f"calendar_{calendar.state}", calendar.id, calendar.last_synced_at, cause, remedy)
    looked, proven = calendar.last_synced_at, calendar.last_proven_equal_at
    if looked is not None and looked < now - objectives.look:
        cause = calendar.last_error or "Nobody has looked at this calendar for too long."
        return Alert("calendar_unproven", calendar.id, looked, cause, "Find what is wrong with: syncd check")
    if proven is not None and proven < now - objectives.proof:
        cause = "This calendar was not proven equal to the record for too long, though it is looked at."
        remedy = f"See what differs with: syncd reconcile --calendar {calendar.id} --dry-run"
        return Alert("calendar_unproven", calendar.id, proven, cause, remedy)
    return None


def of_mail(put_aside: int, load: Load, now: datetime, objectives: Objectives) -> Iterator[Alert]:
    """Yield alerts about mail that was put aside, and mail that should have left."""
    if put_aside:
        words = f"{counted(put_aside, 'message')} could not be sent and will not be tried again without a person."
        remedy = "See why with: syncd message list --status failed. Mend it, then: syncd message retry ID"
        yield Alert("messages_failed", "messages", None, words, remedy)
    if load.late_seconds >= objectives.work.total_seconds():
        words = f"Mail does not leave: {counted(load.late, 'message')} should have left."
        remedy = "Find what is wrong with: syncd check. See whether anybody works with: syncd workers"
        yield Alert("mail_late", "messages", now - timedelta(seconds=load.late_seconds), words, remedy)


def of_work(loads: Mapping[WorkKind, Load], now: datetime, objectives: Objectives) -> Iterator[Alert]:
    """Yield an alert for each kind of work that is late; mail has one of its own."""
    for kind, load in loads.items():
        if kind is not WorkKind.MESSAGE and load.late_seconds >= objectives.work.total_seconds():
            words = f"Work has waited too long: {load.late} of the kind {kind}."
            remedy = "See who works with: syncd workers. Where nobody does, start: syncd run"
            yield Alert("work_late", str(kind), now - timedelta(seconds=load.late_seconds), words, remedy)


def of_failing(failing: Iterable[Work]) -> Iterator[Alert]:
    """Yield an alert for each unit of work that failed at its last try; calendars and messages have their own."""
    for work in failing:
        if work.kind not in {WorkKind.CALENDAR, WorkKind.MESSAGE}:
            words = f"The {work.kind.label} {work.subject} failed: {work.last_error}"
            since = work.last_success_at or work.last_tried_at
            yield Alert("work_failing", work.subject, since, words, "Mend the cause; it is tried again by itself.")


_ENDANGERED = {
    Severity.CLAIM_DATE: "The claim's date of service is at stake.",
    Severity.TIME: "The session's time is at stake.",
    Severity.PRESENCE: "Whether the session takes place is at stake.",
    Severity.CONTENT: "Neither time nor date is at stake.",
}
_LOOK_AND_RESUME = (
    "See what differs with: syncd reconcile --calendar {0} --dry-run. Then let it go on with: syncd calendar resume {0}"
)
_REMEDIES = {
    CalendarState.LOGIN_REFUSED: "Give the account's new password with: syncd calendar resume {0} --password-stdin",
    CalendarState.READ_ONLY: "Give the account the right to write there, then: syncd calendar resume {0}",
    CalendarState.PARTIAL_ANSWER: "It is looked at again by itself. If it lasts, try the server with: syncd check",
}
