"""The answer to a scrape: this process's counters, and the record's numbers as they are now."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import CollectorRegistry

from syncd import __version__
from syncd.adapters.prometheus.counters import REGISTRY
from syncd.ports.measures import Numbers

_MINUTE, _HOUR = 60, 3600
_AGES = (5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 6 * _HOUR, 24 * _HOUR, 48 * _HOUR)
_NAMED_CALENDARS = 50
"""So many calendars, those proven longest ago, are named: a practice of thousands must not cost its Prometheus."""


def exposition(numbers: Numbers, connections: Mapping[str, int]) -> bytes:
    """Return all metrics in the text format (version 0.0.4).

    ``connections``: to the database, ``in_use`` and ``idle``, and the ``most`` that this process may have.
    """
    record = CollectorRegistry(auto_describe=False)
    record.register(_Record(numbers, connections))
    return generate_latest(REGISTRY) + generate_latest(record)


class _Record:
    """A collector (`prometheus_client.registry.Collector`) of numbers that were counted already."""

    def __init__(self, numbers: Numbers, connections: Mapping[str, int]) -> None:
        self._numbers = numbers
        self._connections = connections

    def collect(self) -> Iterable[Metric]:
        """Yield every metric, the same names at all times."""
        numbers = self._numbers
        python = ".".join(map(str, sys.version_info[:3]))
        yield InfoMetricFamily("syncd_build", "The program.", {"version": __version__, "python": python})
        yield _by("syncd_calendars", "Calendars by state.", ["state"], _one_label(numbers.calendars))
        yield _by("syncd_calendars_in_mode", "Calendars by mode.", ["mode"], _one_label(numbers.modes))
        yield GaugeMetricFamily("syncd_withheld", "Events that a calendar's mode keeps unwritten.", numbers.withheld)
        yield _by("syncd_publications", "Published events by standing.", ["standing"], _one_label(numbers.standing))
        yield _by("syncd_drifts", "Drifts on record.", ["status", "severity"], numbers.drifts)
        yield _by("syncd_outbox_messages", "Messages by status.", ["status"], _one_label(numbers.messages))
        yield _by("syncd_claims", "Claims by status as last settled.", ["status"], _one_label(numbers.claims))
        yield GaugeMetricFamily("syncd_held_claims", "Claims that must not be filed yet.", numbers.held_claims)
        yield from _work(numbers)
        yield from _database(self._connections)
        yield from _proofs(numbers)


def _work(numbers: Numbers) -> Iterable[Metric]:
    due = {(kind,): load.due for kind, load in numbers.work.items()}
    late = {(kind,): load.late for kind, load in numbers.work.items()}
    seconds = {(kind,): load.late_seconds for kind, load in numbers.work.items()}
    yield _by("syncd_work_due", "Units of work that are due.", ["kind"], due)
    yield _by("syncd_work_late", "Units of work that have waited too long.", ["kind"], late)
    yield _by("syncd_work_late_seconds", "How long the unit that is due longest has waited.", ["kind"], seconds)


def _database(connections: Mapping[str, int]) -> Iterable[Metric]:
    used = {(state,): connections[state] for state in ("in_use", "idle")}
    yield _by("syncd_database_connections", "This process's connections to its database.", ["state"], used)
    says = "How many connections to its database this process may have."
    yield GaugeMetricFamily("syncd_database_connections_most", says, connections["most"])


def _proofs(numbers: Numbers) -> Iterable[Metric]:
    ages = sorted(numbers.proof_ages.items(), key=lambda one: one[1], reverse=True)
    oldest = ages[0][1] if ages else 0
    yield GaugeMetricFamily("syncd_proof_age_seconds", "Age of the calendars' oldest proof of equality.", oldest)
    named = {(calendar,): age for calendar, age in ages[:_NAMED_CALENDARS]}
    yield _by("syncd_calendar_proof_age_seconds", "The same, of the calendars proven longest ago.", ["calendar"], named)
    yield GaugeMetricFamily("syncd_calendars_never_proven", "Worked calendars without a proof.", numbers.never_proven)
    says = "Worked calendars that were not looked at, or not proven equal, within their objective."
    yield GaugeMetricFamily("syncd_calendars_unproven", says, numbers.unproven)
    buckets = [(str(float(edge)), float(sum(age <= edge for _, age in ages))) for edge in _AGES]
    buckets.append(("+Inf", float(len(ages))))
    yield HistogramMetricFamily(
        "syncd_proof_ages_seconds",
        "Worked calendars by the age of their last proof of equality.",
        buckets=buckets,
        sum_value=sum(age for _, age in ages),
    )


def _one_label(numbers: Mapping[Any, int]) -> Mapping[tuple[str], int]:
    return {(word,): number for word, number in numbers.items()}


def _by(name: str, says: str, labels: list[str], numbers: Mapping[Any, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=labels)
    for values, number in numbers.items():
        family.add_metric(list(values), number)
    return family
