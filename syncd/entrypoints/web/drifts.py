"""The list of edits: filter, search, sort, and choose those that are to be decided alike."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from syncd.core.sync.drift import DriftStatus
from syncd.entrypoints.web.listing import Asked, Choice
from syncd.entrypoints.web.pages import page
from syncd.entrypoints.web.visitor import SomeVisitor, TheSystem
from syncd.ports.store.lists import DriftFilter, DriftSort, Part
from syncd.ports.store.transaction import Transaction
from syncd.presentation import labels
from syncd.presentation.edits import claim_dates, headline

router = APIRouter(include_in_schema=False)

_ANY = Choice("any", "At any time")
_AGES = (_ANY, Choice("1", "Over an hour ago"), Choice("24", "Over a day ago"), Choice("168", "Over 7 days ago"))
_SESSIONS = (_ANY, Choice("24", "In the next 24 hours"), Choice("168", "In the next 7 days"), Choice("past", "Past"))
_WEEK = timedelta(days=7)

MOST_AT_ONCE = 50
"""As many edits are decided by one form."""


@router.get("/drifts")
def drifts(request: Request, system: TheSystem, visitor: SomeVisitor) -> Response:
    """List edits, those that wait for a decision unless others are asked for."""
    asked = Asked(request)
    with system.store.reading() as tx:
        people = tx.lists.providers(None, Part(size=100, counted=False)).rows if visitor.scope is None else []
        wanted = drift_filter(asked, visitor.scope, visitor.now, {one.id: one.name for one in people})
        part = asked.part(DriftSort, DriftSort.URGENT)
        found = tx.lists.drifts(wanted, part)
        by_itself = _put_back_lately(tx, visitor.scope, visitor.now) if not found.rows else 0
    values: dict[str, Any] = {
        "view": asked.view(found, part, descending=[DriftSort.FOUND]),
        "may_bulk": visitor.scope is None and visitor.may("decide_drift"),
        "most_at_once": MOST_AT_ONCE,
        "headline": headline,
        "claim_dates": claim_dates,
        "waits": wanted.status is DriftStatus.OPEN,
        "by_itself": by_itself,
    }
    return page(request, "drifts.html", is_wide=True, **values)


def drift_filter(asked: Asked, scope: str | None, now: datetime, people: dict[str, str]) -> DriftFilter:
    """Return which drifts an address asks for; ``scope``: a provider's own."""
    status = asked.word("status", "Status", _STATUSES, everything="All", default=str(DriftStatus.OPEN))
    severity = asked.word("severity", "Concerns", _SEVERITIES, everything="All")
    kind = asked.word("kind", "Kind of edit", labels.KINDS, everything="All")
    provider = scope or asked.one_of("provider", "Provider", people)
    age = asked.choice("age", "Found", _AGES)
    session = asked.choice("session", "Session", _SESSIONS)
    return DriftFilter(
        status=status,
        severity=severity,
        kind=kind,
        provider_id=provider,
        calendar_id=asked.hidden("calendar"),
        found_before=None if age == "any" else now - timedelta(hours=int(age)),
        text=asked.text("Search", "provider, client, place or id"),
        session_from=None if session in {"any", "past"} else now,
        session_before=_session_before(session, now),
    )


_STATUSES = {status: label.text for status, label in labels.DRIFTS.items()}
_SEVERITIES = {severity: label.text for severity, label in labels.SEVERITIES.items()}


def _put_back_lately(tx: Transaction, scope: str | None, now: datetime) -> int:
    wanted = DriftFilter(status=DriftStatus.REVERTED, provider_id=scope, found_from=now - _WEEK)
    return tx.lists.drifts(wanted, Part(size=1)).total


def _session_before(session: str, now: datetime) -> datetime | None:
    if session == "any":
        return None
    return now if session == "past" else now + timedelta(hours=int(session))
