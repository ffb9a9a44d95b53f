"""The outgoing mail."""

from datetime import datetime
from typing import Any

from syncd.core.messaging.outbox import Message
from syncd.presentation.documents.moments import exact


def message_document(message: Message, next_attempt_at: datetime | None = None) -> dict[str, Any]:
    """Return a message; ``next_attempt_at`` is given where it waits."""
    return {
        "id": message.id,
        "kind": message.kind,
        "appointment": message.appointment_id,
        "recipient": message.recipient,
        "method": message.method,
        "uid": message.uid,
        "sequence": message.sequence,
        "status": str(message.status),
        "attempts": message.attempts,
        "created_at": message.created_at.isoformat(),
        "sent_at": exact(message.sent_at),
        "next_attempt_at": exact(next_attempt_at),
        "last_error": message.last_error,
    }
