"""The report's drifts as a CSV table, one line each."""

import csv
import io
from collections.abc import Mapping
from typing import Any

_COLUMNS = (
    "id",
    "detected_at",
    "edited_at",
    "provider_name",
    "calendar_name",
    "appointment",
    "kinds",
    "severity",
    "claim_date_changes",
    "found",
    "rule",
    "action",
    "status",
    "resolved_at",
    "resolved_by",
    "old_dates",
    "edited_dates",
    "filed_as",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def report_table(report: Mapping[str, Any]) -> str:
    """Return the table (RFC 4180). A name that a spreadsheet would take for a formula gets an apostrophe before it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore")
    writer.writeheader()
    for drift in report["drifts"]:
        dates = [each for each in report["claim_dates"] if each["drift"] == drift["id"]]
        row = {
            **drift,
            "edited_at": drift["edited_at"] or "unknown",
            "kinds": drift["kinds"],
            "old_dates": [each["old"] for each in dates],
            "edited_dates": [each["edited"] for each in dates],
            "filed_as": [each["filed_as"] for each in dates],
        }
        writer.writerow({column: _cell(row[column]) for column in _COLUMNS})
    return text.getvalue()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(dict.fromkeys(str(each) for each in value if each is not None))
        case _:
            text = str(value)
            return f"'{text}" if text.startswith(_FORMULA) else text
