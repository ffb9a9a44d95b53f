"""Measure what people and programs ask of a record of many years, and exit with 1 where a budget is exceeded.

    python -m tests.growth [--share 1.0] [--url postgresql://... [--filled]]

Without an address it fills an SQLite database in memory (/dev/shm): two gigabytes and some minutes at the share of 1.0.
A database of PostgreSQL has to be empty.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from syncd.adapters.db import upgrade
from tests.growth.measures import measure, report
from tests.growth.years import Years, fill


def main() -> bool:
    """Fill a database, measure, and tell whether all budgets hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.growth")
    parser.add_argument("--share", type=float, default=1.0, help="how much of the million appointments there is")
    parser.add_argument("--url", help="an empty database; default: SQLite in memory")
    parser.add_argument("--filled", action="store_true", help="the database at --url was filled before")
    given = parser.parse_args()
    now = datetime.now(UTC)
    room = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    with TemporaryDirectory(dir=room if room.is_dir() else None) as folder:
        url = given.url or f"sqlite:///{folder}/syncd.db"
        if not given.filled:
            upgrade(url)
            fill(url, Years(now=now).scaled(given.share))
        return report(measure(url, now))


sys.exit(0 if main() else 1)
