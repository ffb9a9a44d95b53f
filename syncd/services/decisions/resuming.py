"""An admin's word on a calendar that a guard held: republish all, accept all as seen, or forget."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from syncd.core.audit.record import AuditRecord
from syncd.core.errors import RefusalError
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.policy import Policy, PolicyRule
from syncd.core.sync.publication import PublicationState
from syncd.ports.store.sync import DriftQuery
from syncd.services.decisions.drifts import Decisions
from syncd.services.scheduling.changes import Terms
from syncd.services.sync.calendars import CalendarService
from syncd.services.sync.reconcile import CycleReport, Reconciler


class Resumption(StrEnum):
    """What is done about everything that differs in the calendar when it is worked again."""

    REPUBLISH = "republish"
    ACCEPT = "accept"
    FORGET = "forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """How it went. ``refused`` says, by drift, what could not be done as asked: it is open and waits for a decision."""

    report: CycleReport
    settled: int
    refused: tuple[tuple[str, str], ...]

    def document(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "reverted": self.report.counts["reverted"],
            "settled": self.settled,
            "refused": [{"drift": drift, "message": message} for drift, message in self.refused],
            "errors": [asdict(error) for error in self.report.errors],
        }

    def told(self) -> list[str]:
        """Return it as lines for a person."""
        return [
            f"{self.report.counts['reverted']} events were put back, {self.settled} drifts settled as you said.",
            *(f"{drift} stays open: {message}" for drift, message in self.refused),
            *(error.message for error in self.report.errors),
        ]


@dataclass(frozen=True, slots=True)
class Resumer:
    """Works a held calendar again on a person's word: one cycle now, with the guards waived."""

    calendars: CalendarService
    reconciler: Reconciler

    def resume(self, calendar_id: str, how: Resumption, terms: Terms) -> Resumed:
        """Resume and settle everything that differs there as asked.

        ``republish`` puts all of it back, ``accept`` takes all of it over into the record, ``forget`` leaves it and
        watches these events no longer.
        """
        self.calendars.resume(calendar_id, terms.now)
        report = self._under(how).run(calendar_id, terms.now)
        decide = self._decision(how)
        if decide is None:
            return Resumed(report=report, settled=0, refused=())
        refused = []
        waiting = self._open(calendar_id)
        for drift in waiting:
            try:
                decide(drift, terms)
            except RefusalError as error:
                refused.append((drift.id, error.message))
        return Resumed(report=report, settled=len(waiting) - len(refused), refused=tuple(refused))

    def _under(self, how: Resumption) -> Reconciler:
        match how:
            case Resumption.REPUBLISH:
                return replace(self.reconciler, policy=_for_all(DriftAction.REVERT))
            case Resumption.ACCEPT | Resumption.FORGET:
                return replace(self.reconciler, policy=_for_all(DriftAction.FLAG))
            case _:
                assert_never(how)

    def _decision(self, how: Resumption) -> Callable[[Drift, Terms], object] | None:
        match how:
            case Resumption.ACCEPT:
                return lambda drift, terms: Decisions(self.reconciler).accept(drift.id, terms)
            case Resumption.FORGET:
                return self._forget
            case Resumption.REPUBLISH:
                return None
            case _:
                assert_never(how)

    def _open(self, calendar_id: str) -> list[Drift]:
        with self.reconciler.store.reading() as tx:
            return list(tx.drifts.list(DriftQuery(calendar_id=calendar_id, status=DriftStatus.OPEN)))

    def _forget(self, drift: Drift, terms: Terms) -> None:
        """Watch the drift's event no longer: what stands there is the provider's own from now on."""
        settled = _dismissed(drift, terms.by.actor, terms.now)
        details = {"drift": drift.id, "calendar": drift.calendar_id}
        with self.reconciler.store.transaction() as tx:
            tx.drifts.save(settled)
            if drift.publication_id is not None:
                tx.publications.end(drift.publication_id, PublicationState.FORGOTTEN)
            tx.audit.append(
                [
                    AuditRecord(
                        at=terms.now,
                        actor=terms.by.actor,
                        action="forgotten",
                        subject=drift.appointment_id,
                        details=details,
                    )
                ]
            )


def _for_all(action: DriftAction) -> Policy:
    return Policy((PolicyRule(name=f"an admin said: {action} all", action=action),))


def _dismissed(drift: Drift, actor: str, now: datetime) -> Drift:
    return replace(
        drift, status=DriftStatus.DISMISSED, resolved_at=now, resolved_by=actor, note="The event was forgotten."
    )
