"""Drifts with their findings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import eq, ge, itemgetter, lt
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, case, delete, select

from syncd.adapters.db import tables
from syncd.adapters.db.due import DueWork
from syncd.adapters.db.rows import Repository, given, local_time_or_none, local_values, parts
from syncd.core.events.findings import Finding, Kind, Severity
from syncd.core.reporting.hooks import HookEvent
from syncd.core.sync.drift import Answer, Drift, DriftAction, DriftStatus
from syncd.ports.store.sync import DriftQuery

_table = tables.drifts
_findings = tables.drift_findings
_concerned = tables.drift_appointments
_TOLD = (HookEvent.DRIFT_OPENED, HookEvent.DRIFT_RESOLVED)


class SqlDrifts(Repository):
    """Drifts, in the database. What changes of one bears on the claims of the sessions that it concerns."""

    def __init__(self, connection: Connection, *, read_only: bool, making: DueWork) -> None:
        """Use ``connection``; ``read_only``: take no locks; ``making``: what makes work due."""
        super().__init__(connection, read_only=read_only)
        self._making = making

    def add(self, drift: Drift) -> None:
        """Store a new one; the same edit must not be open already."""
        taken = "That edit is an open drift already. See: syncd drift list --status open"
        also = [{"drift_id": drift.id, "appointment_id": one} for one in drift.also_concerned]
        with self._making.happenings.of_claims(drift.concerned):
            self._insert(_table, _values(drift), taken)
            self._insert(_findings, _finding_rows(drift), "")
            # The database itself adds the drift's own appointment, and holds the claims of all of them.
            self._insert(_concerned, also, "")
        self._making.happenings.drift(drift, None)
        self._making.for_claims_of(drift.concerned)
        self._making.for_drift()

    def get(self, drift_id: str) -> Drift:
        """Return one, locked until the transaction ends."""
        query = self._locked(select(_table).where(_table.c.id == drift_id))
        return self.whole([self._one(query, _missing(drift_id))])[0]

    def save(self, drift: Drift) -> None:
        """Store a changed one."""
        happenings = self._making.happenings
        before = self._status_of(drift.id) if happenings.wants(*_TOLD) else drift.status
        with happenings.of_claims(drift.concerned):
            self._save(_table, _values(drift), _missing(drift.id))
        happenings.drift(drift, before)
        self._connection.execute(delete(_findings).where(_findings.c.drift_id == drift.id))
        self._insert(_findings, _finding_rows(drift), "")
        self._making.for_claims_of(drift.concerned)
        if drift.status is not DriftStatus.OPEN:
            self._making.for_drift()

    def _status_of(self, drift_id: str) -> DriftStatus:
        query = select(_table.c.status).where(_table.c.id == drift_id)
        return DriftStatus(self._one(query, _missing(drift_id))["status"])

    def waiting(self, most: int) -> Sequence[Drift]:
        """Return those that wait for a person's decision, the gravest first, then the oldest."""
        gravity = case({str(one): one.rank for one in Severity}, value=_table.c.severity)
        waiting = select(_table).where(_table.c.status == DriftStatus.OPEN, _table.c.due_at.is_(None))
        return self.whole(self._many(waiting.order_by(gravity, _table.c.detected_at, _table.c.id).limit(most)))

    def list(self, query: DriftQuery) -> Sequence[Drift]:
        """Return those that fit, newest first."""
        found = select(_table).where(
            *given(
                (_table.c.status, eq, query.status),
                (_table.c.provider_id, eq, query.provider_id),
                (_table.c.calendar_id, eq, query.calendar_id),
                (_table.c.publication_id, eq, query.publication_id),
                (_table.c.answer, eq, query.answer),
                (_table.c.detected_at, ge, query.since),
                (_table.c.detected_at, lt, query.until),
            )
        )
        if query.appointment_id is not None:
            about = select(_concerned.c.drift_id).where(_concerned.c.appointment_id == query.appointment_id)
            found = found.where(_table.c.id.in_(about))
        if query.kind is not None:
            found = found.where(_table.c.kinds.contains(_words([query.kind]), autoescape=True))
        if query.after is not None:
            found = found.where(
                self._beyond(_table, _table.c.detected_at, query.after, _missing(query.after), descending=True)
            )
        return self.whole(self._many(found.order_by(_table.c.detected_at.desc(), _table.c.id).limit(query.limit)))

    def concerning(self, appointment_ids: Iterable[str]) -> Sequence[Drift]:
        """Return those that concern any of these appointments, oldest first."""
        about = (
            select(_concerned.c.drift_id).where(_concerned.c.appointment_id.in_(part))
            for part in parts(appointment_ids)
        )
        return self._oldest_first(_table.c.id.in_(found) for found in about)

    def concerned_by(self, drift_ids: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """Return the ids of the appointments that each of these drifts concerns."""
        concerned: defaultdict[str, list[str]] = defaultdict(list)
        for part in parts(drift_ids):
            of_these = select(_concerned).where(_concerned.c.drift_id.in_(part))
            for row in self._many(of_these.order_by(_concerned.c.appointment_id)):
                concerned[row["drift_id"]].append(row["appointment_id"])
        return concerned

    def open_on(self, publication_ids: Iterable[str]) -> Sequence[Drift]:
        """Return the open ones on these publications, oldest first."""
        is_open = _table.c.status == DriftStatus.OPEN
        return self._oldest_first(and_(is_open, _table.c.publication_id.in_(part)) for part in parts(publication_ids))

    def _oldest_first(self, conditions: Iterable[ColumnElement[bool]]) -> Sequence[Drift]:
        rows = {row["id"]: row for condition in conditions for row in self._many(select(_table).where(condition))}
        return self.whole(sorted(rows.values(), key=itemgetter("detected_at", "id")))

    def whole(self, rows: Sequence[RowMapping]) -> Sequence[Drift]:
        """Return the drifts of these rows, each with its findings and what they concern."""
        findings: defaultdict[str, list[Finding]] = defaultdict(list)
        concerned = self.concerned_by(row["id"] for row in rows)
        for part in parts(row["id"] for row in rows):
            of_these = select(_findings).where(_findings.c.drift_id.in_(part))
            for row in self._many(of_these.order_by(_findings.c.drift_id, _findings.c.position)):
                findings[row["drift_id"]].append(_finding(row))
        return [_drift(row, tuple(findings[row["id"]]), concerned[row["id"]]) for row in rows]


def _missing(drift_id: str) -> str:
    return f"No drift {drift_id!r}. See: syncd drift list"


def _words(kinds: Iterable[Kind]) -> str:
    return f" {' '.join(kinds)} "  # blanks around each, so that a search for one finds no part of another


def _values(drift: Drift) -> dict[str, Any]:
    return {
        "id": drift.id,
        "publication_id": drift.publication_id,
        "appointment_id": drift.appointment_id,
        "calendar_id": drift.calendar_id,
        "provider_id": drift.provider_id,
        "kinds": _words(drift.kinds),
        "severity": drift.severity,
        "fingerprint": drift.fingerprint,
        "action": drift.action,
        "rule": drift.rule,
        "detected_at": drift.detected_at,
        "status": drift.status,
        "claim_date_changes": drift.claim_date_changes,
        "edited_at": drift.edited_at,
        "due_at": drift.due_at,
        "resolved_at": drift.resolved_at,
        "resolved_by": drift.resolved_by,
        "note": drift.note,
        "copies": drift.copies,
        "answer": drift.answer,
        "answered_at": drift.answered_at,
    }


def _finding_rows(drift: Drift) -> list[dict[str, Any]]:
    return [
        {
            "drift_id": drift.id,
            "position": position,
            "kind": finding.kind,
            "severity": finding.severity,
            "field": finding.field,
            "published": finding.published,
            "observed": finding.observed,
            **local_values("recurrence", finding.recurrence_id),
        }
        for position, finding in enumerate(drift.findings)
    ]


def _finding(row: RowMapping) -> Finding:
    return Finding(
        kind=Kind(row["kind"]),
        severity=Severity(row["severity"]),
        field=row["field"],
        published=row["published"],
        observed=row["observed"],
        recurrence_id=local_time_or_none(row, "recurrence"),
    )


def _drift(row: RowMapping, findings: tuple[Finding, ...], concerned: Iterable[str]) -> Drift:
    return Drift(
        id=row["id"],
        publication_id=row["publication_id"],
        appointment_id=row["appointment_id"],
        calendar_id=row["calendar_id"],
        provider_id=row["provider_id"],
        kinds=tuple(Kind(word) for word in row["kinds"].split()),
        severity=Severity(row["severity"]),
        findings=findings,
        fingerprint=row["fingerprint"],
        action=DriftAction(row["action"]),
        rule=row["rule"],
        detected_at=row["detected_at"],
        status=DriftStatus(row["status"]),
        claim_date_changes=row["claim_date_changes"],
        edited_at=row["edited_at"],
        due_at=row["due_at"],
        resolved_at=row["resolved_at"],
        resolved_by=row["resolved_by"],
        note=row["note"],
        copies=tuple(row["copies"]),
        answer=Answer(row["answer"]) if row["answer"] else None,
        answered_at=row["answered_at"],
        also_concerned=tuple(one for one in concerned if one != row["appointment_id"]),
    )
