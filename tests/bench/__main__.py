"""Measure, print, store in build/bench.json, and exit with 1 where a budget or the baseline is exceeded.

``--baseline`` makes what is measured now the baseline. Names of sections after it measure these alone.
"""

import sys

from syncd.entrypoints.logs import configure
from syncd.settings.sections import LoggingSection
from tests.bench import adapter, cycle, peers, startup
from tests.bench.measure import BASELINE, RESULT, read_baseline, report, store

SECTIONS = {"adapter": adapter.rows, "cycle": cycle.rows, "peers": peers.rows, "startup": startup.rows}
"""What is measured, in order: functions that return rows."""

configure(LoggingSection(level="warning"))
wanted = [name for name in sys.argv[1:] if name in SECTIONS] or list(SECTIONS)
rows = [row for name in wanted for row in SECTIONS[name]()]
store(rows, BASELINE if "--baseline" in sys.argv else RESULT)
sys.exit(0 if report(rows, read_baseline()) else 1)
