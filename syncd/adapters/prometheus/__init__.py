"""Metrics in Prometheus's text format: what this process counted, and what the record says when it is asked."""

from syncd.adapters.prometheus.counters import COUNTERS
from syncd.adapters.prometheus.exposition import exposition

__all__ = ["COUNTERS", "exposition"]
