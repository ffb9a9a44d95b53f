"""One round: a cycle, or a look at what a cycle would do, in all calendars or in one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from syncd.core.errors import DecisionError, RefusalError, SyncdError
from syncd.core.sync.actions import Adopt
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.ports.errors import StoreUnavailableError
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store
from syncd.services.sync.reconcile import CycleError, CycleReport, PlanChangedError, Reconciler, Resumption
from syncd.services.work.units import trouble_of

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round did, or would do.

    ``unchanged`` counts what stands in the calendars and needed nothing, ``awaiting`` the drifts that a person has yet
    to decide, from earlier rounds too. ``left`` are the calendars for which there was no time.
    """

    reports: tuple[CycleReport, ...]
    unchanged: int
    awaiting: int
    dry_run: bool
    left: tuple[str, ...] = ()

    @property
    def drifts(self) -> tuple[Drift, ...]:
        """Every drift that was found."""
        return tuple(drift for report in self.reports for drift in report.drifts)

    @property
    def errors(self) -> tuple[CycleError, ...]:
        """Everything that could not be done."""
        return tuple(error for report in self.reports for error in report.errors)

    @property
    def found_drift(self) -> bool:
        """Tell whether a calendar differs from the record, or did at the start of this round."""
        return bool(self.drifts) or self.awaiting > 0


def run_round(
    reconciler: Reconciler,
    now: datetime,
    calendar_id: str | None = None,
    *,
    dry_run: bool = False,
    only_plan: str | None = None,
    is_time: Callable[[], bool] = lambda: True,
) -> Round:
    """Run a cycle in the named calendar, or in each that is not paused, due or not. With ``dry_run`` write nothing.

    ``only_plan``: carry out the plan with that id, in the calendar that it is about, or nothing: `PlanChangedError`.
    ``is_time`` is asked before each calendar but the first; once it says no, the others are left.
    What goes wrong in one calendar stands in the round's errors and keeps no other from its cycle.
    """
    calendars = _calendars(reconciler.store, calendar_id)
    if only_plan is not None:
        calendars = [_planned(reconciler, calendars, now, only_plan, is_time)]
    visits: list[tuple[CycleReport, int]] = []
    for one in calendars:
        if visits and not is_time():
            break
        visits.append(_visit(reconciler, one, now, dry_run=dry_run, only_plan=only_plan))
    return Round(
        reports=tuple(report for report, _ in visits),
        unchanged=sum(unchanged for _, unchanged in visits),
        awaiting=_awaiting(reconciler.store, calendars),
        dry_run=dry_run,
        left=tuple(calendars[len(visits) :]),
    )


def preview_as(reconciler: Reconciler, calendar_id: str, now: datetime, as_if: Resumption) -> Round:
    """Return what a cycle of a calendar would do were it as ``as_if`` makes it. Writes nothing."""
    with reconciler.store.reading() as tx:
        standing = tx.publications.count(calendar_id)
    report = reconciler.preview(calendar_id, now, as_if)
    awaiting = _awaiting(reconciler.store, [calendar_id])
    return Round(reports=(report,), unchanged=standing - _touched(report), awaiting=awaiting, dry_run=True)


def _planned(
    reconciler: Reconciler, calendars: Iterable[str], now: datetime, plan_id: str, is_time: Callable[[], bool]
) -> str:
    """Return the calendar that a plan is about; one that a guard holds waits for a person's word about all of it."""
    for calendar_id in calendars:
        if not is_time():
            raise RefusalError("There was no time to look for that plan in every calendar. Name its calendar too.")
        report = reconciler.preview(calendar_id, now)
        if report.plan is not None and report.plan.id == plan_id:
            if report.errors:
                raise DecisionError(report.errors[0].message, code=report.errors[0].code)
            return calendar_id
    raise PlanChangedError(plan=plan_id)


def _calendars(store: Store, calendar_id: str | None) -> list[str]:
    with store.reading() as tx:
        if calendar_id is not None:
            return [tx.calendars.get(calendar_id).id]
        return [one.id for one in tx.calendars.list() if one.state is not CalendarState.PAUSED]


def _awaiting(store: Store, calendars: Iterable[str]) -> int:
    with store.reading() as tx:
        queries = (DriftQuery(calendar_id=one, status=DriftStatus.OPEN) for one in calendars)
        return sum(len(tx.drifts.list(query)) for query in queries)


def _visit(
    reconciler: Reconciler, calendar_id: str, now: datetime, *, dry_run: bool, only_plan: str | None
) -> tuple[CycleReport, int]:
    with reconciler.store.reading() as tx:
        standing = tx.publications.count(calendar_id)
    try:
        if dry_run:
            report = reconciler.preview(calendar_id, now)
        else:
            report = reconciler.run(calendar_id, now, only_plan=only_plan)
    except (StoreUnavailableError, PlanChangedError):
        raise
    except Exception as error:
        if not isinstance(error, SyncdError):
            log.exception("the cycle failed unexpectedly", calendar=calendar_id)
        trouble = trouble_of(error)
        failed = CycleError(calendar_id, trouble.code, trouble.message)
        return CycleReport(calendar_id=calendar_id, state=CalendarState.OK, errors=(failed,)), standing
    return report, standing - _touched(report)


def _touched(report: CycleReport) -> int:
    """Return how many events that stood there needed more than a note of how they stand."""
    actions: Iterable[Any] = report.plan.actions if report.plan else ()
    return sum(action.resource.publication.body is not None and not isinstance(action, Adopt) for action in actions)
