"""Drifts: list, look up, decide; and what a detector makes of two bodies."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from syncd.core.access.permissions import Permission
from syncd.core.events.findings import Kind, Severity
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import DriftStatus
from syncd.core.times import zone
from syncd.entrypoints.web.api.answering import listed, part_of, shown
from syncd.entrypoints.web.api.caller import Caller, Reader, Writer, as_if_none
from syncd.entrypoints.web.api.route import router
from syncd.entrypoints.web.api.shapes import drifts as shapes
from syncd.entrypoints.web.api.values import ID, Bound, Paged
from syncd.ics.explain import explain
from syncd.ports.store.lists import DriftFilter, DriftSort
from syncd.presentation.documents.drifts import comparison_document, drift_document
from syncd.services.decisions.drifts import Decisions

routes = router("drifts")


class Wanted(Paged):
    """Which drifts."""

    status: DriftStatus | None = None
    severity: Severity | None = None
    kind: Kind | None = None
    provider: Annotated[str | None, Field(max_length=320, description="only this provider's")] = None
    calendar: Annotated[str | None, Field(max_length=60, description="only in this calendar")] = None
    since: Annotated[Bound | None, Field(description="only those detected then or later")] = None
    until: Annotated[Bound | None, Field(description="only those detected before")] = None
    search: Annotated[str | None, Field(max_length=100, description="in a name, the place or an id")] = None
    sort: DriftSort = DriftSort.FOUND


@routes.get("/drifts", response_model=shapes.Drifts)
def list_drifts(caller: Reader, asked: Annotated[Wanted, Query()]) -> Response:
    """List drifts, the newest first; ``sort=urgent`` gives the gravest first."""
    with caller.system.store.reading() as tx:
        wanted = DriftFilter(
            status=asked.status,
            severity=asked.severity,
            kind=asked.kind,
            provider_id=caller.whose(tx, asked.provider),
            calendar_id=asked.calendar,
            found_from=asked.since,
            found_before=asked.until,
            text=asked.search,
        )
        found = tx.lists.drifts(wanted, part_of(asked, asked.sort))
    return listed("drifts", found, lambda row: drift_document(row.drift))


@routes.get("/drifts/{drift_id}", response_model=shapes.Drift)
def show_drift(caller: Reader, drift_id: ID) -> Response:
    """Show a drift with its findings: what was published and what stood there."""
    with caller.system.store.reading() as tx, as_if_none(f"No drift {drift_id!r}."):
        found = tx.drifts.get(drift_id)
        caller.check_sees(found.provider_id)
    return shown(drift_document(found))


@routes.post("/drifts/{drift_id}/revert", response_model=shapes.Drift)
def revert_drift(caller: Writer, drift_id: ID, asked: shapes.Decision) -> Response:
    """Put the edit right: the calendar gets what the practice's record says, silently and in place."""
    decisions = _decisions(caller, drift_id)
    return shown(drift_document(decisions.revert(drift_id, caller.terms(), asked.note)))


@routes.post("/drifts/{drift_id}/accept", response_model=shapes.Drift)
def accept_drift(caller: Writer, drift_id: ID, asked: shapes.Acceptance) -> Response:
    """Take the edit over: a proper reschedule or cancellation of the appointment, with its messages."""
    decisions, terms = _decisions(caller, drift_id), caller.terms(Party.PROVIDER)
    done = decisions.accept(drift_id, terms, asked.note, allow_overlap=asked.allow_overlap)
    return shown(drift_document(done))


@routes.post("/drifts/{drift_id}/dismiss", response_model=shapes.Drift)
def dismiss_drift(caller: Writer, drift_id: ID, asked: shapes.Decision) -> Response:
    """Leave texts as the provider wrote them. Times, presence and recurrence cannot be dismissed."""
    decisions = _decisions(caller, drift_id)
    return shown(drift_document(decisions.dismiss(drift_id, caller.terms(), asked.note)))


@routes.post("/drift-explanations", response_model=shapes.Comparison)
def explain_bodies(_caller: Reader, bodies: shapes.TwoBodies) -> Response:
    """Say what a detector makes of two bodies of one resource. Neither store nor server is asked."""
    observed = None if bodies.observed is None else bodies.observed.encode()
    where = zone(bodies.timezone) if bodies.timezone else None
    comparison = explain(bodies.published.encode(), observed, [one.encode() for one in bodies.also], where)
    return shown(comparison_document(comparison))


def _decisions(caller: Caller, drift_id: str) -> Decisions:
    """Return what decides on a drift that is the caller's to decide."""
    with caller.system.store.reading() as tx, as_if_none(f"No drift {drift_id!r}."):
        found = tx.drifts.get(drift_id)
        caller.check_sees(found.provider_id)
    caller.require(Permission.DECIDE_DRIFT, found.provider_id)
    return Decisions(caller.system.reconciler)
