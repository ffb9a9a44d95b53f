"""The cycle of one calendar that has been opened: observe, gather, plan, guard, apply."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from syncd.core.access.principal import POLICY, Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import SyncdError
from syncd.core.events.findings import Kind
from syncd.core.sync.actions import AnyAction, Create, Held
from syncd.core.sync.calendars import Calendar, Capabilities
from syncd.core.sync.drift import DriftStatus
from syncd.core.sync.glitches import not_healed
from syncd.core.sync.guards import Alarm, Sight, check_plan, check_sight
from syncd.core.sync.plan import Limits, Plan, make_plan
from syncd.core.sync.policy import Policy
from syncd.core.sync.publication import Publication
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
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store
from syncd.services.sync.reconcile.apply import Executor, OnReverted, tell_nobody
from syncd.services.sync.reconcile.bodies import Renderer
from syncd.services.sync.reconcile.gather import Gatherer
from syncd.services.sync.reconcile.observe import Gaze, Sighting, look_at, observe
from syncd.services.sync.reconcile.proof import ask_again
from syncd.services.sync.reconcile.report import Tally
from syncd.services.sync.reconcile.strays import with_strays_named
from syncd.services.sync.reconcile.telling import tell
from syncd.services.sync.reconcile.withholding import Withholder

_LOOKS = 3
"""How often a resource that changes under our hands is looked at again before the next cycle takes over."""

_OUTAGE = 3
"""So many writes in a row that the server fails on are an outage; a single one is that resource's own trouble."""


