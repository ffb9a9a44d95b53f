"""The cycle of one calendar that has been opened: observe, gather, plan, guard, apply."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncd.core.audit.record import AuditRecord
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.glitches import not_healed
from syncd.core.sync.guards import Alarm, Sight, check_plan, check_sight
from syncd.core.sync.plan import AnyAction, Limits, Plan, make_plan
from syncd.core.sync.policy import Policy
from syncd.ports.remote.access import Remote
from syncd.ports.remote.errors import (
    CollectionGoneError,
    ForbiddenError,
    LoginRefusedError,
    PreconditionFailedError,
    RemoteError,
    UidConflictError,
    UnavailableError,
)
from syncd.ports.store.transaction import Store
from syncd.services.sync.reconcile.apply import POLICY, Executor, OnReverted, tell_nobody
from syncd.services.sync.reconcile.gather import Gatherer
from syncd.services.sync.reconcile.observe import Sighting, look_at, observe
from syncd.services.sync.reconcile.proof import tells_all
from syncd.services.sync.reconcile.report import Tally
from syncd.services.sync.reconcile.strays import with_strays_named

_LOOKS = 3
"""How often a resource that changes under our hands is looked at again before the next cycle takes over."""

_OUTAGE = 3
"""So many writes in a row that the server fails on are an outage; a single one is that resource's own trouble."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle's facts and steps. Every step raises the `RemoteError` that ends the cycle."""

    store: Store
    remote: Remote
    calendar: Calendar
    gatherer: Gatherer
    policy: Policy
    limits: Limits
    now: datetime
    tally: Tally
    on_reverted: OnReverted = tell_nobody

    def look(self, *, verify: bool) -> Sighting:
        """Ask the server what changed, and look at what leaves a doubt; a full look tells whether all was told."""
        cursor = self.calendar.cursor
        sighting = observe(self.remote, self.store, self.calendar.id, cursor, verify=verify)
        self._tell_failed(sighting)
        if verify and cursor and not tells_all(self.remote, self.store, self.calendar.id, cursor, sighting):
            self.remote.distrust_changes()
        return sighting

    def _tell_failed(self, sighting: Sighting) -> None:
        for href, error in sighting.failed.items():
            self.tally.fail(error.code, f"{href}: {error.message}")

    def heal(self, sighting: Sighting) -> str | None:
        """Return why a calendar that is held stays so; None, on record, when a full look showed all of ours there."""
        why = not_healed(sighting.missing, sighting.standing, sighting.failed)
        if why is None:
            self._record("calendar.healed", {"state": self.calendar.state, "events": sighting.standing})
        return why

    def _record(self, action: str, told: dict[str, Any]) -> None:
        record = AuditRecord(at=self.now, actor=POLICY, action=action, subject=self.calendar.id, details=told)
        with self.store.transaction() as tx:
            tx.audit.append([record])

    def plan(self, sighting: Sighting) -> Plan:
        """Decide what is to be done about what was seen."""
        resources = self.gatherer.gather(sighting)
        return make_plan(self.calendar, resources, self.policy, self.limits, self.now)

    def alarm(self, sighting: Sighting, plan: Plan) -> Alarm | None:
        """Return a guard's word against acting on this, unless a person has waived the guards."""
        if self.calendar.guards_waived:
            return None
        sight = Sight(
            standing=sighting.standing,
            missing=sighting.missing,
            empty=self._is_empty(sighting),
            cursor_lost=sighting.changes.cursor_lost,
        )
        return check_sight(sight) or check_plan(plan, sighting.standing, self.limits)

    def _is_empty(self, sighting: Sighting) -> bool:
        """Tell whether the collection holds nothing; where all of ours were said to be gone one by one, list it."""
        if not sighting.missing or sighting.missing < sighting.standing:
            return False
        changes = sighting.changes
        return not (changes if changes.complete else self.remote.changes(None)).present

    def look_at(self, *publications: str) -> Sighting:
        """Look at these publications and at nothing else."""
        sighting = look_at(self.remote, self.store, publications)
        self._tell_failed(sighting)
        return sighting

    def carry_out(self, plan: Plan, *, actor: str = POLICY, note: str = "") -> None:
        """Apply the plan on the word of ``actor``; what changed under our hands is decided again, a few times."""
        plan = with_strays_named(plan, self.remote)
        self.tally.set_out(plan)
        executor = Executor(self.store, self.remote, self.now, self.on_reverted, actor, note)
        for _ in range(_LOOKS):
            again = self._apply_all(plan, executor)
            if not again:
                break
            plan = self.plan(self.look_at(*again))
        else:
            for action in plan.actions:
                self.tally.fail(
                    "restless", f"{action.resource.publication.href} keeps changing; the next cycle tries again."
                )
        if self.remote.capabilities.mails_itself and not self.calendar.capabilities.mails_itself:
            self._record("calendar.plain_events", {"plain_events": True, "why": "the server processes invitations"})

    def _apply_all(self, plan: Plan, executor: Executor) -> list[str]:
        again: list[str] = []
        outage = 0
        for action in plan.actions:
            try:
                self.tally.count(action, *executor.apply(action))
                outage = 0
            except PreconditionFailedError:
                again.append(action.resource.publication.id)
            except (LoginRefusedError, ForbiddenError, CollectionGoneError):
                raise
            except RemoteError as error:
                if isinstance(error, UidConflictError) and self._is_held(action, executor, error):
                    continue
                outage += isinstance(error, UnavailableError)
                if outage == _OUTAGE:
                    raise
                self.tally.fail(error.code, f"{action.resource.publication.href}: {error.message}")
        return again

    def _is_held(self, action: AnyAction, executor: Executor, error: UidConflictError) -> bool:
        """Put before a person what the account holds elsewhere; tell whether that is all there is to say.

        A conflict that names no other place, over a resource that stands, is that resource's own trouble; and a person
        who has just decided is told at once.
        """
        if action.resource.observed is not None and not error.details.get("href"):
            return False
        self.tally.hold(executor.hold(action, error))
        return action.resource.decided is None
