"""Pages about the whole practice, to read: alerts, the audit trail, the report, settings, workers."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from syncd.adapters.report import report_table
from syncd.core.access.permissions import Permission
from syncd.core.errors import InvalidValueError
from syncd.core.reporting.alerts import Urgency
from syncd.core.sync.drift import DriftStatus
from syncd.entrypoints.web.forms import OwnForm
from syncd.entrypoints.web.listing import Asked, midnight
from syncd.entrypoints.web.pages import Told, gone_to, page, zone_of
from syncd.entrypoints.web.visitor import ForPractice, PracticeReader, TheSystem
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.lists import DriftFilter, DriftSort, MessageSort, Part
from syncd.presentation import labels, moments
from syncd.presentation.bars import bars
from syncd.presentation.documents.report import report_document
from syncd.presentation.documents.work import workers_document
from syncd.presentation.edits import claim_dates, headline
from syncd.presentation.trail import ACTIONS, told
from syncd.presentation.wording import for_pages
from syncd.services.audit.trail import verify
from syncd.services.reporting.alerts import last_seen
from syncd.services.reporting.report import Period, drift_report
from syncd.services.work.showing import working
from syncd.settings.loading import explained

router = APIRouter(include_in_schema=False)

_DAY, _MONTH = timedelta(days=1), timedelta(days=30)
_TONES = {Urgency.CRITICAL: "bad", Urgency.WARNING: "warn", Urgency.NOTICE: "info"}


@router.get("/alerts")
def alerts(request: Request, system: TheSystem, visitor: PracticeReader) -> Response:
    """List what somebody should act on, the gravest kind first."""
    with system.store.reading() as tx:
        found = last_seen(tx, visitor.now, system.objectives)
    rows = [
        {
            "code": one.code.replace("_", " ").capitalize(),
            "tone": _TONES[one.severity],
            "since": one.since,
            "cause": one.cause,
            "remedy": "" if one.remedy == for_pages(one.remedy) and "syncd " in one.remedy else for_pages(one.remedy),
            "href": one.place or "/workers",
        }
        for one in found.alerts
    ]
    return page(request, "alerts.html", rows=rows, as_of=found.at)


@router.get("/audit", dependencies=[ForPractice])
def audit(request: Request, system: TheSystem) -> Response:
    """List the audit trail, newest first."""
    asked = Asked(request)
    action = asked.one_of("action", "What", ACTIONS)
    actor = (asked.hidden("actor") or "").strip() or None
    since, until = asked.day("since", "From"), asked.day("until", "Until")
    part = asked.part(MessageSort, MessageSort.NEWEST)
    tz = zone_of(request)
    end = midnight(until, tz)
    wanted = AuditQuery(
        action=action,
        actor=actor,
        subject=asked.hidden("subject"),
        since=midnight(since, tz),
        until=end + _DAY if end else None,
    )
    with system.store.reading() as tx:
        found = tx.lists.audit(wanted, part)
    lines = [(one.link, told(one.link.record, one.provider, one.start)) for one in found.rows]
    return page(request, "audit.html", view=asked.view(found, part), lines=lines, is_wide=True)


@router.post("/audit/verify", dependencies=[OwnForm])
def verify_trail(request: Request, system: TheSystem, visitor: PracticeReader) -> Response:
    """Follow the whole chain, and say whether it holds."""
    visitor.require(Permission.MANAGE_SYSTEM)
    result = verify(system.store)
    head = f"{result.head.number}:{result.head.hash}"
    if result.ok:
        words = f"The trail is whole: {moments.number(result.head.number)} records. Note its head elsewhere: {head}"
        return gone_to(request, "/audit", Told(words))
    first = result.faults[0].message if result.faults else "its head is not the one that was noted"
    return gone_to(request, "/audit", Told(f"The trail is NOT whole: {first}", "bad"))


@router.get("/reports/drift")
def report(request: Request, system: TheSystem, visitor: PracticeReader) -> Response:
    """Show the drift report of a period; what is open now comes first."""
    asked = Asked(request)
    period = _period(asked, request, visitor.now)
    practice, rules = system.settings.practice.name, system.settings.claims.rules()
    found = drift_report(system.store, practice, period, rules)
    document = report_document(found)
    with system.store.reading() as tx:
        waiting = DriftFilter(status=DriftStatus.OPEN)
        open_now = tx.lists.drifts(waiting, Part(sort=DriftSort.URGENT, size=10, counted=False)).rows
        in_period = DriftFilter(found_from=period.since, found_before=period.until)
        rows = tx.lists.drifts(in_period, Part(sort=DriftSort.FOUND, size=50)).rows
    values: dict[str, Any] = {
        "asked": asked.filters,
        "document": document,
        "open_now": open_now,
        "rows": rows,
        "headline": headline,
        "claim_dates": claim_dates,
        "kinds": bars([(labels.KINDS[one["name"]], one["count"]) for one in document["drifts_by"]["kind"]]),
        "people": bars([(one["name"], one["count"]) for one in document["drifts_by"]["provider"]]),
        "days": document["over_time"],
        "length": moments.length,
        "query": request.url.query,
    }
    return page(request, "report.html", **values)


@router.get("/reports/drift.csv")
def report_csv(request: Request, system: TheSystem, visitor: PracticeReader) -> Response:
    """Return the drifts of a period as a table; it names no client."""
    period = _period(Asked(request), request, visitor.now)
    practice, rules = system.settings.practice.name, system.settings.claims.rules()
    document = report_document(drift_report(system.store, practice, period, rules))
    headers = {"Content-Disposition": f'attachment; filename="drifts-{period.since:%Y-%m-%d}.csv"'}
    return Response(report_table(document), media_type="text/csv; charset=utf-8", headers=headers)


def _period(asked: Asked, request: Request, now: datetime) -> Period:
    """Return the days that are asked for, both included; else the last 30 days."""
    since, until = asked.day("since", "From"), asked.day("until", "Until")
    tz = zone_of(request)
    last = midnight(until, tz)
    end = last + _DAY if last else now
    begin = midnight(since, tz) or end - _MONTH
    if begin >= end:
        raise InvalidValueError("The first day comes after the last one.")
    return Period(begin, end, now)


@router.get("/settings", dependencies=[ForPractice])
def settings(request: Request, system: TheSystem) -> Response:
    """Show every setting in force and where its value came from; secrets only as set or not."""
    config: Path | None = request.app.state.config
    sections: dict[str, list[dict[str, Any]]] = {}
    for one in explained(config, in_force=system.settings):
        section, _, key = one.key.rpartition(".")
        shown = {"key": key or section, "value": _value_said(one.value), "source": one.source}
        sections.setdefault(section or "general", []).append(shown)
    return page(request, "settings.html", sections=sections)


def _value_said(value: Any) -> str:
    match value:
        case None | "":
            return "not set"
        case bool():
            return "yes" if value else "no"
        case list():
            if any(isinstance(one, dict) for one in value):
                return ", ".join(str(one.get("name") or one.get("code") or "…") for one in value)
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)


@router.get("/workers")
def workers(request: Request, system: TheSystem, visitor: PracticeReader) -> Response:
    """Show who works on what, how much is due, and what fails."""
    document = workers_document(working(system.store), visitor.now)
    with system.store.reading() as tx:
        loads, failing = tx.works.load(visitor.now, _LATE), tx.works.failing()
    values: dict[str, Any] = {
        "workers": [
            {**one, "seen": _moment(one["seen_at"]), "started": _moment(one["started_at"])}
            for one in document["workers"]
        ],
        "loads": loads,
        "failing": failing,
        "length": moments.length,
    }
    return page(request, "workers.html", **values)


_LATE = timedelta(minutes=15)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
