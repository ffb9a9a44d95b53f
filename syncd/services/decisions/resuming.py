"""An admin's word on a calendar that a guard held: republish all, accept all as seen, or forget."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from syncd.core.access.permissions import Permission, require
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import RefusalError
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.decision import Act
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.policy import Policy, PolicyRule
from syncd.core.sync.publication import PublicationState
from syncd.ports.remote.errors import RemoteError
from syncd.ports.store.sync import DriftQuery
from syncd.services.decisions.drifts import Decisions
from syncd.services.scheduling.changes import Terms
from syncd.services.sync.calendars import CalendarService
from syncd.services.sync.reconcile import CycleReport, Reconciler, check_writes
from syncd.services.sync.reconcile.apply import OnReverted


class Resumption(StrEnum):
    """What is done about everything that differs in the calendar when it is worked again."""

    REPUBLISH = "republish"
    ACCEPT = "accept"
    FORGET = "forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What could not be done as asked; ``drift`` names one that is open and waits for a decision of its own."""

    calendar: str
    code: str
    message: str
    drift: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """How it went: the calendar's state now, events put back, drifts settled as asked, and what failed."""

    state: CalendarState
    reverted: int
    settled: int
    errors: tuple[Failure, ...]

    def told(self) -> list[str]:
        """Return it as lines for a person."""
        counts = f"{self.reverted} events were put back, {self.settled} drifts were settled as you said."
        failures = (
            f"{error.drift} stays open: {error.message}" if error.drift else error.message for error in self.errors
        )
        return [f"The calendar is {self.state}. {counts}", *failures]


@dataclass(frozen=True, slots=True)
class Resumer:
    """Works a held calendar again on a person's word: one cycle now, with the guards waived.

    ``summarise`` makes the one mail about all that is put back, in place of a notice for each.
    """

    calendars: CalendarService
    reconciler: Reconciler
    summarise: OnReverted | None = None

    def resume(self, calendar_id: str, how: Resumption, terms: Terms, password: str | None = None) -> Resumed:
        """Resume and settle everything that differs there as asked, as one step under one lease.

        ``republish`` puts all of it back, ``accept`` takes all of it over into the record, ``forget`` leaves it and
        watches these events no longer. No cycle comes between the word and what is done on it. A calendar that cannot
        be worked stays as it was. ``password``: the account's new one. Raises `BusyError`, and `WriteWithheldError`
        where all is to be put back and nothing may be written; nothing is changed.
        """
        require(terms.by.who, Permission.MANAGE_CALENDAR)
        summing = replace(self.reconciler, on_reverted=self.summarise or self.reconciler.on_reverted)
        with self.reconciler.store.reading() as tx:
            calendar = tx.calendars.get(calendar_id)
        if how is Resumption.REPUBLISH:
            check_writes(calendar)
        with summing.holding(calendar_id, terms.now) as held:
            report = replace(held, policy=_policy(how)).resume(
                calendar_id, lambda calendar: self.calendars.as_resumed(calendar, password), terms.now
            )
            failures = [Failure(**asdict(error)) for error in report.errors]
            settled, refused = 0, list[Failure]()
            if report.state is CalendarState.OK:
                settled, refused = self._settle_all(held, calendar_id, how, terms)
        resumed = _resumed(how, report, settled, (*failures, *refused))
        self._record(calendar_id, how, resumed, terms.now)
        return resumed

    def _settle_all(
        self, held: Reconciler, calendar_id: str, how: Resumption, terms: Terms
    ) -> tuple[int, list[Failure]]:
        """Settle every open drift, those from before too; return how many, and which could not be."""
        with held.store.reading() as tx:
            waiting = tx.drifts.list(DriftQuery(calendar_id=calendar_id, status=DriftStatus.OPEN))
        refused = []
        for drift in waiting:
            try:
                self._settle(held, drift, how, terms)
            except (RefusalError, RemoteError) as error:
                refused.append(Failure(calendar=calendar_id, code=error.code, message=error.message, drift=drift.id))
        return len(waiting) - len(refused), refused

    def _settle(self, held: Reconciler, drift: Drift, how: Resumption, terms: Terms) -> None:
        match how:
            case Resumption.REPUBLISH:
                Decisions(held).revert(drift.id, terms)
            case Resumption.ACCEPT:
                Decisions(held).accept(drift.id, terms)
            case Resumption.FORGET:
                self._forget(held, drift, terms)
            case _:
                assert_never(how)

    def _forget(self, held: Reconciler, drift: Drift, terms: Terms) -> None:
        """Watch the drift's event no longer: what stands there is the provider's own from now on."""
        settled = replace(
            drift,
            status=DriftStatus.DISMISSED,
            due_at=None,
            resolved_at=terms.now,
            resolved_by=terms.by.actor,
            note="The event was forgotten.",
        )
        known = AuditRecord(
            at=terms.now,
            actor=terms.by.actor,
            action=Act.FORGET,
            subject=drift.appointment_id,
            details={"drift": drift.id, "calendar": drift.calendar_id},
        )
        with held.store.transaction() as tx:
            tx.drifts.save(settled)
            if drift.publication_id is not None:
                tx.publications.end(drift.publication_id, PublicationState.FORGOTTEN)
            tx.audit.append([known])

    def _record(self, calendar_id: str, how: Resumption, resumed: Resumed, now: datetime) -> None:
        with self.reconciler.store.reading() as tx:
            calendar = tx.calendars.get(calendar_id)
        counts = {"reverted": resumed.reverted, "settled": resumed.settled, "errors": len(resumed.errors)}
        self.calendars.resumed(calendar, now, how=str(how), **counts)


def _policy(how: Resumption) -> Policy:
    action = DriftAction.REVERT if how is Resumption.REPUBLISH else DriftAction.FLAG
    return Policy((PolicyRule(name=f"an admin said: {how} all", action=action),))


def _resumed(how: Resumption, report: CycleReport, settled: int, errors: Iterable[Failure]) -> Resumed:
    """Return how it went; what the cycle itself put back counts as settled too, where that was asked for."""
    by_cycle = report.counts["reverted"]
    republished = how is Resumption.REPUBLISH
    return Resumed(
        state=report.state,
        reverted=by_cycle + settled if republished else by_cycle,
        settled=by_cycle + settled if republished else settled,
        errors=tuple(errors),
    )
