"""The making of a drift: the record of what was found on a resource and of what is done about it."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime

from syncd.core.events.findings import Comparison, Finding, Severity
from syncd.core.events.snapshot import Snapshot
from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.drift import Drift
from syncd.core.sync.policy import Choice
from syncd.core.sync.publication import Publication
from syncd.core.sync.resource import Resource
from syncd.core.times import instant


def drift_of(resource: Resource, found: Comparison, choice: Choice, now: datetime, note: str = "") -> Drift:
    """Return the record of what was found on a resource and of what is done about it."""
    edit = fingerprint(found.findings)
    concerned = concerned_sessions(resource.sessions, found.findings)
    ahead = [session for session in concerned if instant(session.end) >= now]
    named, *others = dict.fromkeys(session.id for session in (*ahead, *concerned))
    is_filed = not resource.filed.isdisjoint((named, *others))
    return Drift(
        id=_drift_id(resource.publication, edit, now),
        publication_id=resource.publication.id,
        appointment_id=named,
        also_concerned=tuple(others),
        calendar_id=resource.publication.calendar_id,
        provider_id=resource.provider.id,
        kinds=found.kinds,
        severity=Severity.CLAIM_DATE if is_filed else found.severity or Severity.CONTENT,
        findings=found.findings,
        fingerprint=edit,
        action=choice.action,
        rule=choice.rule,
        claim_date_changes=found.claim_date_changes,
        detected_at=now,
        edited_at=edited_at(resource),
        due_at=choice.until,
        copies=tuple(other.href for other in resource.others),
        note=note,
    )


def fingerprint(findings: Sequence[Finding]) -> str:
    """Return what identifies an edit: the same fields of the same instances now say the same."""
    lines = sorted(f"{f.kind}|{f.recurrence_id}|{f.field}|{f.observed}" for f in findings)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def concerned_sessions(sessions: Sequence[Appointment], findings: Sequence[Finding]) -> tuple[Appointment, ...]:
    """Return the sessions that the findings are about: the instances they name, or all when one is about the whole."""
    named = {instant(f.recurrence_id) for f in findings if f.recurrence_id is not None}
    if not named or any(f.recurrence_id is None for f in findings):
        return tuple(sessions)
    hit = tuple(s for s in sessions if s.recurrence_id is not None and instant(s.recurrence_id) in named)
    return hit or tuple(sessions)


def edited_at(resource: Resource) -> datetime | None:
    """Return when the calendar says that the edit was made, None where it does not.

    A program that leaves LAST-MODIFIED alone leaves the time of our own write there, which is no time of an edit's.
    """
    snapshot = resource.observed.snapshot if resource.observed else None
    if not isinstance(snapshot, Snapshot) or snapshot.last_modified is None:
        return None
    left = resource.published_snapshot.last_modified if resource.published_snapshot else None
    return None if left is not None and snapshot.last_modified <= left else snapshot.last_modified


def _drift_id(publication: Publication, edit: str, now: datetime) -> str:
    digest = hashlib.sha256(f"{publication.id}|{edit}|{now.isoformat()}".encode()).digest()
    return "drift-" + base64.b32hexencode(digest)[:10].decode().lower()
