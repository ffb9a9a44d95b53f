"""The alerts of this moment, from the record; no calendar is asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from syncd.core.claims.holds import stands_by_it
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.reporting.alerts import (
    Alert,
    Objectives,
    of_calendar,
    of_drifts,
    of_failing,
    of_mail,
    of_meant,
    of_work,
)
from syncd.core.sync.drift import Answer, Drift, DriftStatus
from syncd.core.work import WorkKind
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Transaction
from syncd.services.work.showing import LATE_AFTER

LOOK_WITHIN = timedelta(minutes=30)
"""So long after the last look at a calendar somebody is told; longer where calendars are polled more seldom."""

PROOF_LASTS = timedelta(hours=48)
"""How long a full comparison counts: twice the time between two by default."""

_DRIFTS_SHOWN = 200
_MISSED_LOOKS = 3


def objectives(interval: timedelta) -> Objectives:
    """Return how long things may take where calendars are looked at every ``interval``."""
    return Objectives(look=max(LOOK_WITHIN, interval * _MISSED_LOOKS), proof=PROOF_LASTS, work=LATE_AFTER)


def alerts(tx: Transaction, now: datetime, within: Objectives) -> list[Alert]:
    """Return what somebody should act on, the gravest kind first."""
    drifts = tx.drifts.list(DriftQuery(status=DriftStatus.OPEN, limit=_DRIFTS_SHOWN))
    return [*of_drifts(drifts, tx.counts.open_drifts()), *_others(tx, now, within)]


def number_of_alerts(tx: Transaction, now: datetime, within: Objectives) -> int:
    """Return how many alerts there are, without a look at each drift."""
    drifts = tx.counts.open_drifts()
    return min(drifts, _DRIFTS_SHOWN) + (drifts > _DRIFTS_SHOWN) + len(_others(tx, now, within))


def _others(tx: Transaction, now: datetime, within: Objectives) -> list[Alert]:
    calendars = [of_calendar(calendar, now, within) for calendar in tx.calendars.list()]
    loads = tx.works.load(now, LATE_AFTER)
    return [
        *of_meant(_meant(tx)),
        *(alert for alert in calendars if alert),
        *of_work(loads, now, within),
        *of_mail(tx.counts.messages()[MessageStatus.FAILED], loads[WorkKind.MESSAGE], now, within),
        *of_failing(tx.works.failing()),
    ]


def _meant(tx: Transaction) -> Iterator[Drift]:
    """Yield the edits that were put back and that their providers stand by, where the record says otherwise still."""
    for drift in tx.drifts.list(DriftQuery(answer=Answer.MEANT, limit=_DRIFTS_SHOWN)):
        for one in map(tx.appointments.get, sorted(drift.concerned)):
            words = tx.claims.attestations(one.id)
            if stands_by_it(drift, one, words[-1] if words else None):
                yield drift
                break
