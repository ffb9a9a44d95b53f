"""Runs cycles: takes the calendar, opens it, and writes down how it went and when it is due again."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from syncd.core.access.principal import Principal
from syncd.core.errors import RefusalError, StaleDriftError
from syncd.core.sync.actions import Adopt, AnyAction, Ignore, Revert, Wait, drift_in
from syncd.core.sync.calendars import Calendar, CalendarState
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.glitches import after_failure
from syncd.core.sync.plan import Limits, Plan
from syncd.core.sync.policy import Policy
from syncd.core.sync.publishing import Practice
from syncd.core.sync.resource import Resource
from syncd.core.sync.rhythm import Rhythm
from syncd.core.work import BusyError, LeaseLostError, Trouble, WorkKind
from syncd.ports.errors import StoreUnavailableError
from syncd.ports.remote.access import CalendarServers
from syncd.ports.remote.errors import RemoteError
from syncd.ports.remote.values import Account
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.ports.vault import Vault
from syncd.services.sync.reconcile.apply import OnReverted, tell_nobody
from syncd.services.sync.reconcile.calendar_lease import CalendarLease, load_calendar
from syncd.services.sync.reconcile.cycle import AlarmError, Cycle
from syncd.services.sync.reconcile.gather import Gatherer
from syncd.services.sync.reconcile.observe import Gaze, Sighting
from syncd.services.sync.reconcile.report import CycleReport, Seen, Tally, state_after
from syncd.services.sync.reconcile.withholding import UnwrittenRemote, check_writes, differs_in_time
from syncd.services.work.correlation import correlated
from syncd.services.work.fencing import FencedRemote, FencedStore
from syncd.services.work.leases import Held, Leases
from syncd.services.work.stopping import Stop, StoppingError
from syncd.services.work.units import trouble_of

Resumption = Callable[[Calendar], Calendar]
"""Makes of a calendar that waits for a person the one that is worked."""


class PlanChangedError(RefusalError):
    """The plan is another one now: something changed since it was shown. Look again: syncd reconcile --dry-run."""

    code = "plan_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Everything that a cycle depends on. ``chance`` returns a number in [0, 1) for the jitter.

    ``on_reverted`` makes the mail to a provider whose edit was put back. ``leases``: this process's own where it does
    more than one thing; ``stop``: what a cycle heeds between two requests. ``under`` is a lease under which all is done
    in its calendar (see `holding`).
    """

    store: Store
    servers: CalendarServers
    vault: Vault
    practice: Practice
    policy: Policy
    limits: Limits = field(default_factory=Limits)
    rhythm: Rhythm = field(default_factory=Rhythm)
    chance: Callable[[], float] = random.random
    on_reverted: OnReverted = tell_nobody
    leases: Leases | None = None
    stop: Stop = field(default_factory=Stop)
    under: CalendarLease | None = None

    @contextmanager
    def holding(self, calendar_id: str, now: datetime) -> Iterator["Reconciler"]:
        """Take a calendar and give a reconciler that does everything there under that one lease.

        Raises `BusyError` while another worker is at it.
        """
        with self._lease(calendar_id, now) as lease:
            yield replace(self, under=lease)

    def resume(self, calendar_id: str, resumed: Resumption, now: datetime) -> CycleReport:
        """Run one cycle of a calendar as ``resumed`` makes it: of any state, with its guards waived.

        Calendar, waiver and cycle are one step under one lease. Where the cycle fails the calendar stays as it was, and
        the report carries the error. Raises `BusyError`.
        """
        with correlated(calendar=calendar_id), self._lease(calendar_id, now) as lease:
            lease.resume(resumed(lease.calendar))
            return self._run(lease, now, verify=True)

    def run(
        self,
        calendar_id: str,
        now: datetime,
        *,
        verify: bool = False,
        only_plan: str | None = None,
        held: Held | None = None,
    ) -> CycleReport:
        """Run one cycle and write down how it went. ``held``: the calendar, where it was taken already.

        With ``verify`` every publication is looked at. A calendar that waits for a person is left alone; its report
        carries the error that says why. ``only_plan`` is the id of a plan that was shown: that one is carried out, or
        nothing (`PlanChangedError`). Raises `BusyError` while another worker is at it, and `LeaseLostError` when
        another took it over meanwhile. Any other error is written down as its trouble before it is raised.
        """
        with correlated(calendar=calendar_id), self._lease(calendar_id, now, held) as lease:
            try:
                return self._run(lease, now, verify=verify, only_plan=only_plan)
            except (BusyError, LeaseLostError, StoppingError, StoreUnavailableError, PlanChangedError):
                raise
            except Exception as error:
                lease.fails(trouble_of(error), self._retry_at(lease, now))
                raise

    def _run(self, lease: CalendarLease, now: datetime, *, verify: bool, only_plan: str | None = None) -> CycleReport:
        calendar = lease.calendar
        tally = Tally(calendar)
        if not (calendar.state.is_worked or calendar.state.heals):
            lease.leave()
            return _waiting(calendar, tally)
        verify = verify or self.rhythm.verification_is_due(calendar, now)
        verify = calendar.state.heals or (only_plan is None and verify)
        try:
            with self._cycle(lease, tally, now) as cycle:
                return self._work(cycle, lease, verify=verify, only_plan=only_plan)
        except RemoteError as error:
            return self._failed(lease, tally, error, now)

    def preview(self, calendar_id: str, now: datetime, as_if: Resumption | None = None) -> CycleReport:
        """Return what a cycle would do, without writing anything anywhere.

        Of a held calendar it is what would be done once a person let it go on. A paused one is not looked at.
        ``as_if`` makes of the calendar the one that is meant: what would be done were it so; all of it is looked at.
        """
        with self.store.reading() as tx:
            calendar = tx.calendars.get(calendar_id)
        if as_if is not None:
            calendar = as_if(calendar)
        tally = Tally(calendar)
        is_held = not calendar.state.is_worked
        if calendar.state is CalendarState.PAUSED:
            return _waiting(calendar, tally)
        try:
            with self._open(calendar, tally, now) as cycle:
                look = cycle.gatherer.look if calendar.look != cycle.gatherer.look else None
                sighting, plan = cycle.survey(Gaze(verify=is_held or as_if is not None, look=look))
                alarm = None if is_held else cycle.alarm(sighting, plan)
        except RemoteError as error:
            tally.fail(error.code, error.message)
            return tally.report(state_after(error))
        if is_held:
            _waiting(calendar, tally)
        return tally.preview(plan, alarm)

    def settle(self, drift: Drift, action: DriftAction, by: Principal, now: datetime, *, note: str = "") -> Drift:
        """Revert or dismiss an open drift on a person's word, after looking at what stands there now.

        Raises `StaleDriftError` when that is no longer the edit that was decided on, `WriteWithheldError` where nothing
        may be written, and the `RemoteError` of a calendar that cannot be reached. Nothing is written then.
        """
        with self._examining(drift, now, decided=action) as (cycle, plan):
            if action is DriftAction.REVERT:
                check_writes(cycle.calendar)
            cycle.carry_out(plan, by=by, note=note)
            cycle.tally.raise_first()
        with self.store.reading() as tx:
            return tx.drifts.get(drift.id)

    def verify_publication(self, publication_id: str, now: datetime) -> Seen:
        """Look at one publication now, deal with what is found there, and tell what was seen.

        In a calendar that waits for a person, or that cannot be read, nothing is seen. Where anything was edited, a
        whole cycle deals with it, guards and all: one resource alone does not tell an edit from a calendar's fault.
        Raises `BusyError`.
        """
        with self.store.reading() as tx:
            calendar_id = tx.publications.get(publication_id).calendar_id
        with correlated(calendar=calendar_id), self._lease(calendar_id, now) as lease:
            tally = Tally(lease.calendar)
            if not lease.calendar.state.is_worked:
                return Seen.UNSEEN
            try:
                with self._cycle(lease, tally, now) as cycle:
                    plan = cycle.plan(cycle.look_at(publication_id))
                    withheld = any(tally.withholds(each) and differs_in_time(each) for each in plan.actions)
                    if all(_is_no_news(each) or _is_only_withheld(each, tally) for each in plan.actions):
                        cycle.carry_out(plan)
                        return _seen(tally.is_clean, withheld=withheld)
            except RemoteError:
                return Seen.UNSEEN
        report = self.run(calendar_id, now, verify=True)
        return _seen(report.state is CalendarState.OK and not report.errors, withheld=withheld)

    @contextmanager
    def examined(self, drift: Drift, now: datetime) -> Iterator[tuple[Resource, Store]]:
        """Hold a drift's calendar and give what is known of the resource, looked at now, with the store to decide in.

        Raises as `settle` does.
        """
        with self._examining(drift, now, decided=DriftAction.REVERT) as (cycle, plan):
            yield plan.actions[0].resource, cycle.store

    @contextmanager
    def _examining(self, drift: Drift, now: datetime, decided: DriftAction) -> Iterator[tuple[Cycle, Plan]]:
        """Hold a drift's calendar, look at its resource alone and plan what was decided about the drift."""
        if drift.publication_id is None:
            raise StaleDriftError(drift=drift.id)
        with correlated(calendar=drift.calendar_id), self._lease(drift.calendar_id, now) as lease:
            tally = Tally(lease.calendar)
            with self._cycle(lease, tally, now, decided={drift.id: decided}) as cycle:
                plan = cycle.plan(cycle.look_at(drift.publication_id))
                if not any(isinstance(one, Revert | Ignore) and one.drift.id == drift.id for one in plan.actions):
                    raise StaleDriftError(drift=drift.id)
                yield cycle, plan

    def _work(self, cycle: Cycle, lease: CalendarLease, *, verify: bool, only_plan: str | None) -> CycleReport:
        self._mark_restyled(cycle)
        sighting, plan = cycle.survey(Gaze(verify=verify))
        if cycle.calendar.state.heals and (why := cycle.heal(sighting)):
            return self._held(lease, cycle, why)
        if only_plan is not None and plan.id != only_plan:
            raise PlanChangedError(plan=plan.id)
        alarm = cycle.alarm(sighting, plan)
        if alarm is None:
            try:
                cycle.carry_out(plan, exactly=only_plan is not None)
            except AlarmError as error:
                alarm = error.alarm
        if alarm is not None:
            cycle.tally.fail(alarm.state, alarm.message)
            lease.leave(state=alarm.state, last_error=alarm.message, last_tried_at=cycle.now)
            return cycle.tally.report(alarm.state)
        self._succeeded(cycle, lease, sighting, verified=verify)
        return cycle.tally.report(CalendarState.OK)

    def _mark_restyled(self, cycle: Cycle) -> None:
        """Have events written anew where the settings that render them are others than when they were last written."""
        look = cycle.gatherer.look
        if cycle.calendar.look != look:
            with cycle.store.transaction(durable=False) as tx:
                tx.publications.mark_restyled(cycle.calendar.id, look)

    def _succeeded(self, cycle: Cycle, lease: CalendarLease, sighting: Sighting, *, verified: bool) -> None:
        now, calendar, tally = cycle.now, cycle.calendar, cycle.tally
        if sighting.known_strangers is not None:
            with cycle.store.transaction(durable=False) as tx:
                tx.calendars.remember_strangers(calendar.id, sighting.known_strangers)
        later = calendar.deferred_until if calendar.deferred_until and calendar.deferred_until > now else None
        deferred_until = min(filter(None, (later, tally.waits_until)), default=None)
        lease.leave(
            state=CalendarState.OK,
            capabilities=cycle.learned(sighting),
            cursor=sighting.changes.cursor,
            guards_waived=False,
            guards_reset_at=now if calendar.guards_waived else calendar.guards_reset_at,
            suspicion=None,
            last_tried_at=now,
            last_synced_at=now,
            last_error=tally.first_error,
            look=cycle.gatherer.look,
            unlisted=0 if sighting.changes.complete else calendar.unlisted + 1,
            deferred_until=deferred_until,
            last_verified_at=now if verified else calendar.last_verified_at,
            last_proven_equal_at=now if verified and self._is_equal(cycle) else calendar.last_proven_equal_at,
        )
        lease.due_at = lambda tx: min(filter(None, (self._next_due(tx, calendar, now), deferred_until)))
        lease.trouble = tally.first_trouble

    def _is_equal(self, cycle: Cycle) -> bool:
        """Tell whether a cycle that looked at everything left no difference, nor any that awaits its decision."""
        with self.store.reading() as tx:
            waiting = tx.drifts.list(DriftQuery(calendar_id=cycle.calendar.id, status=DriftStatus.OPEN))
        return cycle.tally.is_clean and not cycle.tally.withheld and not waiting

    def _failed(self, lease: CalendarLease, tally: Tally, error: RemoteError, now: datetime) -> CycleReport:
        tally.fail(error.code, error.message)
        if lease.before is not lease.calendar:
            lease.leave_as_before(last_tried_at=now, last_error=error.message)
            return tally.report(lease.before.state)
        verdict = after_failure(
            lease.calendar,
            state_after(error),
            now,
            lasting=2 * self.rhythm.interval,
            proven=bool(error.details.get("proven")),
        )
        retry_after = error.details.get("retry_after")
        pause = timedelta(seconds=retry_after) if retry_after else None
        lease.leave(state=verdict.state, suspicion=verdict.suspicion, last_tried_at=now, last_error=error.message)
        lease.fails(trouble_of(error), self._retry_at(lease, now, pause))
        return tally.report(verdict.state)

    def _held(self, lease: CalendarLease, cycle: Cycle, why: str) -> CycleReport:
        """Leave a calendar as it is held, to be looked at again: it is not whole yet."""
        lease.leave(last_tried_at=cycle.now, last_error=why)
        lease.fails(Trouble(lease.calendar.state, why), self._retry_at(lease, cycle.now))
        cycle.tally.fail(lease.calendar.state, why)
        return cycle.tally.report(lease.calendar.state)

    def _retry_at(self, lease: CalendarLease, now: datetime, pause: timedelta | None = None) -> datetime:
        return self.rhythm.retry_at(now, lease.held.lease.attempts + 1, pause, chance=self.chance())

    def _next_due(self, tx: Transaction, calendar: Calendar, now: datetime) -> datetime:
        is_soon = tx.appointments.starts_within(calendar.provider_id, now, now + self.rhythm.soon)
        return self.rhythm.next_due(now, is_soon=is_soon, chance=self.chance(), objective=calendar.objective)

    @contextmanager
    def _cycle(
        self, lease: CalendarLease, tally: Tally, now: datetime, decided: Mapping[str, DriftAction] | None = None
    ) -> Iterator[Cycle]:
        """Open a calendar that is held: only who holds it can write to the store or ask the server."""
        fenced = replace(self, store=FencedStore(self.store, lease.held))
        with fenced._open(lease.calendar, tally, now, decided) as cycle:  # noqa: SLF001 - its own
            fence = FencedRemote if lease.calendar.mode.writes else UnwrittenRemote
            yield replace(cycle, remote=fence(cycle.remote, lease.held, self.stop))

    @contextmanager
    def _open(
        self, calendar: Calendar, tally: Tally, now: datetime, decided: Mapping[str, DriftAction] | None = None
    ) -> Iterator[Cycle]:
        account = Account(calendar.url, calendar.username, self.vault.unseal(calendar.secret))
        gatherer = Gatherer(self.store, self.practice, calendar, self.limits, now, decided or {})
        with closing(self.servers.open(calendar, account)) as remote:
            tally.watch(remote)
            yield Cycle(self.store, remote, calendar, gatherer, self.policy, self.limits, now, tally, self.on_reverted)

    @contextmanager
    def _lease(self, calendar_id: str, now: datetime, held: Held | None = None) -> Iterator[CalendarLease]:
        """Have a calendar for the block, and write down how it is left."""
        if self.under is not None and self.under.calendar.id == calendar_id:
            yield self.under
            return
        if held is not None:
            yield from self._holding(held, now)
            return
        with (self.leases or Leases(self.store)).now(WorkKind.CALENDAR, calendar_id, load_calendar) as held:
            yield from self._holding(held, now)

    def _holding(self, held: Held, now: datetime) -> Iterator[CalendarLease]:
        calendar = held.loaded
        if not isinstance(calendar, Calendar):
            with self.store.reading() as tx:
                calendar = tx.calendars.get(held.lease.subject)
        lease = CalendarLease(calendar, held)
        try:
            yield lease
        finally:
            if lease.is_left:
                held.leases.finish(held, lease.settle, now, lease.trouble)


def _is_no_news(action: AnyAction) -> bool:
    """Tell whether an action only brings the record up to date: nobody edited anything that is not known."""
    return isinstance(action, Adopt) or (isinstance(action, Wait) and action.drift is None)


def _is_only_withheld(action: AnyAction, tally: Tally) -> bool:
    """Tell whether an action is about nothing but what the practice changed and the calendar's mode withholds."""
    return tally.withholds(action) and drift_in(action) is None


def _seen(is_well: bool, *, withheld: bool) -> Seen:
    if not is_well:
        return Seen.UNSEEN
    return Seen.WITHHELD if withheld else Seen.KNOWN


def _waiting(calendar: Calendar, tally: Tally) -> CycleReport:
    tally.fail(calendar.state, calendar.last_error or f"The calendar is {calendar.state}. See: syncd calendar resume.")
    return tally.report(calendar.state)
