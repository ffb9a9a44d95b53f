"""Webhooks, and what is on its way to them."""

from typing import Any

from syncd.core.reporting.hooks import HookDelivery
from syncd.presentation.documents.moments import exact


def delivery_document(delivery: HookDelivery) -> dict[str, Any]:
    """Return an event on its way to a webhook."""
    return {
        "id": delivery.id,
        "webhook": delivery.hook,
        "event": str(delivery.event),
        "subject": delivery.subject,
        "at": exact(delivery.at),
        "data": dict(delivery.data),
        "attempts": delivery.attempts,
        "sent_at": exact(delivery.sent_at),
        "given_up": delivery.given_up,
        "last_error": delivery.last_error,
    }
