"""What the log is told of each action that was carried out: ids, kinds and dates, and nothing that an event says."""

from collections.abc import Iterable

import structlog

from syncd.core.sync.actions import Adopt, AnyAction, Create, Delete, Held, Revert, Update
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.resource import Resource
from syncd.services.sync.reconcile.outcome import how_it_ended

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def tell(action: AnyAction, recorded: Iterable[Drift], *, withheld: bool) -> None:
    """Log what an action wrote, and each drift that it recorded or put back. ``withheld``: it wrote nothing."""
    publication = action.resource.publication
    if _wrote(action) and not withheld:
        log.info("event written", act=str(action.act), source=publication.source.id, href=publication.href)
    for drift in recorded:
        _tell_drift(drift, action.resource)
    if isinstance(action, Adopt) and action.closes is not None and how_it_ended(action) is DriftStatus.REVERTED:
        _tell_put_back(action.closes, action.resource)  # the answer to the write itself was lost


def _wrote(action: AnyAction) -> bool:
    if isinstance(action, Held):
        return action.body is not None
    return isinstance(action, Create | Update | Delete | Revert)


def _tell_drift(drift: Drift, resource: Resource) -> None:
    if drift.status is DriftStatus.REVERTED:
        _tell_put_back(drift, resource)
        return
    log.info(
        "drift recorded",
        drift=drift.id,
        appointment=drift.appointment_id,
        kinds=[str(kind) for kind in drift.kinds],
        severity=str(drift.severity),
        status=str(drift.status),
        action=str(drift.action),
        rule=drift.rule,
    )


def _tell_put_back(drift: Drift, resource: Resource) -> None:
    """Log that an edit was put back, with the date that the claim goes on to have."""
    dates = {one.id: one.date_of_service.isoformat() for one in resource.sessions}
    log.info(
        "drift put back",
        drift=drift.id,
        appointment=drift.appointment_id,
        kinds=[str(kind) for kind in drift.kinds],
        severity=str(drift.severity),
        claim_date=dates.get(drift.appointment_id),
        claim_date_changes=drift.claim_date_changes,
    )
