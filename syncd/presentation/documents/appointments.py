"""Appointments, with what was agreed, what happened to them, and how far a series goes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from syncd.core.scheduling.appointments import Appointment, Cancellation, Change
from syncd.core.scheduling.reasons import Reason
from syncd.core.times import instant
from syncd.presentation.history import sentence
from syncd.services.scheduling.appointments import Extent, Story


def appointment_document(one: Appointment) -> dict[str, Any]:
    """Return an appointment; times are ISO 8601 with the offset of its own zone."""
    return {
        "id": one.id,
        "uid": one.uid,
        "provider": one.provider_id,
        "client": one.client_id,
        "start": one.start.isoformat(),
        "end": one.end.isoformat(),
        "minutes": one.minutes,
        "timezone": one.timezone,
        "date_of_service": one.date_of_service.isoformat(),
        "status": one.status.value,
        "location": one.location,
        "sequence": one.sequence,
        "series": one.series_id,
        "recurrence_id": one.recurrence_id.isoformat() if one.recurrence_id else None,
        "version": one.version,
    }


def story_document(story: Story, reasons: Iterable[Reason]) -> dict[str, Any]:
    """Return an appointment with why it was cancelled and its history, each line with a ``sentence``.

    ``reasons`` are those that the practice has for cancelling.
    """
    one, known = story.appointment, tuple(reasons)
    history = [{**_line(change), "sentence": sentence(change, one.timezone, known)} for change in story.history]
    return {**appointment_document(one), "cancellation": _cancellation(one.cancellation), "history": history}


def booked_document(one: Appointment, extent: Extent | None) -> dict[str, Any]:
    """Return an appointment that was just booked; the first one of a series with how far the series ``repeats``.

    ``sessions`` and ``last`` are None for a series without an end; ``booked`` of them stand in the store by now, up to
    ``booked_until``.
    """
    return {**appointment_document(one), "repeats": _repeats(extent) if extent else None}


def cancelled_document(one: Appointment, now: datetime) -> dict[str, Any]:
    """Return an appointment that was just cancelled, with the reason, a fee that is due, and the client's notice."""
    notice = (instant(one.start) - instant(now)).total_seconds() / 3600
    cancellation = _cancellation(one.cancellation)
    return {**appointment_document(one), "cancellation": cancellation, "notice_hours": round(notice, 1)}


def _repeats(extent: Extent) -> dict[str, Any]:
    return {
        "rule": extent.rule,
        "sessions": extent.sessions,
        "last": extent.last.isoformat() if extent.last else None,
        "booked": extent.booked,
        "booked_until": extent.booked_until.isoformat(),
    }


def _line(change: Change) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(),
        "kind": change.kind,
        "by": change.by.value,
        "actor": change.actor,
        "before": change.before,
        "after": change.after,
        "note": change.note,
    }


def _cancellation(why: Cancellation | None) -> dict[str, Any] | None:
    if why is None:
        return None
    fee = why.fee
    return {
        "reason": why.reason,
        "note": why.note,
        "message": why.message,
        "by": why.by.value,
        "at": why.at.isoformat(),
        "fee": fee
        and {
            "minor": fee.amount.minor,
            "currency": fee.amount.currency,
            "waived": fee.waived,
            "decided_by": fee.decided_by,
        },
    }
