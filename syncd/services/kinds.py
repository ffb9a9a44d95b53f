"""The one list of what work there is. Another kind is a handler and an entry here (and its name in ``core/work``)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

import structlog

from syncd.core.sync.rhythm import Rhythm
from syncd.core.work import Pace, Trouble, WorkKind
from syncd.ports.measures import Measures
from syncd.services.claims.proof import ClaimAudit
from syncd.services.inbound.fetching import Fetching
from syncd.services.messaging.delivery import Delivery
from syncd.services.reporting.digest import Digest
from syncd.services.reporting.notices import NoticeDelivery
from syncd.services.reporting.telling import AlertRound
from syncd.services.reporting.watching import DAILY as EACH_DAY
from syncd.services.reporting.watching import CertificateWatch
from syncd.services.reporting.webhooks import HookSender
from syncd.services.scheduling.changes import Terms
from syncd.services.scheduling.extending import Extension
from syncd.services.scheduling.outcomes import complete_if_over
from syncd.services.sync.reconcile import CycleReport, Reconciler, load_calendar
from syncd.services.sync.reconcile.report import WITHHELD
from syncd.services.upkeep.pruning import DAILY, Pruning
from syncd.services.work.correlation import correlated
from syncd.services.work.stopping import StoppingError
from syncd.services.work.units import Done, Task, Unit, trouble_of

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_YEARS = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """What does each kind of work, and how much of it at a time."""

    reconciler: Reconciler
    measures: Measures
    delivery: Delivery
    claim_audit: ClaimAudit
    timekeeping: Callable[[datetime], Terms]
    extension: Extension
    digest: Digest
    pruning: Pruning
    alert_round: AlertRound
    notices: NoticeDelivery
    certificates: CertificateWatch
    hooks: HookSender
    fetching: Fetching
    rhythm: Rhythm
    calendars_at_once: int
    per_host: int
    mails_at_once: int
    claims_again: timedelta


def tasks(given: Handlers) -> tuple[Task, ...]:
    """Return every kind of work with its handler, its threads, and how far ahead it may legitimately be due."""
    claims = Pace(farthest=_YEARS, first=given.claims_again)
    return (
        Task(
            kind=WorkKind.CALENDAR,
            handle=lambda unit: cycle(given.reconciler, given.measures, unit),
            pace=given.rhythm.pace,
            threads=given.calendars_at_once,
            per_queue=given.per_host,
            load=load_calendar,
        ),
        Task(
            kind=WorkKind.MESSAGE,
            handle=given.delivery.deliver,
            pace=Pace(farthest=_HOUR),
            threads=given.mails_at_once,
            is_private=True,
        ),
        Task(kind=WorkKind.CLAIM, handle=lambda unit: _after_session(given, unit), pace=claims, threads=2),
        Task(kind=WorkKind.SERIES, handle=given.extension.extend, pace=Pace(farthest=_YEARS)),
        Task(kind=WorkKind.DIGEST, handle=given.digest.work, pace=Pace(farthest=8 * _DAY), is_private=True),
        Task(kind=WorkKind.PRUNE, handle=given.pruning.prune, pace=Pace(farthest=DAILY + _MINUTE)),
        Task(kind=WorkKind.ALERT, handle=given.alert_round.work, pace=Pace(farthest=_HOUR, longest=5 * _MINUTE)),
        Task(kind=WorkKind.NOTICE, handle=given.notices.deliver, pace=Pace(farthest=_HOUR), threads=2, is_private=True),
        Task(kind=WorkKind.CERTIFICATE, handle=given.certificates.work, pace=Pace(farthest=EACH_DAY + _MINUTE)),
        Task(kind=WorkKind.WEBHOOK, handle=given.hooks.deliver, pace=Pace(farthest=_HOUR), threads=2),
        Task(kind=WorkKind.INBOX, handle=given.fetching.work, pace=Pace(farthest=_HOUR), is_private=True),
    )


def _after_session(given: Handlers, unit: Unit) -> Done:
    """Note that a session took place, unless somebody said otherwise, and prove its claim."""
    with unit.store.reading() as tx:
        appointment_id = tx.claims.get(unit.subject).appointment_id
    complete_if_over(unit.store, appointment_id, given.timekeeping(unit.now))
    return given.claim_audit.prove(unit)


def cycle(reconciler: Reconciler, measures: Measures, unit: Unit) -> Done:
    """Run one cycle of one calendar, which writes down by itself how it went."""
    began = perf_counter()
    with correlated(calendar=unit.subject, token=unit.held.lease.token):
        try:
            report = reconciler.run(unit.subject, unit.now, held=unit.held)
        except StoppingError:
            raise
        except Exception as error:
            measures.cycle(perf_counter() - began, trouble_of(error).code)
            raise
        seconds = perf_counter() - began
        _log(report, seconds)
    trouble = next((Trouble(error.code, error.message) for error in report.errors), None)
    measures.cycle(seconds, trouble.code if trouble else None)
    for drift in report.drifts:
        measures.drift(drift)
    return Done(trouble=trouble)


def _log(report: CycleReport, seconds: float) -> None:
    """Log a cycle; one that did nothing, or only withheld again what it withheld before, is a detail."""
    state, counts = str(report.state), dict(+report.counts)
    if counts.keys() - {WITHHELD}:
        log.info("cycle done", state=state, requests=report.requests, seconds=round(seconds, 3), counts=counts)
    else:
        log.debug("cycle done", state=state, requests=report.requests, seconds=round(seconds, 3), counts=counts)
