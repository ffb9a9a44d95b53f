"""What is told of alerts, and how a test of the channels went."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncd.presentation.documents.moments import iso
from syncd.presentation.documents.standing import alert_document

if TYPE_CHECKING:
    from syncd.core.reporting.alerts import Alert
    from syncd.core.reporting.telling import Condition, Telling
    from syncd.services.reporting.notices import Tried


def telling_document(told: "Telling", at: datetime, console: str) -> dict[str, Any]:
    """Return what is said at a moment: what is new, what still lasts, and what is over."""
    return {
        "at": iso(at),
        "new": [_condition_document(one, console) for one in told.new],
        "again": [_condition_document(one, console) for one in told.again],
        "over": [_condition_document(one, console) for one in told.over],
    }


def tried_document(alert: "Alert", tried: Sequence["Tried"], console: str) -> dict[str, Any]:
    """Return how a test of every channel went."""
    return {
        "ok": all(one.ok for one in tried),
        "alerts": [alert_document(alert, console)],
        "channels": [one._asdict() for one in tried],
    }


def _condition_document(one: "Condition", console: str) -> dict[str, Any]:
    return {**alert_document(one.alert, console), "since": iso(one.since), "until": iso(one.gone_at)}
