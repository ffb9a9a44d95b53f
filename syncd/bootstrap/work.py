"""Every kind of work that a process does, with the parts that do it."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncd.bootstrap.system import System
    from syncd.services.work.stopping import Stop
    from syncd.services.work.units import Task


def tasks(system: "System", stop: "Stop") -> "tuple[Task, ...]":
    """Return every kind of work; all of it heeds ``stop``."""
    from syncd.ports.measures import Uncounted
    from syncd.services.kinds import Handlers, tasks
    from syncd.services.scheduling.extending import EXTENDER, Extension
    from syncd.services.scheduling.outcomes import TIMEKEEPER

    sync, reconciler = system.settings.sync, replace(system.reconciler, stop=stop)
    return tasks(
        Handlers(
            reconciler=reconciler,
            measures=system.measures or Uncounted(),
            delivery=system.delivery,
            claim_audit=system.claim_audit(reconciler),
            timekeeping=partial(system.terms, TIMEKEEPER),
            extension=Extension(partial(system.terms, EXTENDER)),
            digest=system.digest,
            pruning=system.pruning,
            alert_round=system.alerting.round,
            notices=system.alerting.notices,
            certificates=system.alerting.certificates(stop),
            rhythm=sync.rhythm(),
            calendars_at_once=sync.workers,
            per_host=sync.per_host,
            mails_at_once=system.settings.mail.connections,
            claims_again=timedelta(seconds=system.settings.claims.audit_interval),
        )
    )


def expect_work(system: "System", now: datetime) -> None:
    """Put on record what comes due by the calendar alone: reports, pruning, and the rounds of alerts."""
    from syncd.services.work.stopping import Stop

    system.digest.expect(now)
    system.pruning.expect(now)
    system.alerting.round.expect(now)
    system.alerting.certificates(Stop()).expect(now)
