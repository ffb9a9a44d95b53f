"""One cycle of one calendar: observe → match → decide → plan → guard → apply.

Level-triggered: a cycle looks at what is, never at what woke it. ``observe`` asks the server, ``gather`` lays what was
seen beside what the store wants, the core decides and plans, ``apply`` carries the plan out, ``cycle`` is the whole.
"""

from syncd.services.sync.reconcile.calendar_lease import load_calendar
from syncd.services.sync.reconcile.outcome import as_observed
from syncd.services.sync.reconcile.reconciler import PlanChangedError, Reconciler, Resumption
from syncd.services.sync.reconcile.report import CycleError, CycleReport, Seen, total
from syncd.services.sync.reconcile.withholding import WriteWithheldError, check_writes

__all__ = [
    "CycleError",
    "CycleReport",
    "PlanChangedError",
    "Reconciler",
    "Resumption",
    "Seen",
    "WriteWithheldError",
    "as_observed",
    "check_writes",
    "load_calendar",
    "total",
]
