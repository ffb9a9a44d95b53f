"""Fail when fewer of a package's branches were taken by the tests than asked for (coverage's JSON report)."""

import json
import sys
from pathlib import Path


def share_of_branches(report: str, package: str) -> float:
    """Return the percentage of branches under ``package`` that were taken; 100 where there is none."""
    files = json.loads(Path(report).read_text())["files"]
    summaries = [file["summary"] for name, file in files.items() if name.startswith(f"{package}/")]
    branches = sum(summary["num_branches"] for summary in summaries)
    taken = sum(summary["covered_branches"] for summary in summaries)
    return 100 * taken / branches if branches else 100.0


def main(report: str, least: str, *packages: str) -> int:
    """Print each package's share; return 1 if one has less than ``least`` percent."""
    shares = {package: share_of_branches(report, package) for package in packages}
    sys.stdout.write("".join(f"{package}: {share:.1f} % of branches\n" for package, share in shares.items()))
    return int(any(share < float(least) for share in shares.values()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
