"""What a cycle says of itself: counts, drifts and errors, as plain data."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from syncd.core.errors import DecisionError
from syncd.core.sync.actions import AnyAction, Flag, Wait, drift_in, writes
from syncd.core.sync.calendars import Calendar, CalendarMode, CalendarState
from syncd.core.sync.decision import Act
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.guards import Alarm
from syncd.core.sync.plan import Plan
from syncd.core.work import Trouble
from syncd.ports.remote.access import Remote
from syncd.ports.remote.errors import (
    CollectionGoneError,
    ForbiddenError,
    LoginRefusedError,
    NotACalendarError,
    PartialAnswerError,
    RemoteError,
)


@dataclass(frozen=True, slots=True)
class CycleError:
    """Something that could not be done, in words for a person. Everything else went on."""

    calendar: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleReport:
    """One cycle of one calendar. ``plan`` is what it set out to do, or in a preview would.

    ``counts`` has the interface contract's names, and beside them ``adopted``, ``forgotten``, ``ignored``, ``waiting``,
    and ``withheld``: what the calendar's mode does not allow to be written.
    """

    calendar_id: str
    state: CalendarState
    counts: Counter[str] = field(default_factory=Counter)
    drifts: tuple[Drift, ...] = ()
    requests: int = 0
    errors: tuple[CycleError, ...] = ()
    plan: Plan | None = None
    mode: CalendarMode = CalendarMode.NORMAL


class Seen(StrEnum):
    """What a look at one publication showed.

    ``known``: it is as the record says, or what differs is on record as a drift. ``withheld``: a time, or whether it
    stands there, differs from the record, since nothing may be written in its calendar. ``unseen``: it could not be
    looked at.
    """

    KNOWN = "known"
    WITHHELD = "withheld"
    UNSEEN = "unseen"


WITHHELD = "withheld"
"""By what name is counted what a calendar's mode does not allow to be written."""

COUNT_OF: Mapping[Act, str] = {
    Act.CREATE: "published",
    Act.UPDATE: "updated",
    Act.DELETE: "withdrawn",
    Act.ADOPT: "adopted",
    Act.FORGET: "forgotten",
    Act.REVERT: "reverted",
    Act.FLAG: "flagged",
    Act.IGNORE: "ignored",
    Act.WAIT: "waiting",
}
"""By what name the interface contract counts each act."""

_STATE_AFTER: dict[type[RemoteError], CalendarState] = {
    LoginRefusedError: CalendarState.LOGIN_REFUSED,
    ForbiddenError: CalendarState.READ_ONLY,
    CollectionGoneError: CalendarState.VANISHED,
    NotACalendarError: CalendarState.VANISHED,
    PartialAnswerError: CalendarState.PARTIAL_ANSWER,
}


def state_after(error: RemoteError) -> CalendarState:
    """Return the state into which a failed cycle puts its calendar: never an edit, always a state of its own."""
    return _STATE_AFTER.get(type(error), CalendarState.UNREACHABLE)


class Tally:
    """Counts up one cycle while it runs, so that its report is true however it ends."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._counts: Counter[str] = Counter()
        self._drifts: list[Drift] = []
        self._errors: list[CycleError] = []
        self._plan: Plan | None = None
        self._waits_until: datetime | None = None
        self._remote: Remote | None = None

    @property
    def is_clean(self) -> bool:
        """Tell whether all went well so far."""
        return not self._errors

    @property
    def first_error(self) -> str | None:
        """What could not be done, in words, None when all went well."""
        return self._errors[0].message if self._errors else None

    @property
    def first_trouble(self) -> Trouble | None:
        """What could not be done, as it is written down about the calendar's work."""
        return Trouble(self._errors[0].code, self._errors[0].message) if self._errors else None

    @property
    def waits_until(self) -> datetime | None:
        """When the first of the edits that quiet hours hold back will be put right."""
        return self._waits_until

    def watch(self, remote: Remote) -> None:
        """Count the requests that this remote makes."""
        self._remote = remote

    def set_out(self, plan: Plan) -> None:
        """Note the plan that the cycle set out with."""
        self._plan = plan

    def count(self, action: AnyAction, *drifts: Drift) -> None:
        """Count an action that was carried out, and the drifts that it recorded: a write may have found damage."""
        self._drifts.extend(drifts)
        self._counts[self._name_of(action)] += 1
        if self.withholds(action) or not isinstance(action, Flag | Wait):
            self._counts["flagged"] += sum(drift.status is DriftStatus.OPEN for drift in drifts)
        elif isinstance(action, Wait) and action.until is not None:
            self._waits_until = min(filter(None, (self._waits_until, action.until)))

    def withholds(self, action: AnyAction) -> bool:
        """Tell whether the calendar's mode keeps an action from being carried out."""
        return writes(action) and not self._calendar.mode.writes

    @property
    def withheld(self) -> int:
        """How many writes the calendar's mode withheld."""
        return self._counts[WITHHELD]

    def _name_of(self, action: AnyAction) -> str:
        return WITHHELD if self.withholds(action) else COUNT_OF[action.act]

    def hold(self, drift: Drift | None) -> None:
        """Count a write that was put before a person in place of being done; None when that is on record already."""
        if drift is not None:
            self._counts["flagged"] += 1
            self._drifts.append(drift)

    def fail(self, code: str, message: str) -> None:
        """Note something that could not be done; the same is noted once."""
        error = CycleError(self._calendar.id, code, message)
        if error not in self._errors:
            self._errors.append(error)

    def raise_first(self) -> None:
        """Raise what could not be done, if anything, for one who asked for it."""
        if self._errors:
            raise DecisionError(f"It could not be written: {self._errors[0].message}", code=self._errors[0].code)

    def report(self, state: CalendarState) -> CycleReport:
        """Return what happened; ``state`` is the calendar's now."""
        return CycleReport(
            calendar_id=self._calendar.id,
            state=state,
            counts=Counter(self._counts),
            drifts=tuple(self._drifts),
            requests=self._remote.requests if self._remote else 0,
            errors=tuple(self._errors),
            plan=self._plan,
            mode=self._calendar.mode,
        )

    def preview(self, plan: Plan, alarm: Alarm | None) -> CycleReport:
        """Return what ``plan`` would do, and the guard's word against it."""
        self.set_out(plan)
        for action in plan.actions:
            self._counts[self._name_of(action)] += 1
            if (drift := drift_in(action)) is not None:
                self._drifts.append(drift)
        if alarm is not None:
            self.fail(alarm.state, alarm.message)
        return self.report(alarm.state if alarm else self._calendar.state)


def total(reports: Iterable[CycleReport]) -> Counter[str]:
    """Add up the counts of several cycles."""
    return sum((report.counts for report in reports), start=Counter())
