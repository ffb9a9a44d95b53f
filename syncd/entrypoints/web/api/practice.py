"""How the whole stands: status, alerts, workers, what works, the settings, the audit trail, the drift report."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from syncd.adapters.report import report_page, report_table
from syncd.core.access.permissions import Permission
from syncd.core.audit.chain import Head
from syncd.core.errors import InvalidValueError
from syncd.entrypoints.web.api.answering import listed, part_of, shown
from syncd.entrypoints.web.api.caller import Reader, Writer
from syncd.entrypoints.web.api.route import router
from syncd.entrypoints.web.api.shapes import practice as shapes
from syncd.entrypoints.web.api.values import Bound, Given, Paged
from syncd.ports.store.audit import AuditQuery
from syncd.presentation.documents.alerting import tried_document
from syncd.presentation.documents.audit import record_document, verification_document
from syncd.presentation.documents.report import report_document
from syncd.presentation.documents.standing import alert_document, checks_document, status_document
from syncd.presentation.documents.work import workers_document
from syncd.services.audit.trail import verify
from syncd.services.reporting.alerts import alerts
from syncd.services.reporting.check import run as try_all
from syncd.services.reporting.report import Period, drift_report
from syncd.services.reporting.status import status
from syncd.services.work.showing import working
from syncd.settings.loading import explained

routes = router("practice")
_MONTH = timedelta(days=30)
_LONGEST_REPORT = timedelta(days=3 * 366)


class WantedRecords(Paged):
    """Which records."""

    subject: Annotated[str | None, Field(max_length=60, description="only about this appointment, claim …")] = None
    actor: Annotated[str | None, Field(max_length=200, description="only by this person or program")] = None
    action: Annotated[str | None, Field(max_length=60, description="only this; `claim` stands for all claim.*")] = None
    since: Annotated[Bound | None, Field(description="only from then on")] = None
    until: Annotated[Bound | None, Field(description="only before then")] = None


class NotedHead(Given):
    """A head that was noted earlier, outside the database."""

    head: Annotated[str | None, Field(max_length=100, pattern=r"^\d{1,12}:[0-9a-f]{1,80}$")] = None


class WantedReport(Given):
    """Of which period, and as what."""

    since: Annotated[Bound | None, Field(description="from then on; left out: 30 days before")] = None
    until: Annotated[Bound | None, Field(description="before then; left out: now")] = None
    format_: Annotated[Literal["json", "csv", "html"], Field(alias="format")] = "json"


@routes.get("/status", response_model=shapes.Status)
def show_status(caller: Reader) -> Response:
    """Show how all stands: the calendars, what waits, how old the proof is that all agree."""
    caller.require(Permission.READ_PRACTICE)
    found = status(caller.system.store, caller.now, caller.system.objectives)
    return shown(status_document(found, caller.now))


@routes.get("/alerts", response_model=shapes.Alerts)
def list_alerts(caller: Reader) -> Response:
    """List what somebody should act on now, the gravest first."""
    caller.require(Permission.READ_PRACTICE)
    with caller.system.store.reading() as tx:
        found = alerts(tx, caller.now, caller.system.objectives)
    return shown({"alerts": [alert_document(alert, caller.system.console) for alert in found]})


@routes.post("/alerts/test", response_model=shapes.TriedAlerts)
def test_alerts(caller: Writer) -> Response:
    """Send a test over each way by which alerts leave, and say what happened."""
    caller.require(Permission.MANAGE_SYSTEM)
    alert, tried = caller.system.alerting.notices.try_all(caller.principal, caller.now)
    return shown(tried_document(alert, tried, caller.system.console))


@routes.get("/workers", response_model=shapes.Workers)
def list_workers(caller: Reader) -> Response:
    """Show who works, and on what."""
    caller.require(Permission.READ_PRACTICE)
    return shown(workers_document(working(caller.system.store), caller.now))


@routes.post("/check", response_model=shapes.Checks)
def check_installation(caller: Writer) -> Response:
    """Try the database, the key, the mail transport and every calendar, and say how to mend what does not work."""
    caller.require(Permission.MANAGE_SYSTEM)
    return shown(checks_document(try_all(caller.system.probes(caller.now))))


@routes.get("/settings", response_model=shapes.Settings)
def list_settings(caller: Reader) -> Response:
    """Show every setting, its value and where that was set. Secrets are not shown."""
    caller.require(Permission.READ_PRACTICE)
    found = explained(in_force=caller.system.settings)
    return shown({"settings": [setting._asdict() for setting in found]})


@routes.get("/audit", response_model=shapes.Records)
def list_records(caller: Reader, asked: Annotated[WantedRecords, Query()]) -> Response:
    """List records of the audit trail, the latest first."""
    caller.require(Permission.READ_PRACTICE)
    wanted = AuditQuery(
        subject=asked.subject, actor=asked.actor, action=asked.action, since=asked.since, until=asked.until
    )
    with caller.system.store.reading() as tx:
        return listed("records", tx.lists.audit(wanted, part_of(asked)), lambda row: record_document(row.link))


@routes.post("/audit/verify", response_model=shapes.Verification)
def verify_trail(caller: Writer, asked: NotedHead) -> Response:
    """Follow the whole chain, and say whether it holds."""
    caller.require(Permission.MANAGE_SYSTEM)
    number, _, digest = (asked.head or "").partition(":")
    noted = Head(int(number), digest) if asked.head else None
    return shown(verification_document(verify(caller.system.store, noted)))


@routes.get(
    "/reports/drift",
    response_model=shapes.Report,
    responses={200: {"content": {"text/csv": {}, "text/html": {}}}},
)
def report_drift(caller: Reader, asked: Annotated[WantedReport, Query()]) -> Response:
    """Write the drift report: edits of a period, what was done, and what waits now."""
    caller.require(Permission.READ_PRACTICE)
    until = asked.until or caller.now
    since = asked.since or until - _MONTH
    if not timedelta(0) < until - since <= _LONGEST_REPORT:
        raise InvalidValueError("A report begins before its end, and is about three years at most.")
    settings = caller.system.settings
    period = Period(since, until, caller.now)
    document = report_document(
        drift_report(caller.system.store, settings.practice.name, period, settings.claims.rules())
    )
    if asked.format_ == "csv":
        return Response(report_table(document), media_type="text/csv")
    if asked.format_ == "html":
        return Response(report_page(document), media_type="text/html")
    return shown(document)
