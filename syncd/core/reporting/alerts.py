"""What a person should act on: the condition, since when, its cause, and what to do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from syncd.core.claims.holds import remedy_of
from syncd.core.events.findings import Severity
from syncd.core.messaging.outbox import Message
from syncd.core.reporting.notices import Notice
from syncd.core.sync.calendars import Calendar, CalendarState
from syncd.core.sync.drift import Drift
from syncd.core.wording import counted
from syncd.core.work import Load, Work, WorkKind


class Urgency(StrEnum):
    """How much an alert matters. ``critical``: a claim's date is at stake, or nothing works at all."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"

    @property
    def rank(self) -> int:
        """Where it stands among all, 0 for the gravest."""
        return list(Urgency).index(self)


@dataclass(frozen=True, slots=True)
class Alert:
    """One condition. ``subject`` is the id of what it is about, or a word. ``since`` None: not known.

    ``place`` is where the console shows it, as the path of an address; empty: on its first page.
    """

    code: str
    subject: str
    since: datetime | None
    cause: str
    remedy: str
    severity: Urgency = Urgency.WARNING
    place: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """What it is known by while it lasts."""
        return self.code, self.subject

    @property
    def is_decision(self) -> bool:
        """Tell whether it only waits for a person's word: nothing is out of order then."""
        return self.code in _DECISIONS


DRIFT_OPEN, DRIFTS_OPEN = "drift_open", "drifts_open"
EDIT_MEANT = "edit_meant"
CLAIMS_HELD = "claims_held"
TEST = "test"
"""The code of what is sent to see whether it arrives."""

