"""An appointment's history in sentences: who did what, when, and from what to what."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from syncd.core.scheduling.appointments import Change
from syncd.core.scheduling.people import Party
from syncd.core.scheduling.reasons import OWN_REASONS, Reason
from syncd.core.times import zone
from syncd.core.wording import counted, day_and_time

_WHO = {
    Party.PROVIDER: "The provider",
    Party.CLIENT: "The client",
    Party.ADMIN: "The practice",
    Party.SYSTEM: "syncd",
}


def sentence(change: Change, timezone: str, reasons: Iterable[Reason]) -> str:
    """Return one line of history as a sentence; its times are in ``timezone``, the appointment's own."""
    at = day_and_time(change.at.astimezone(zone(timezone)))
    who = _WHO[change.by] if change.by is Party.SYSTEM else f"{_WHO[change.by]} ({change.actor})"
    note = f" Note: {change.note}" if change.note else ""
    return f"{at}: {who} {what(change, reasons)}.{note}"


def what(change: Change, reasons: Iterable[Reason]) -> str:
    """Return what was done, without when and by whom: ``cancelled it: The provider is ill``."""
    match change.kind:
        case "booked":
            return f"booked it for {_agreed(change.after)}"
        case "extended":
            return f"added it as the series went on, for {_agreed(change.after)}"
        case "cancelled":
            code = change.after.get("reason") or ""
            label = next((one.label for one in (*reasons, *OWN_REASONS) if one.code == code), code)
            return f"cancelled it: {label}" if label else "cancelled it"
        case "completed":
            return "noted that it took place"
        case "no_show":
            return "noted that the client did not come"
        case "carried_over":
            return "changed its series, and it kept its time and place"
        case _:
            return "; ".join(_differences(change)) or f"changed it ({change.kind})"


def _agreed(facts: dict[str, Any]) -> str:
    start, minutes, location = facts.get("start"), facts.get("minutes"), facts.get("location")
    parts = [_time(start) if start else "", counted(minutes, "minute") if minutes else "", location or ""]
    return ", ".join(filter(None, parts))


def _differences(change: Change) -> Iterator[str]:
    before, after = change.before, change.after
    if "start" in after:
        yield f"moved it from {_time(before.get('start'))} to {_time(after['start'])}"
    if "minutes" in after:
        yield f"made it {counted(after['minutes'], 'minute')} long instead of {before.get('minutes')}"
    if "location" in after:
        yield f"changed its place from {before.get('location') or 'none'} to {after['location'] or 'none'}"
    if "status" in after and not {"start", "minutes", "location"} & after.keys():
        yield f"changed its status from {before.get('status')} to {after['status']}"


def _time(text: Any) -> str:
    return day_and_time(datetime.fromisoformat(text)) if text else "an unknown time"
