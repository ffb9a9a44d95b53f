"""The machine: whatever people, programs, servers and processes do, in any order; and what must hold all the same.

The promises that it holds syncd to are those of the design: one truth, convergence, no collateral, no false alarm, no
lost or doubled effect, and that the unknown is not the deleted.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from syncd.core.errors import RefusalError
from syncd.core.scheduling.appointments import Appointment, Scope, SourceKind
from syncd.core.sync.calendars import CalendarMode
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.publication import Publication
from syncd.core.work import BusyError
from syncd.ports.remote.errors import (
    CollectionGoneError,
    ForbiddenError,
    LoginRefusedError,
    PartialAnswerError,
    PreconditionFailedError,
    RateLimitedError,
    RejectedError,
    RemoteError,
    UnavailableError,
)
from tests.services.dying import Killed
from tests.stateful import edits
from tests.stateful.checks import Checks
from tests.stateful.loop_setup import END, FIRST, LEASE, LoopSetup
from tests.stateful.program_body import NAMES

_T = TypeVar("_T")

NUMBER = st.integers(0, 9)
SCOPES = st.sampled_from(Scope)
RULES = st.sampled_from(
    [
        "FREQ=WEEKLY;COUNT=4",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=5",
        "FREQ=WEEKLY;UNTIL=20270401",
        "FREQ=DAILY;COUNT=4",
    ]
)
TIMES = {
    "a day earlier": edits.on_master(edits.moving(timedelta(days=-1))),
    "an hour later": edits.on_master(edits.moving(timedelta(hours=1))),
    "three days later": edits.on_master(edits.moving(timedelta(days=3))),
    "shorter": edits.on_master(edits.lasting(25)),
    "longer": edits.on_master(edits.lasting(80)),
    "all day": edits.on_master(edits.all_day),
    "cancelled": edits.on_master(edits.saying("STATUS:CANCELLED")),
}
WORDS = {
    "a title": edits.on_master(edits.saying("SUMMARY:A title")),
    "another title": edits.on_master(edits.saying("SUMMARY:Another title")),
    "a description": edits.on_master(edits.saying("DESCRIPTION:A description")),
    "a place": edits.on_master(edits.saying("LOCATION:Another place")),
    "a guest": edits.on_master(edits.inviting("guest@example.net")),
    "declined": edits.on_master(edits.answering("DECLINED")),
}
SESSIONS: dict[str, Callable[[int], edits.Edit]] = {
    "moved": partial(edits.on_instance, edits.moving(timedelta(hours=26))),
    "shorter": partial(edits.on_instance, edits.lasting(25)),
    "retitled": partial(edits.on_instance, edits.saying("SUMMARY:Another word")),
    "relocated": partial(edits.on_instance, edits.saying("LOCATION:Another place")),
    "deleted": edits.excluding,
    "the last one": edits.cutting,
}
REWRITES = {
    "other order": edits.rewriting(edits.other_order),
    "a prefixed zone": edits.rewriting(edits.other_zone_name(NAMES[1])),
    "a Windows zone": edits.rewriting(edits.other_zone_name(NAMES[2])),
    "the zone's own name": edits.rewriting(edits.other_zone_name(NAMES[0])),
    "durations": edits.rewriting(edits.durations),
    "ends": edits.rewriting(edits.ends),
    "UTC": edits.rewriting(edits.in_utc),
    "exceptions in UTC": edits.rewriting(edits.excluded_in_utc),
    "UNTIL for COUNT": edits.rewriting(edits.counted_as_until),
    "the rule in full": edits.rewriting(edits.rule_in_full),
    "bookkeeping": edits.rewriting(edits.bookkeeping),
    "narrow lines": edits.rewriting(edits.as_it_is, width=40),
    "a colour": edits.on_master(edits.colour),
    "a colour for one session": edits.on_instance(edits.colour, 1),
}
FAULTS = st.sampled_from(
    [
        UnavailableError(),
        RateLimitedError(retry_after=60),
        LoginRefusedError(),
        ForbiddenError(),
        CollectionGoneError(),
        PartialAnswerError(),
    ]
)
WRITE_FAULTS = st.sampled_from([UnavailableError(), RejectedError(), PreconditionFailedError(), ForbiddenError()])
WRITE = st.sampled_from(["create", "replace", "remove"])


class Loop(RuleBasedStateMachine):
    """One practice, one provider, one calendar."""

    def __init__(self, raise_stage: Callable[[], Any]) -> None:
        """Play on the stage that ``raise_stage`` gives, a context that is left at the end."""
        super().__init__()
        self._raised = raise_stage()
        self.stage: LoopSetup = self._raised.__enter__()
        self.checks = Checks(self.stage)
        self._numbers = count(1)

    def teardown(self) -> None:
        try:
            if sys.exception() is None:  # nothing has failed yet
                self.everything_comes_to_rest()
        finally:
            self._raised.__exit__(None, None, None)

    # The practice

    @initialize()
    def a_practice_at_work(self) -> None:
        """A week's work stands in the calendar before anything else happens."""
        self._book(day=1, hour=9)
        self._book(day=2, hour=9, repeat="FREQ=WEEKLY;COUNT=4")
        self.stage.cycle()

    @rule(day=st.integers(1, 25), hour=st.integers(8, 17))
    def an_appointment_is_booked(self, day: int, hour: int) -> None:
        self._book(day=day, hour=hour)

    @rule(day=st.integers(1, 9), hour=st.integers(8, 17), repeat=RULES)
    def a_series_is_booked(self, day: int, hour: int, repeat: str) -> None:
        self._book(day=day, hour=hour, repeat=repeat)

    @rule(
        which=NUMBER,
        scope=SCOPES,
        days=st.integers(-2, 9),
        hours=st.sampled_from([-1, 0, 0, 3]),
        minutes=st.sampled_from([None, None, 30, 75]),
        location=st.sampled_from([None, None, "Room 2"]),
    )
    def an_appointment_is_rescheduled(self, which: int, scope: Scope, days: int, hours: int, **changes: Any) -> None:
        with self._practice_at_work():
            if (one := self._appointment(which)) is not None:
                start = one.start.replace(tzinfo=None) + timedelta(days=days, hours=hours)
                self.stage.reschedule(one, start=start, scope=scope, **changes)

    @rule(which=NUMBER, scope=SCOPES)
    def an_appointment_is_cancelled(self, which: int, scope: Scope) -> None:
        with self._practice_at_work():
            if (one := self._appointment(which)) is not None:
                self.stage.cancel(one, scope=scope)

    @rule(
        which=NUMBER,
        decision=st.sampled_from(["revert", "accept", "dismiss"]),
        step=st.one_of(st.none(), st.integers(0, 8)),
    )
    def a_person_decides_a_drift(self, which: int, decision: str, step: int | None) -> None:
        """A person takes a decision; with ``step`` the process dies over it."""
        drift = _one_of(self.stage.drifts(DriftStatus.OPEN), which)
        if drift is not None:
            with self.stage.dying(step):
                self._decide(drift, decision)
            self.checks.forget_words()
            self.stage.now += timedelta() if step is None else LEASE

    @rule()
    def a_person_reverts_all_drifts(self) -> None:
        for drift in self.stage.drifts(DriftStatus.OPEN):
            self._decide(drift, "revert")

    # The provider

    @rule(which=NUMBER, edit=st.sampled_from(sorted(TIMES)))
    def the_provider_moves_an_event(self, which: int, edit: str) -> None:
        self._edit(which, TIMES[edit])

    @rule(which=NUMBER, edit=st.sampled_from(sorted(WORDS)))
    def the_provider_changes_words_or_people(self, which: int, edit: str) -> None:
        self._edit(which, WORDS[edit])

    @rule(which=NUMBER, session=NUMBER, edit=st.sampled_from(sorted(SESSIONS)))
    def the_provider_edits_a_session_of_a_series(self, which: int, session: int, edit: str) -> None:
        self._edit(which, SESSIONS[edit](session), among=SourceKind.SERIES)

    @rule(which=NUMBER, addition=st.sampled_from([edits.alarm, edits.note, edits.category, edits.accepted]))
    def the_provider_adds_something(self, which: int, addition: Callable[[int], edits.Addition]) -> None:
        self._add(which, addition(next(self._numbers)))

    @rule(which=NUMBER)
    def the_provider_deletes_an_event(self, which: int) -> None:
        self._delete(which)

    @rule(which=NUMBER, rewrite=st.sampled_from(sorted(REWRITES)))
    def a_program_rewrites_an_event(self, which: int, rewrite: str) -> None:
        if publication := self._publication(which):
            self.stage.edit(publication, REWRITES[rewrite])

    @rule(which=st.integers(0, 3), version=st.integers(0, 3))
    def the_provider_has_something_else_to_do(self, which: int, version: int) -> None:
        self.checks.put_foreign(which, version)

    @rule(disaster=st.sampled_from(["spoiled", "spoiled", "emptied", "recreated"]), which=NUMBER)
    def something_breaks(self, disaster: str, which: int) -> None:
        {"spoiled": self._spoil, "emptied": self._empty, "recreated": self._recreate}[disaster](which)

    # syncd

    @rule(verify=st.booleans())
    def a_cycle(self, verify: bool) -> None:
        self._cycle(verify=verify)

    @rule(operation=st.sampled_from(["changes", "fetch"]), fault=FAULTS)
    def a_cycle_that_cannot_look(self, operation: str, fault: RemoteError) -> None:
        self.stage.trouble.fail(operation, fault)
        self._cycle()

    @rule(operation=WRITE, fault=WRITE_FAULTS)
    def a_cycle_that_cannot_write(self, operation: str, fault: RemoteError) -> None:
        self.stage.trouble.fail(operation, fault)
        self._cycle()

    @rule(operation=WRITE)
    def a_cycle_whose_answer_is_lost(self, operation: str) -> None:
        self.stage.trouble.fail(operation, UnavailableError(), carried_out=True)
        self._cycle()
        self.checks.forget_words()

    @rule(operation=WRITE, which=NUMBER, edit=st.sampled_from(sorted(TIMES | WORDS)))
    def a_cycle_during_which_the_provider_edits(self, operation: str, which: int, edit: str) -> None:
        self.stage.trouble.strike(operation, lambda: self._edit(which, (TIMES | WORDS)[edit]))
        self._cycle()

    @rule(operation=WRITE, which=NUMBER)
    def a_cycle_during_which_the_provider_deletes(self, operation: str, which: int) -> None:
        self.stage.trouble.strike(operation, lambda: self._delete(which))
        self._cycle()

    @rule(step=st.integers(0, 14), others_wait=st.booleans())
    def a_cycle_that_dies(self, step: int, others_wait: bool) -> None:
        with self.stage.dying(step), suppress(Killed):
            self._cycle()
        self.checks.forget_words()
        self.stage.now += LEASE if others_wait else timedelta()

    @rule(hours=st.sampled_from([1, 8, 30]))
    def time_passes(self, hours: int) -> None:
        self.stage.pass_time(timedelta(hours=hours))

    @precondition(lambda self: not self.stage.stored_calendar.state.is_worked)
    @rule()
    def a_person_resumes_the_calendar(self) -> None:
        self.stage.resume()

    @rule(mode=st.sampled_from([CalendarMode.REPORT_ONLY, CalendarMode.NORMAL]))
    def a_person_sets_the_mode(self, mode: CalendarMode) -> None:
        with suppress(BusyError):
            self.stage.set_mode(mode)
        self.checks.mode_was_set()

    # The promises

    @rule()
    def everything_comes_to_rest(self) -> None:
        """With no more trouble and no more changes all is right after a cycle, and further cycles write nothing."""
        self.stage.trouble.calm()
        self.stage.pass_time(LEASE)
        self.stage.set_mode(CalendarMode.NORMAL)
        self.checks.mode_was_set()
        with self._practice_at_work():
            self.stage.extend(END)
        for _ in range(2):
            if not self.stage.stored_calendar.state.is_worked:
                self.stage.resume()
            self._cycle(verify=True)
        self.checks.drifts_are_edits()
        self.checks.cycles_change_nothing(self._cycle)
        self.checks.all_is_well()

    @invariant()
    def the_promises_of_every_moment(self) -> None:
        """No reading changes the record, only edits are drifts, and what is foreign stands untouched."""
        self.checks.record_is_peoples()
        self.checks.drifts_are_edits()
        self.checks.foreign_events_stand()
        self.checks.nothing_is_written_where_nothing_may_be()

    # Steps

    def _book(self, *, day: int, hour: int, repeat: str | None = None) -> None:
        with self._practice_at_work():
            self.stage.book(FIRST + timedelta(days=day, hours=hour), repeat=repeat)

    @contextmanager
    def _practice_at_work(self) -> Iterator[None]:
        """Let people change the record; what breaks its rules is refused and changes nothing."""
        with suppress(RefusalError):
            yield
        self.checks.practice_did()

    def _appointment(self, which: int) -> Appointment | None:
        return _one_of(self.stage.booked(), which)

    def _publication(self, which: int, among: SourceKind | None = None) -> Publication | None:
        return _one_of([each for each in self.stage.standing() if among in {None, each.source.kind}], which)

    def _decide(self, drift: Drift, decision: str) -> None:
        """Let a person decide; what cannot be decided so is refused."""
        with suppress(RefusalError, RemoteError, Killed):
            getattr(self.stage.decisions, decision)(drift.id, self.stage.terms())
        if decision == "accept":
            self.checks.practice_did()

    def _edit(self, which: int, edit: edits.Edit, among: SourceKind | None = None) -> None:
        if (publication := self._publication(which, among)) and self.stage.edit(publication, edit):
            self.checks.edited(publication)

    def _add(self, which: int, addition: edits.Addition) -> None:
        if (publication := self._publication(which)) and self.stage.edit(publication, addition.edit):
            self.checks.added(publication, addition.mark)

    def _delete(self, which: int) -> None:
        if publication := self._publication(which):
            self.stage.delete(publication)
            self.checks.lost(publication)

    def _spoil(self, which: int) -> None:
        if (publication := self._publication(which)) and self.stage.edit(publication, edits.spoiling):
            self.checks.lost(publication)

    def _empty(self, _which: int) -> None:
        for publication in self.stage.standing():
            self.stage.delete(publication)
            self.checks.lost(publication)

    def _recreate(self, _which: int) -> None:
        for publication in self.stage.standing():
            self.checks.lost(publication)
        self.stage.world.recreate()
        self.checks.foreign.clear()

    def _cycle(self, *, verify: bool = False) -> None:
        with suppress(BusyError):
            self.checks.guards_hold(lambda: self.stage.cycle(verify=verify))


def _one_of(found: list[_T], which: int) -> _T | None:
    return found[which % len(found)] if found else None
