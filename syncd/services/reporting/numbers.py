"""The record's numbers at one moment, for whoever watches from outside: counted by the store, no record is loaded."""

from collections import Counter
from datetime import datetime
from itertools import product

from syncd.core.claims.claim import ClaimStatus
from syncd.core.events.findings import Severity
from syncd.core.reporting.alerts import Objectives, of_calendar
from syncd.core.sync.drift import DriftStatus
from syncd.ports.measures import Numbers
from syncd.ports.store.transaction import Store
from syncd.services.reporting.status import standings
from syncd.services.work.showing import LATE_AFTER


def numbers(store: Store, now: datetime, within: Objectives) -> Numbers:
    """Look at the record; what there is none of is 0, not absent. ``within``: see `status`."""
    with store.reading() as tx:
        worked = [calendar for calendar in tx.calendars.list() if calendar.state.is_worked]
        proven = {calendar.id: calendar.last_proven_equal_at for calendar in worked}
        drifts, claims = tx.counts.drifts(), tx.counts.claims()
        return Numbers(
            calendars=tx.counts.calendars(),
            standing=standings(tx, now, within),
            drifts={(status, severity): drifts.get((status, severity), 0) for status, severity in _DRIFTS},
            messages=tx.counts.messages(),
            claims=claims,
            held_claims=claims[ClaimStatus.HELD],
            work=tx.works.load(now, LATE_AFTER),
            proof_ages={one: max((now - at).total_seconds(), 0.0) for one, at in proven.items() if at},
            never_proven=Counter(proven.values())[None],
            modes=tx.counts.modes(),
            withheld=tx.counts.withheld(),
            unproven=sum(of_calendar(calendar, now, within) is not None for calendar in worked),
        )


_DRIFTS = tuple(product(DriftStatus, Severity))
