"""Spans and metrics at a collector that speaks OpenTelemetry's protocol, and what happens where there is none."""

import sys
import time
from datetime import timedelta

import pytest

from syncd.adapters.opentelemetry import Telemetry
from syncd.adapters.prometheus import COUNTERS
from syncd.bootstrap import build
from syncd.core.work import LeaseLostError, WorkKind
from syncd.ports.errors import ConfigurationError
from syncd.ports.measures import Uncounted
from syncd.services.work.correlation import correlated
from syncd.settings import Settings
from syncd.settings.serving import TelemetrySection
from tests.claims.builders import a_drift
from tests.telemetry.collector import collecting, facts


def test_a_unit_of_work_and_its_requests() -> None:
    """The requests are parts of the work's span, which carries the id that the log's lines carry."""
    with collecting() as collector:
        telemetry = Telemetry(collector.url, Uncounted())
        with correlated(), telemetry.work(WorkKind.CALENDAR, "cal-1"):
            telemetry.request("REPORT", 207, 0.25)
            telemetry.request("PUT", 412, 0.01)
        telemetry.close()
    report, put, work = collector.spans
    assert [one.name for one in (report, put, work)] == ["REPORT", "PUT", "work calendar"]
    assert {report.parent_span_id, put.parent_span_id} == {work.span_id}
    assert facts(put) == {"http.request.method": "PUT", "http.response.status_code": 412}
    assert 0.24e9 < report.end_time_unix_nano - report.start_time_unix_nano < 0.26e9
    told = facts(work)
    assert (told["syncd.kind"], told["syncd.subject"]) == ("calendar", "cal-1")
    assert told["syncd.correlation"]


def test_work_that_fails() -> None:
    """Is marked by its code. What an error says stays out: it may quote a person."""
    with collecting() as collector:
        telemetry = Telemetry(collector.url, Uncounted())
        for error in (ZeroDivisionError("Robin Roe"), LeaseLostError(subject="Robin Roe")):
            with pytest.raises(type(error)), telemetry.work(WorkKind.MESSAGE, "msg-1"):
                raise error
        with telemetry.work(WorkKind.CLAIM, "clm-1") as work:
            work.failed("unavailable")
        telemetry.close()
    codes = [facts(one)["syncd.code"] for one in collector.spans]
    assert codes == ["ZeroDivisionError", LeaseLostError.code, "unavailable"]
    assert all(one.status.code == one.status.STATUS_CODE_ERROR for one in collector.spans)
    assert b"Robin" not in b"".join(body for _, body in collector.bodies)


def test_what_is_counted() -> None:
    """Goes to the collector and to whoever scrapes, alike."""
    drift = a_drift()
    with collecting() as collector:
        telemetry = Telemetry(collector.url, COUNTERS)
        telemetry.cycle(0.2, "login_refused")
        telemetry.request("GET", 200, 0.1)
        telemetry.lease_lost(WorkKind.CLAIM)
        telemetry.drift(drift)
        telemetry.close()
    assert collector.metrics >= {
        "syncd.cycles", "syncd.cycle.duration", "syncd.requests", "syncd.leases.lost", "syncd.drifts.found"
    }  # fmt: skip


def test_a_collector_that_is_away() -> None:
    """Costs the work nothing, and the end some seconds at most."""
    with collecting() as collector:
        url = collector.url
    telemetry = Telemetry(url, Uncounted())
    began = time.monotonic()
    for _ in range(1000):
        with telemetry.work(WorkKind.CALENDAR, "cal-1"):
            telemetry.request("REPORT", 207, 0.1)
    assert time.monotonic() - began < 5
    telemetry.close()
    assert time.monotonic() - began < timedelta(seconds=30).total_seconds()


def test_without_its_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is to tell a collector says what to install; one that is not needs none of them."""
    for name in [name for name in sys.modules if name.startswith(("opentelemetry", "syncd.adapters.opentelemetry"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    told = Settings(telemetry=TelemetrySection(endpoint="http://127.0.0.1:4318"))
    with pytest.raises(ConfigurationError, match=r"syncd\[otel\]"):
        _ = build(told, measures=COUNTERS).telemetry
    assert build(told).telemetry is None
    assert build(Settings(), measures=COUNTERS).telemetry is None
