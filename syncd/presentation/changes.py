"""An edit in one line: what was published, what stands there now."""

from collections.abc import Iterable
from datetime import datetime

from syncd.core.events.findings import Finding
from syncd.presentation.dates import day, minute

_LONGEST = 40
_MOST = 3


def before_after(findings: Iterable[Finding]) -> str:
    """Return findings as one line: ``moved: Tue 2026-12-01 10:00 → 11:30``, the first few of them."""
    told = [one_change(finding) for finding in findings]
    more = f" and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return "; ".join(told[:_MOST]) + more


def one_change(finding: Finding) -> str:
    """Return one finding: its kind, of which instance, and from what to what."""
    kind = str(finding.kind).replace("_", " ")
    which = f" of {day(finding.recurrence_id)}" if finding.recurrence_id else ""
    if finding.published is None and finding.observed is None:
        return f"{kind}{which}"
    return f"{kind}{which}: {from_to(finding.published, finding.observed)}"


def from_to(before: str | None, after: str | None) -> str:
    """Return two values as ``before → after``; of two times of one day the second is the time alone."""
    old, new = _moment(before), _moment(after)
    if old and new:
        return f"{minute(old)} → {new:%H:%M}" if old.date() == new.date() else f"{minute(old)} → {minute(new)}"
    return f"{_value(before, old)} → {_value(after, new)}"


def _moment(text: str | None) -> datetime | None:
    """Return the time that a value of a finding says; a mere date is left as it is."""
    try:
        return datetime.fromisoformat(text) if text and "T" in text else None
    except ValueError:
        return None


def _value(text: str | None, moment: datetime | None) -> str:
    if moment:
        return minute(moment)
    shown = " ".join((text or "").split()) or "nothing"
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
