"""Measure, print, and exit with 1 where a budget is exceeded."""

import sys

from tests.bench import adapter, cycle
from tests.bench.measure import report

SECTIONS = (adapter.rows, cycle.rows)
"""What is measured, in order: functions that return rows."""

sys.exit(0 if report([row for section in SECTIONS for row in section()]) else 1)
