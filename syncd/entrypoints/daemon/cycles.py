"""One calendar's cycle as the daemon runs it: numbered, logged, and never the end of its worker."""

from collections.abc import Callable
from datetime import UTC, datetime
from secrets import token_hex

import structlog

from syncd.core.errors import SyncdError
from syncd.entrypoints.daemon.interrupt import StoppingError
from syncd.services.sync.reconcile import CalendarBusyError, CycleReport, Reconciler

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def cycle_runner(reconciler: Reconciler) -> Callable[[str], bool]:
    """Return what runs one cycle of the calendar with that id and tells whether all went well."""

    def run(calendar_id: str) -> bool:
        with structlog.contextvars.bound_contextvars(cycle=token_hex(4), calendar=calendar_id):
            return _run_one(reconciler, calendar_id)

    return run


def _run_one(reconciler: Reconciler, calendar_id: str) -> bool:
    try:
        report = reconciler.run(calendar_id, datetime.now(UTC))
    except (CalendarBusyError, StoppingError) as error:
        log.debug("cycle left to another time", reason=error.code)
        return True
    except SyncdError as error:
        log.warning("cycle failed", code=error.code, message=error.message)
    except Exception:
        log.exception("cycle failed unexpectedly")
    else:
        _log(report)
        return not report.errors
    return False


def _log(report: CycleReport) -> None:
    for drift in report.drifts:
        log.info(
            "drift found",
            drift=drift.id,
            status=str(drift.status),
            kinds=[str(kind) for kind in drift.kinds],
            appointment=drift.appointment_id,
            claim_date_changes=drift.claim_date_changes,
        )
    for error in report.errors:
        log.warning("cycle met trouble", code=error.code, message=error.message)
    if report.counts:
        log.info("cycle done", requests=report.requests, **report.counts)
    else:
        log.debug("cycle done", requests=report.requests)