_DECISIONS = {DRIFT_OPEN, DRIFTS_OPEN, EDIT_MEANT, CLAIMS_HELD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    """How long things may take, and how little there may be left, before somebody is told.

    ``look``: between two looks at a calendar. ``proof``: how old a proof of equality may grow where a calendar has no
    objective of its own. ``work``: past its time. ``mail``: until a message leaves. ``claims``: for which one is held
    after its session. ``certificate``: before one expires. ``backup``: since the last one, None where somebody else
    sees to it. ``free_share``: of a disk.
    """

    look: timedelta
    proof: timedelta
    work: timedelta
    mail: timedelta = timedelta(minutes=15)
    claims: timedelta = timedelta(days=7)
    certificate: timedelta = timedelta(days=14)
    backup: timedelta | None = timedelta(days=3)
    free_share: float = 0.05

    def proof_of(self, calendar: Calendar) -> timedelta:
        """Return how old the proof of that calendar's equality may grow."""
        return calendar.objective or self.proof


def of_drifts(shown: Iterable[Drift], in_all: int) -> Iterator[Alert]:
    """Yield an alert for each open drift that is shown, the gravest first; and one for all others, where there are."""
    told = sorted(shown, key=lambda drift: (drift.severity.rank, drift.detected_at))
    for drift in told:
        kinds = ", ".join(str(kind).replace("_", " ") for kind in drift.kinds)
        yield Alert(
            DRIFT_OPEN,
            drift.id,
            drift.detected_at,
            f"{_what(drift)} waits for a decision: {kinds}. {_ENDANGERED[drift.severity]}",
            f"Look at it with: syncd drift show {drift.id}. Then: syncd drift revert, accept or dismiss.",
            _URGENCIES[drift.severity],
            f"/drifts/{drift.id}",
        )
    if in_all > len(told):
        words = f"{counted(in_all - len(told), 'more edit')} in providers' calendars wait for a decision."
        remedy = "See them with: syncd drift list --status open"
        yield Alert(DRIFTS_OPEN, "drifts", None, words, remedy, place="/drifts?status=open")


def _what(drift: Drift) -> str:
    return "A provider's answer by mail" if drift.by_mail else "An edit in a provider's calendar"


def of_meant(meant: Iterable[Drift]) -> Iterator[Alert]:
    """Yield an alert for each edit that was put back and that its provider stands by."""
    for drift in meant:
        kinds = ", ".join(str(kind).replace("_", " ") for kind in drift.kinds)
        yield Alert(
            EDIT_MEANT,
            drift.id,
            drift.answered_at,
            f"A provider says that an edit which was put back was meant: {kinds}. {_ENDANGERED[drift.severity]}",
            remedy_of(drift),
            _URGENCIES[drift.severity],
            f"/drifts/{drift.id}",
        )


def of_calendar(calendar: Calendar, now: datetime, objectives: Objectives) -> Alert | None:
    """Return the alert about a calendar: it waits for a person, or was not looked at or compared for too long.

    That one differs in which nothing is written is a person's word, and no alert; the edits found there are.
    """
    if calendar.state is CalendarState.PAUSED:
        return None  # a person's word
    place = f"/calendars/{calendar.id}"
    if not calendar.state.is_worked:
        remedy = _REMEDIES.get(calendar.state, _LOOK_AND_RESUME).format(calendar.id)
        cause = calendar.last_error or f"The calendar is {calendar.state}, and nothing is done there."
        since = calendar.last_synced_at
        return Alert(f"calendar_{calendar.state}", calendar.id, since, cause, remedy, place=place)
    looked, proven = calendar.last_synced_at, calendar.last_proven_equal_at
    if looked is not None and looked < now - objectives.look:
        cause = calendar.last_error or "Nobody has looked at this calendar for too long."
        return Alert(UNPROVEN, calendar.id, looked, cause, _CHECK, place=place)
    if proven is not None and proven < now - objectives.proof_of(calendar) and calendar.mode.writes:
        cause = "This calendar was not proven equal to the record for too long, though it is looked at."
        remedy = f"See what differs with: syncd reconcile --calendar {calendar.id} --dry-run"
        return Alert(UNPROVEN, calendar.id, proven, cause, remedy, place=place)
    return None


def of_failing_cycles(failing: Iterable[Work], told: Iterable[Alert]) -> Iterator[Alert]:
    """Yield an alert for each calendar whose cycles keep failing, but for those of which another tells already.

    One that was never once looked at has no time from which on to count: its failed attempts in a row tell.
    """
    known = {alert.subject for alert in told}
    for work in failing:
        if work.kind is WorkKind.CALENDAR and work.attempts >= LASTING and work.subject not in known:
            words = f"The calendar's cycle failed {work.attempts} times in a row: {work.last_error}"
            yield Alert(UNPROVEN, work.subject, work.last_success_at, words, _CHECK, place=f"/calendars/{work.subject}")


def of_mail(
    put_aside: int,
    load: Load,
    now: datetime,
    objectives: Objectives,
    waiting: Message | None = None,
    why: Work | None = None,
) -> Iterator[Alert]:
    """Yield alerts about mail that was put aside, and mail that should have left.

    ``waiting`` is the message that has waited longest, ``why`` how its last delivery failed, if it did.
    """
    if put_aside:
        words = f"{counted(put_aside, 'message')} could not be sent and will not be tried again without a person."
        remedy = "See why with: syncd message list --status failed. Mend it, then: syncd message retry ID"
        yield Alert("messages_failed", "messages", None, words, remedy, place="/messages?status=failed")
    late_since = now - timedelta(seconds=load.late_seconds) if load.late_seconds else now
    since = min(late_since, waiting.created_at) if waiting else late_since
    if since <= now - objectives.mail:
        words = _why_mail_waits(load, why)
        remedy = "Find what is wrong with: syncd check. See whether anybody works with: syncd workers"
        yield Alert("mail_late", "messages", since, words, remedy, place="/messages?status=queued")


def _why_mail_waits(load: Load, why: Work | None) -> str:
    """Say why; what a server said about one message may quote a person, and stays in the list of messages."""
    if why is None or why.last_error_code is None:
        return f"Mail does not leave: {counted(max(load.late, 1), 'message')} should have left."
    if why.last_error_code in _ABOUT_THE_TRANSPORT:
        return f"Mail does not leave. {why.last_error}"
    return "A message is refused for now, again and again. See why with: syncd message list --status queued"


def of_addresses(bounced: Iterable[tuple[str, datetime, str, str]]) -> Iterator[Alert]:
    """Yield an alert for each address at which mail fails: the address, since when, the status, and which message."""
    for _address, at, status, message_id in bounced:
        words = f"A mail came back: it cannot be delivered ({status or 'no status was given'}). It was {message_id}."
        remedy = (
            "See to whom with: syncd message list --status failed. Correct the address, then: syncd message retry ID"
        )
        yield Alert("address_bounces", message_id, at, words, remedy, place="/messages?status=failed")


def of_claims(held: int, oldest: date | None, objectives: Objectives) -> Iterator[Alert]:
    """Yield an alert where claims are held for longer than is good; ``held`` counts these."""
    if held and oldest is not None:
        words = f"{counted(held, 'claim')} held for more than {objectives.claims.days} days after the session."
        remedy = "See what holds each, and what lifts it, with: syncd claim list --status held"
        since = datetime.combine(oldest, time.min, UTC)
        yield Alert(CLAIMS_HELD, "claims", since, words, remedy, place="/claims?status=held")


def of_work(loads: Mapping[WorkKind, Load], now: datetime, objectives: Objectives) -> Iterator[Alert]:
    """Yield an alert for each kind of work that is late; mail has one of its own."""
    for kind, load in loads.items():
        if kind is not WorkKind.MESSAGE and load.late_seconds >= objectives.work.total_seconds():
            words = f"Work has waited too long: {load.late} of the kind {kind}."
            remedy = "See who works with: syncd workers. Where nobody does, start: syncd run"
            since = now - timedelta(seconds=load.late_seconds)
            yield Alert("work_late", str(kind), since, words, remedy, Urgency.CRITICAL)


def of_failing(failing: Iterable[Work]) -> Iterator[Alert]:
    """Yield an alert for each unit of work that failed at its last try; some kinds have alerts of their own."""
    for work in failing:
        if work.kind not in _TOLD_OTHERWISE or (work.kind is WorkKind.NOTICE and work.last_error_code == _UNFORESEEN):
            words = f"The {work.kind.label} {work.subject} failed: {work.last_error}"
            since = work.last_success_at or work.last_tried_at
            yield Alert("work_failing", work.subject, since, words, "Mend the cause; it is tried again by itself.")


def of_notices(undelivered: Iterable[Notice]) -> Iterator[Alert]:
    """Yield an alert for each address at which alerts do not arrive, once that is no glitch."""
    for notice in undelivered:
        words = f"Alerts do not reach {notice.where}: {notice.last_error}"
        remedy = "Mend it, then try it with: syncd alerts test"
        yield Alert("alerts_undelivered", notice.recipient or str(notice.channel), notice.created_at, words, remedy)


def gravest_first(alerts: Iterable[Alert]) -> Sequence[Alert]:
    """Return alerts by severity; of one severity as they come."""
    return sorted(alerts, key=lambda alert: alert.severity.rank)


UNPROVEN = "calendar_unproven"
LASTING = 5
"""Attempts in a row after which a failure is no glitch: a quarter of an hour, at the pace of the default back-off."""

_CHECK = "Find what is wrong with: syncd check"
_UNFORESEEN = "unexpected"
_TOLD_OTHERWISE = {WorkKind.CALENDAR, WorkKind.MESSAGE, WorkKind.NOTICE}
_ABOUT_THE_TRANSPORT = {"mail_unavailable", "too_much_mail", "wrong_template"}
_URGENCIES = {
    Severity.CLAIM_DATE: Urgency.CRITICAL,
    Severity.TIME: Urgency.WARNING,
    Severity.PRESENCE: Urgency.WARNING,
    Severity.CONTENT: Urgency.NOTICE,
}
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
