"""The drift report: what it tells, and how it is drawn."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from lxml import html

from syncd.adapters.db import SqlStore
from syncd.adapters.report import report_digest, report_page, report_table
from syncd.adapters.report.charts import WIDTH, columns, rows
from syncd.adapters.report.page import _length
from syncd.presentation.documents.report import report_document
from syncd.services.reporting.report import Period
from tests.report.fortnight import SINCE, UNTIL, a_report, furnish

DAY = timedelta(days=1)


@pytest.fixture
def document(sqlite_store: SqlStore) -> dict[str, Any]:
    furnish(sqlite_store)
    return report_document(a_report(sqlite_store))


@pytest.fixture
def empty(sqlite_store: SqlStore) -> dict[str, Any]:
    return report_document(a_report(sqlite_store))


def found(page: str, path: str) -> list[Any]:
    """Return what an XPath finds in a page."""
    nodes = html.document_fromstring(page).xpath(path)
    assert isinstance(nodes, list)
    return nodes


def counted(counts: list[dict[str, Any]]) -> dict[str, int]:
    return {each["name"]: each["count"] for each in counts}


def test_what_the_report_counts(document: dict[str, Any]) -> None:
    """Drifts of the period, and no others, by everything that tells them apart."""
    by = {name: counted(counts) for name, counts in document["drifts_by"].items()}
    assert document["totals"]["drifts"] == 5
    assert document["totals"]["open"] == 1
    assert by["kind"] == {"moved": 4, "declined": 1}
    assert by["severity"] == {"claim_date": 4, "presence": 1}
    assert by["provider"] == {"Dana <Doe> & Sons": 5}
    assert by["calendar"] == {"Dana <Doe> & Sons: Practice appointments": 4, "Noor Hadid: Work": 1}
    assert by["found"] == {"calendar": 3, "feed": 1, "reply": 1}
    assert by["action"] == {"revert": 4, "flag": 1}
    assert by["status"] == {"reverted": 4, "open": 1}
    assert counted(document["over_time"])["2026-12-02"] == 2
    assert len(document["over_time"]) == 14


def test_how_long_it_took(document: dict[str, Any]) -> None:
    """Median and 95th percentile, in seconds; and of how many nobody knows when they were made."""
    assert document["time_to_detect"] == {"count": 4, "median_seconds": 120, "p95_seconds": 180, "unknown": 1}
    assert document["time_to_resolve"] == {"count": 4, "median_seconds": 30, "p95_seconds": 30}


def test_claim_dates_that_would_have_been_wrong(document: dict[str, Any]) -> None:
    """Each with the date as it was and as it was edited, and what became of the claim."""
    first = document["claim_dates"][0]
    assert (first["appointment"], first["old"], first["edited"]) == ("apt-3", "2026-12-03", "2026-12-04")
    assert (first["claim"], first["filed_as"]) == ("held", None)
    assert len(document["claim_dates"]) == document["totals"]["claim_dates"] == 4


def test_holds(document: dict[str, Any]) -> None:
    """Those of sessions that are over, with how long they have lasted and what lifts them."""
    assert counted(document["holds"]["by_code"]) == {"not_observed": 4, "open_drift": 1}
    declined = next(row for row in document["holds"]["open"] if row["code"] == "open_drift")
    assert (declined["appointment"], declined["seconds"]) == ("apt-4", 10 * 86_400 + 8 * 3600)
    assert "syncd drift" in declined["lifted_by"]


def test_calendars_that_cannot_be_read(document: dict[str, Any]) -> None:
    """Each with its state and what went wrong."""
    (calendar,) = document["calendars"]
    assert (calendar["id"], calendar["state"]) == ("cal-broken", "unreachable")
    assert calendar["last_error"] == "The server did not answer."


def test_what_was_edited_again_and_again(document: dict[str, Any]) -> None:
    """The appointment, the edit and how often."""
    (repeat,) = document["repeats"]
    assert (repeat["appointment"], repeat["kinds"], repeat["count"]) == ("apt-2", ["moved"], 2)


def test_the_report_as_json(document: dict[str, Any]) -> None:
    """Is plain data, and names no client."""
    assert "Secret" not in json.dumps(document)


def test_the_page(document: dict[str, Any]) -> None:
    """Is well formed, needs nothing beside it, runs no script, and escapes what people are called."""
    page = report_page(document)
    assert "<Doe>" not in page
    assert found(page, "//script | //link | //img | //*[@onclick or @src]") == []
    assert not re.search(r"url\(|@import|https?://", page)
    assert len(found(page, "//svg[@role='img' and @aria-label]")) == 8
    assert {len(table.xpath(".//tr")) for table in found(page, "//table")} == {2, 3, 5, 6}


def test_cells_on_a_telephone(document: dict[str, Any]) -> None:
    """Every cell carries its column's title, which a narrow screen shows beside it."""
    tables = found(report_page(document), "//table")
    assert len(tables) == 6
    for table in tables:
        titles = [head.text for head in table.xpath(".//th")]
        for row in table.xpath(".//tbody/tr"):
            assert [cell.get("data-title") for cell in row.xpath("td")] == titles


