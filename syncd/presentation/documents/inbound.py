"""Mail that came in."""

from typing import Any

from syncd.core.inbound.outcomes import WORDS, Received
from syncd.presentation.documents.moments import exact


def received_document(received: Received) -> dict[str, Any]:
    """Return a mail that came in: what it changed, and why where it changed nothing."""
    return {
        "effect": str(received.effect),
        "party": str(received.party) if received.party else "unknown",
        "appointment": received.appointment_id,
        "recurrence_id": exact(received.recurrence_id),
        "drift": received.drift_id,
        "message": received.id,
        "reason": str(received.reason),
        "words": WORDS[received.reason],
        "proposed": exact(received.proposed),
        "comment": received.comment,
        "about": received.about,
    }


def listed_document(received: Received) -> dict[str, Any]:
    """Return a mail as a list has it: with when and from whom it came."""
    return {
        "id": received.id,
        "received_at": received.received_at.isoformat(),
        "sender": received.sender,
        "message_id": received.message_id,
        "channel": received.channel,
        "method": received.method,
        "uid": received.uid,
        "size": received.size,
        **received_document(received),
    }
