"""Sends spans of work and of requests, and what is counted, to a collector. It names ids and codes, and nobody."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from structlog.contextvars import get_contextvars

from syncd import __version__
from syncd.core.errors import SyncdError
from syncd.core.sync.drift import Drift
from syncd.core.work import WorkKind
from syncd.ports.measures import Measures

_NANO = 1_000_000_000
_WAIT_SECONDS = 5
"""So long a collector is waited for; what it does not take is dropped, and work goes on."""


class Telemetry:
    """Tells a collector what `counters` count, and what each unit of work did and for how long."""

    def __init__(self, endpoint: str, counters: Measures, *, every: float = 60.0) -> None:
        """``endpoint``: the collector's address, to which /v1/traces and /v1/metrics are added.

        ``counters`` go on being counted. ``every``: seconds between two reports of metrics.
        """
        base = endpoint.rstrip("/")
        about = Resource.create({"service.name": "syncd", "service.version": __version__})
        logging.getLogger("opentelemetry").setLevel(logging.ERROR)  # a collector that is away is said at each attempt
        self._tracers = TracerProvider(resource=about, shutdown_on_exit=False)
        spans = OTLPSpanExporter(endpoint=f"{base}/v1/traces", timeout=_WAIT_SECONDS)
        self._tracers.add_span_processor(BatchSpanProcessor(spans))
        metrics = OTLPMetricExporter(endpoint=f"{base}/v1/metrics", timeout=_WAIT_SECONDS)
        reader = PeriodicExportingMetricReader(metrics, export_interval_millis=every * 1000)
        self._meters = MeterProvider(resource=about, metric_readers=[reader], shutdown_on_exit=False)
        self._tracer = self._tracers.get_tracer("syncd")
        self._counters = counters
        meter = self._meters.get_meter("syncd")
        self._requests = meter.create_counter("syncd.requests", description="Requests to calendar servers.")
        self._cycles = meter.create_counter("syncd.cycles", description="Cycles of calendars.")
        self._durations = meter.create_histogram("syncd.cycle.duration", unit="s")
        self._drifts = meter.create_counter("syncd.drifts.found", description="Drifts that cycles found.")
        self._detections = meter.create_histogram("syncd.detection.duration", unit="s")
        self._resolutions = meter.create_histogram("syncd.resolution.duration", unit="s")
        self._losses = meter.create_counter("syncd.leases.lost")

    @contextmanager
    def work(self, kind: WorkKind, subject: str) -> Iterator["Work"]:
        """Give a span for a unit of work; one that ends by an error is marked with the error's code."""
        facts = {"syncd.kind": str(kind), "syncd.subject": subject, **_correlation()}
        with self._tracer.start_as_current_span(
            f"work {kind}", attributes=facts, record_exception=False, set_status_on_exception=False
        ) as span:
            work = Work(span)
            try:
                yield work
            except Exception as error:
                work.failed(error.code if isinstance(error, SyncdError) else type(error).__name__)
                raise

    def request(self, method: str, status: int, seconds: float) -> None:
        """Count a request, and note it in the span of the work that it was made for."""
        self._counters.request(method, status, seconds)
        facts: dict[str, str | int] = {"http.request.method": method, "http.response.status_code": status}
        self._requests.add(1, facts)
        end = time.time_ns()
        begin = end - int(seconds * _NANO)
        self._tracer.start_span(method, kind=SpanKind.CLIENT, attributes=facts, start_time=begin).end(end)

    def cycle(self, seconds: float, trouble: str | None) -> None:
        """Count a calendar's cycle."""
        self._counters.cycle(seconds, trouble)
        facts = {"outcome": "failed" if trouble else "done", **({"code": trouble} if trouble else {})}
        self._cycles.add(1, facts)
        self._durations.record(seconds)

    def lease_lost(self, kind: WorkKind) -> None:
        """Count a unit of work that somebody else took over."""
        self._counters.lease_lost(kind)
        self._losses.add(1, {"kind": str(kind)})

    def drift(self, drift: Drift) -> None:
        """Count a drift that a cycle found."""
        self._counters.drift(drift)
        for kind in drift.kinds:
            self._drifts.add(1, {"kind": str(kind), "severity": str(drift.severity)})
        if drift.edited_at is None:
            return
        self._detections.record(max((drift.detected_at - drift.edited_at).total_seconds(), 0))
        if drift.resolved_at is not None:
            self._resolutions.record(max((drift.resolved_at - drift.edited_at).total_seconds(), 0))

    def close(self) -> None:
        """Send what is left, and end. A collector that does not answer is given up after some seconds."""
        self._tracers.shutdown()
        self._meters.shutdown(timeout_millis=_WAIT_SECONDS * 1000)


class Work:
    """A unit of work that is being traced."""

    def __init__(self, span: Span) -> None:
        """Note what becomes of it in ``span``."""
        self._span = span

    def failed(self, code: str) -> None:
        """Note that it failed; an error's own words may quote anything and stay out."""
        self._span.set_attribute("syncd.code", code)
        self._span.set_status(Status(StatusCode.ERROR, code))


def _correlation() -> dict[str, str]:
    """Return the id that the log's lines of this work carry."""
    known = get_contextvars().get("correlation")
    return {"syncd.correlation": str(known)} if known else {}
