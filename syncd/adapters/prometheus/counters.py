"""What this process counted since it began; a reload of the settings does not set it back."""

from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector

from syncd.core.sync.drift import Drift
from syncd.core.work import WorkKind

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_WAITS = (10, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, _HOUR, 6 * _HOUR, _DAY)
_CYCLES = (0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 2 * _MINUTE)

REGISTRY = CollectorRegistry()
PlatformCollector(REGISTRY)
ProcessCollector(registry=REGISTRY)

_cycles = Counter("syncd_cycles", "Cycles of calendars, by how they ended.", ["outcome"], registry=REGISTRY)
_troubles = Counter("syncd_cycle_troubles", "Cycles that failed, by the error's code.", ["code"], registry=REGISTRY)
_seconds = Histogram("syncd_cycle_seconds", "How long a cycle took.", buckets=_CYCLES, registry=REGISTRY)
_requests = Counter(
    "syncd_requests",
    "Requests to calendar servers, by how they were answered.",
    ["method", "status"],
    registry=REGISTRY,
)
_found = Counter("syncd_drifts_found", "Drifts that cycles found.", ["kind", "severity"], registry=REGISTRY)
_detection = Histogram(
    "syncd_detection_seconds",
    "From an edit to its detection, where the edit left a time.",
    buckets=_WAITS,
    registry=REGISTRY,
)
_resolution = Histogram(
    "syncd_resolution_seconds",
    "From an edit to its being put right by a cycle, where the edit left a time.",
    buckets=_WAITS,
    registry=REGISTRY,
)
_lost = Counter(
    "syncd_leases_lost",
    "Units of work that somebody else took over while this process was at them.",
    ["kind"],
    registry=REGISTRY,
)
for _kind in WorkKind:
    _lost.labels(str(_kind))
for _outcome in ("done", "failed"):
    _cycles.labels(_outcome)  # what never happened is 0, not absent


class _Counters:
    """`syncd.ports.measures.Measures` of this process."""

    def request(self, method: str, status: int, seconds: float) -> None:  # noqa: ARG002 - none asks
        """Count a request to a calendar server by how it was answered."""
        _requests.labels(method, str(status)).inc()

    def cycle(self, seconds: float, trouble: str | None) -> None:
        """Count a calendar's cycle that took so long."""
        _cycles.labels("failed" if trouble else "done").inc()
        _seconds.observe(seconds)
        if trouble:
            _troubles.labels(trouble).inc()

    def lease_lost(self, kind: WorkKind) -> None:
        """Count a unit of work that somebody else took over while this process was at it."""
        _lost.labels(str(kind)).inc()

    def drift(self, drift: Drift) -> None:
        """Count a drift that a cycle found; one of several kinds counts to each."""
        for kind in drift.kinds:
            _found.labels(str(kind), str(drift.severity)).inc()
        if drift.edited_at is None:
            return
        _detection.observe(max((drift.detected_at - drift.edited_at).total_seconds(), 0))
        if drift.resolved_at is not None:
            _resolution.observe(max((drift.resolved_at - drift.edited_at).total_seconds(), 0))


COUNTERS = _Counters()
