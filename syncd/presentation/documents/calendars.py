"""Calendars, and what became of working a held one again."""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from syncd.core.sync.calendars import Calendar
from syncd.core.work import Work
from syncd.presentation.documents.moments import iso
from syncd.services.sync.calendars import nothing_published

if TYPE_CHECKING:
    from syncd.services.decisions.resuming import Resumed


def calendar_document(calendar: Calendar, work: Work | None = None, waiting: int = 0) -> dict[str, Any]:
    """Return a calendar; neither the login's secret nor the cursor is in it.

    ``waiting`` counts the events of a calendar in which nothing was ever published.
    """
    return {
        "id": calendar.id,
        "provider": calendar.provider_id,
        "kind": str(calendar.kind),
        "name": calendar.name,
        "url": calendar.url,
        "state": str(calendar.state),
        "capabilities": asdict(calendar.capabilities),
        "plain_events": calendar.is_plain,
        "plain_http": calendar.plain_http,
        "mode": str(calendar.mode),
        "privacy": str(calendar.privacy) if calendar.privacy else None,
        "objective": calendar.objective // timedelta(minutes=1) if calendar.objective else None,
        "note": nothing_published(waiting) if waiting else None,
        "due_at": iso(work.due_at) if work else None,
        "attempts": work.attempts if work else 0,
        "last_tried_at": iso(calendar.last_tried_at),
        "last_synced_at": iso(calendar.last_synced_at),
        "last_proven_equal_at": iso(calendar.last_proven_equal_at),
        "last_error": (work.last_error if work else None) or calendar.last_error,
    }


def resumed_document(resumed: "Resumed") -> dict[str, Any]:
    """Return what became of a person's word on a held calendar."""
    return {
        "state": str(resumed.state),
        "reverted": resumed.reverted,
        "settled": resumed.settled,
        "errors": [asdict(error) for error in resumed.errors],
    }