class AlarmError(SyncdError):
    """A guard spoke up in mid-cycle: what was found while writing shows a fault of the calendar."""

    code = "held"

    def __init__(self, alarm: Alarm) -> None:
        """Take the guard's word."""
        super().__init__(alarm.message)
        self.alarm = alarm


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

    def look(self, gaze: Gaze) -> Sighting:
        """Ask the server what changed, and look at what leaves a doubt; a full look tells whether all was told."""
        cursor = self.calendar.cursor
        sighting = observe(self.remote, self.store, self.calendar, gaze, self.now)
        self._tell_failed(sighting)
        told = sighting.told or sighting.changes
        was_asked = gaze.verify or not told.complete
        if not cursor or not sighting.changes.complete or told.cursor_lost or not was_asked:
            return sighting
        again = ask_again(self.remote, self.store, self.calendar.id, cursor, sighting)
        if not again.is_all:
            self.remote.distrust_changes()
        is_another = not again.is_all and sighting.missing > 1 and bool(sighting.changes.present)
        is_lost = again.cursor_lost or is_another
        return replace(sighting, changes=replace(sighting.changes, cursor_lost=True)) if is_lost else sighting

    def survey(self, gaze: Gaze) -> tuple[Sighting, Plan]:
        """Look and plan. Before anything new is put there, it is proven that the others still stand there."""
        sighting = self.look(gaze)
        plan = self.plan(sighting)
        is_proven = sighting.changes.complete or self.calendar.capabilities.tells_deletions
        if sighting.standing and not is_proven and any(isinstance(action, Create) for action in plan.actions):
            sighting = self.look(replace(gaze, prove=True))
            plan = self.plan(sighting)
        return sighting, plan

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
        record = AuditRecord(at=self.now, actor=POLICY.name, action=action, subject=self.calendar.id, details=told)
        with self.store.transaction() as tx:
            tx.audit.append([record])

    def plan(self, sighting: Sighting) -> Plan:
        """Decide what is to be done about what was seen."""
        resources = self.gatherer.gather(sighting)
        return make_plan(self.calendar, resources, self.policy, self.limits, self.now, Renderer(self.now))

    def alarm(self, sighting: Sighting, plan: Plan) -> Alarm | None:
        """Return a guard's word against acting on this, unless a person has waived the guards."""
        if self.calendar.guards_waived:
            return None
        sight = Sight(
            standing=sighting.standing,
            missing=sighting.missing - self._known_gone(sighting),
            empty=self._is_empty(sighting),
            cursor_lost=sighting.changes.cursor_lost,
            denied=sighting.is_denied and not self._is_known(sighting.gone),
        )
        edited = plan.edited if self.calendar.mode.writes else plan.found
        lately = self._lately_put_back() if edited else frozenset[str]()
        return check_sight(sight) or check_plan(edited, lately, sighting.standing, self.limits)

    def _is_known(self, gone: Sequence[Publication]) -> bool:
        """Tell whether it was found before that these are gone: the server tells a deletion once."""
        with self.store.reading() as tx:
            deletions = (
                tx.drifts.list(DriftQuery(publication_id=one.id, status=DriftStatus.OPEN, kind=Kind.DELETED))
                for one in gone
            )
            return any(one.intent is not None for one in gone) or any(map(len, deletions))

    def learned(self, sighting: Sighting) -> Capabilities:
        """Return what the server was seen to do, this cycle included."""
        known, told = self.calendar.capabilities, sighting.told
        moved = told is not None and not (told.complete or told.present or told.removed)
        is_idle = moved and sighting.changes.complete and not sighting.missing
        return replace(
            self.remote.capabilities,
            tells_deletions=known.tells_deletions or sighting.tells_deletions or None,
            idle_tokens=known.idle_tokens
            or (is_idle and told is not None and told.cursor != self.calendar.cursor)
            or None,
        )

    def _known_gone(self, sighting: Sighting) -> int:
        """Return how many of those that are gone are on record as such, where that lasts since nothing is written."""
        if self.calendar.mode.writes or not sighting.missing:
            return 0
        with self.store.reading() as tx:
            waiting = tx.drifts.list(DriftQuery(calendar_id=self.calendar.id, status=DriftStatus.OPEN))
        on_record = {drift.publication_id for drift in waiting if Kind.DELETED in drift.kinds}
        return sum(one.id in on_record for one in sighting.gone)

    def _lately_put_back(self) -> frozenset[str]:
        """Return the publications in which edits were put back within the guards' window without a person's word."""
        since = self.now - self.limits.mass_window
        if self.calendar.guards_reset_at is not None:
            since = max(since, self.calendar.guards_reset_at)
        query = DriftQuery(calendar_id=self.calendar.id, status=DriftStatus.REVERTED, since=since)
        with self.store.reading() as tx:
            found = tx.drifts.list(query)
        return frozenset(
            drift.publication_id
            for drift in found
            if drift.publication_id is not None
            and drift.resolved_by == POLICY.name
            and drift.resolved_at != self.calendar.guards_reset_at
        )

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

    def carry_out(self, plan: Plan, *, by: Principal = POLICY, note: str = "", exactly: bool = False) -> None:
        """Apply the plan on the word of ``by``; what changed under our hands is decided again, a few times.

        ``exactly``: it is not; what changed is left for the next cycle.
        """
        plan = with_strays_named(plan, self.remote)
        self.tally.set_out(plan)
        executes = Executor if self.calendar.mode.writes else Withholder
        executor = executes(self.store, self.remote, self.now, self.gatherer.look, self.on_reverted, by, note)
        again = self._apply_all(plan, executor)
        for _ in range(0 if exactly else _LOOKS - 1):
            if not again:
                break
            again = self._apply_all(self._decide_again(again, is_guarded=by == POLICY), executor)
        for href in again.values():
            self.tally.fail("restless", f"{href} keeps changing; the next cycle tries again.")
        if self.remote.capabilities.mails_itself and not self.calendar.capabilities.mails_itself:
            self._record("calendar.plain_events", {"plain_events": True, "why": "the server processes invitations"})

    def _decide_again(self, publications: Iterable[str], *, is_guarded: bool) -> Plan:
        """Plan anew what changed under our hands. Where one is found gone, all are looked for before it is put back."""
        sighting = self.look_at(*publications)
        if not (is_guarded and sighting.missing):
            return self.plan(sighting)
        sighting = self.look(Gaze(prove=True))
        plan = self.plan(sighting)
        alarm = self.alarm(sighting, plan)
        if alarm is not None:
            raise AlarmError(alarm)
        return plan

    def _apply_all(self, plan: Plan, executor: Executor) -> dict[str, str]:
        """Apply every action; return the hrefs of what changed under our hands, by publication."""
        again: dict[str, str] = {}
        outage = 0
        for action in plan.actions:
            try:
                recorded = executor.apply(action)
                self.tally.count(action, *recorded)
                tell(action, recorded, withheld=self.tally.withholds(action))
                outage = 0
            except PreconditionFailedError:
                again[action.resource.publication.id] = action.resource.publication.href
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

        A conflict that names no other place, over a resource that stands, is that resource's own trouble, and so is one
        over what is written around an edit; and a person who has just decided is told at once.
        """
        if isinstance(action, Held) or (action.resource.observed is not None and not error.details.get("href")):
            return False
        self.tally.hold(executor.hold(action, error))
        return action.resource.decided is None