def test_the_page_on_nothing(empty: dict[str, Any]) -> None:
    """Says so."""
    page = report_page(empty)
    assert len(found(page, "//p[text()='None.']")) == 13
    assert found(page, "//section//td/text()")[:4] == ["From edit to detection", "0", "–", "–"]


def test_the_table(document: dict[str, Any]) -> None:
    """Has a line for every drift, with its dates."""
    table = list(csv.DictReader(io.StringIO(report_table(document), newline="")))
    assert len(table) == 5
    moved = next(row for row in table if row["id"] == "drift-moved-3")
    assert (moved["kinds"], moved["old_dates"], moved["edited_dates"]) == ("moved", "2026-12-03", "2026-12-04")
    assert (moved["claim_date_changes"], moved["filed_as"]) == ("yes", "")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x"])
def test_a_name_that_a_spreadsheet_would_run(document: dict[str, Any], name: str) -> None:
    """Is text there."""
    drifts = [{**drift, "provider_name": name} for drift in document["drifts"]]
    table = csv.DictReader(io.StringIO(report_table({**document, "drifts": drifts}), newline=""))
    assert {row["provider_name"] for row in table} == {f"'{name}"}


def test_the_digest(document: dict[str, Any]) -> None:
    """Tells the sums and what waits for a person."""
    letter = report_digest(document)
    assert letter.subject == "Drift digest: 5 drifts, 4 claims held"
    for text in (letter.text, "".join(found(letter.html, "//body//text()"))):
        assert "5 drifts, 1 of them still open" in text
        assert "Work of Noor Hadid: unreachable" in text
        assert "Dana <Doe> & Sons" in text
        assert text.count("To lift it:") == len(document["holds"]["open"])
    assert "<Doe>" not in letter.html


def test_columns() -> None:
    """Stand side by side within the drawing, the highest as high as there is room, with three of them named."""
    chart = columns([{"name": f"2026-12-{day:02}", "count": day} for day in range(1, 31)])
    assert all(0 <= bar.x <= bar.x + bar.width <= WIDTH for bar in chart.bars)
    assert [bar.x for bar in chart.bars] == sorted(bar.x for bar in chart.bars)
    assert chart.bars[-1].height == max(bar.height for bar in chart.bars) == 120
    assert [(anchor, name) for _, anchor, name in chart.ticks] == [
        ("start", "12-01"),
        ("middle", "12-16"),
        ("end", "12-30"),
    ]


def test_columns_of_nothing() -> None:
    """Have no height."""
    assert {bar.height for bar in columns([{"name": "2026-12-01", "count": 0}]).bars} == {0}
    assert columns([]).bars == ()


def test_rows() -> None:
    """Are as long as their counts within the drawing, of long names the beginning, and of many the first."""
    chart = rows([{"name": f"{'x' * 30}_{n}", "count": 20 - n} for n in range(20)])
    assert len(chart.bars) == 12
    assert chart.rest == 8
    assert max(bar.x + bar.width for bar in chart.bars) < WIDTH
    assert all(bar.label.endswith("…") for bar in chart.bars)
    assert chart.bars[0].width > chart.bars[-1].width > 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (3661, "1 h 1 min"), (3601, "1 h"), (90_000, "1 d 1 h")],
)
def test_spans_of_time(seconds: int | None, text: str) -> None:
    """Are told in their two largest units."""
    assert _length(seconds) == text


def test_another_period(sqlite_store: SqlStore) -> None:
    """Tells of its own drifts, and of the holds as they are now."""
    furnish(sqlite_store)
    before = report_document(a_report(sqlite_store, Period(SINCE - DAY, SINCE, UNTIL)))
    assert [drift["id"] for drift in before["drifts"]] == ["drift-old"]
    assert before["totals"]["held_claims"] == 4
