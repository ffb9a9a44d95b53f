"""The alerts of this moment, from the record; no calendar is asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from syncd.core.claims.holds import stands_by_it
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.reporting.alerts import (
    DRIFT_OPEN,
    LASTING,
    Alert,
    Objectives,
    gravest_first,
    of_addresses,
    of_calendar,
    of_claims,
    of_drifts,
    of_failing,
    of_failing_cycles,
    of_mail,
    of_meant,
    of_notices,
    of_work,
)
from syncd.core.reporting.notices import OUT_OF_DATE
from syncd.core.reporting.watching import of_observations
from syncd.core.sync.drift import Answer, Drift
from syncd.core.work import ALERT_ROUND, WorkKind
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Transaction
from syncd.services.work.showing import LATE_AFTER

LOOK_WITHIN = timedelta(minutes=30)
"""So long after the last look at a calendar somebody is told; longer where calendars are polled more seldom."""

PROOF_LASTS = timedelta(hours=48)
"""How long a full comparison counts: twice the time between two by default."""

_DRIFTS_SHOWN = 200
_MISSED_LOOKS = 3
_AS_GOOD_AS_NOW = timedelta(minutes=3)


class Seen(NamedTuple):
    """The alerts as they were at a moment, the gravest first."""

    at: datetime
    alerts: list[Alert]


def objectives(interval: timedelta, proof: timedelta = PROOF_LASTS) -> Objectives:
    """Return how long things may take where calendars are looked at every ``interval``."""
    return Objectives(look=max(LOOK_WITHIN, interval * _MISSED_LOOKS), proof=proof, work=LATE_AFTER)


def alerts(tx: Transaction, now: datetime, within: Objectives) -> list[Alert]:
    """Return what somebody should act on, the gravest first."""
    drifts = of_drifts(tx.drifts.waiting(_DRIFTS_SHOWN), tx.counts.waiting_drifts())
    return list(gravest_first([*drifts, *_others(tx, now, within)]))


def not_all_shown(found: list[Alert]) -> frozenset[str]:
    """Return the codes of which not all are among the alerts, since there are too many."""
    is_cut = sum(alert.code == DRIFT_OPEN for alert in found) >= _DRIFTS_SHOWN
    return frozenset({DRIFT_OPEN}) if is_cut else frozenset()


def last_seen(tx: Transaction, now: datetime, within: Objectives) -> Seen:
    """Return what the last round found, where one was made lately; else look anew. For pages: it costs little."""
    last = tx.works.get(WorkKind.ALERT, ALERT_ROUND)
    if last is None or last.last_success_at is None or last.last_success_at < now - _AS_GOOD_AS_NOW:
        return Seen(now, alerts(tx, now, within))
    there = [one.alert for one in tx.conditions.list() if one.gone_at is None]
    return Seen(last.last_success_at, list(gravest_first(there)))


def number_of_alerts(tx: Transaction, now: datetime, within: Objectives) -> int:
    """Return how many alerts there are, without a look at each drift."""
    drifts = tx.counts.waiting_drifts()
    return min(drifts, _DRIFTS_SHOWN) + (drifts > _DRIFTS_SHOWN) + len(list(_others(tx, now, within)))


def _others(tx: Transaction, now: datetime, within: Objectives) -> Iterator[Alert]:
    unwell = tx.calendars.unwell(now, within)
    calendars = [alert for one in unwell if (alert := of_calendar(one, now, within))]
    failing, loads = tx.works.failing(), tx.works.load(now, LATE_AFTER)
    yield from of_meant(_meant(tx))
    yield from calendars
    yield from of_failing_cycles(failing, calendars)
    yield from of_work(loads, now, within)
    waiting = tx.messages.longest_waiting()
    why = tx.works.get(WorkKind.MESSAGE, waiting.id) if waiting else None
    put_aside = tx.counts.messages()[MessageStatus.FAILED]
    yield from of_mail(put_aside, loads[WorkKind.MESSAGE], now, within, waiting, why)
    yield from of_addresses(tx.inbound.marked())
    yield from of_claims(*tx.counts.claims_held_before((now - within.claims).date()), within)
    yield from of_failing(failing)
    yield from of_notices(tx.notices.undelivered(now - 2 * OUT_OF_DATE, LASTING - 1))
    yield from of_observations(tx.observations.list(), now, within)


def _meant(tx: Transaction) -> Iterator[Drift]:
    """Yield the edits that were put back and that their providers stand by, where the record says otherwise still."""
    for drift in tx.drifts.list(DriftQuery(answer=Answer.MEANT, limit=_DRIFTS_SHOWN)):
        for one in map(tx.appointments.get, sorted(drift.concerned)):
            words = tx.claims.attestations(one.id)
            if stands_by_it(drift, one, words[-1] if words else None):
                yield drift
                break
