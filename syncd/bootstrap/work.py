"""Every kind of work that a process does, with the parts that do it."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncd.adapters.opentelemetry import Telemetry
    from syncd.bootstrap.system import System
    from syncd.services.work.stopping import Stop
    from syncd.services.work.units import Done, Task, Unit


def tasks(system: "System", stop: "Stop") -> "tuple[Task, ...]":
    """Return every kind of work; all of it heeds ``stop``."""
    from syncd.bootstrap.api import hook_sender
    from syncd.services.kinds import Handlers, tasks
    from syncd.services.scheduling.extending import EXTENDER, Extension
    from syncd.services.scheduling.outcomes import TIMEKEEPER

    sync, reconciler = system.settings.sync, replace(system.reconciler, stop=stop)
    all_kinds = tasks(
        Handlers(
            reconciler=reconciler,
            measures=system.counting,
            delivery=system.delivery,
            claim_audit=system.claim_audit(reconciler),
            timekeeping=partial(system.terms, TIMEKEEPER),
            extension=Extension(partial(system.terms, EXTENDER)),
            digest=system.digest,
            pruning=system.pruning,
            alert_round=system.alerting.round,
            notices=system.alerting.notices,
            certificates=system.alerting.certificates(stop),
            hooks=hook_sender(system),
            fetching=system.inbound.fetching,
            rhythm=sync.rhythm(),
            calendars_at_once=sync.workers,
            per_host=sync.per_host,
            mails_at_once=system.settings.mail.connections,
            claims_again=timedelta(seconds=system.settings.claims.audit_interval),
        )
    )
    telemetry = system.telemetry
    return tuple(_traced(task, telemetry) for task in all_kinds) if telemetry else all_kinds


def _traced(task: "Task", telemetry: "Telemetry") -> "Task":
    """Return the same kind of work, each unit of it traced."""

    def handle(unit: "Unit") -> "Done":
        with telemetry.work(task.kind, unit.subject) as work:
            done = task.handle(unit)
            if done.trouble:
                work.failed(done.trouble.code)
            return done

    return replace(task, handle=handle)


def expect_work(system: "System", now: datetime) -> None:
    """Put on record what comes due by the calendar alone: reports, pruning, the rounds of alerts, the mailbox."""
    from syncd.services.work.stopping import Stop

    system.digest.expect(now)
    system.pruning.expect(now)
    system.alerting.round.expect(now)
    system.alerting.certificates(Stop()).expect(now)
    system.inbound.fetching.expect(system.store, now)
