"""How findings weigh, and what they name."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from syncd.core.events.comparison import compare, same_meaning
from syncd.core.events.findings import Finding, Severity
from syncd.ics.parse import read
from tests.corpus.bodies import ENDLESS, WEEKLY, at, body, calendar, event, instance

ZONE = ZoneInfo("America/New_York")


def findings(published: bytes, observed: bytes | None, *also: bytes) -> tuple[Finding, ...]:
    seen = read(observed, ZONE) if observed is not None else None
    return compare(read(published, ZONE), seen, [read(other, ZONE) for other in also]).findings


@pytest.mark.parametrize(
    ("published", "observed", "severities"),
    [
        (body(), body(*at("20260304T100000")), [Severity.CLAIM_DATE]),
        (body(), body(*at("20260303T110000")), [Severity.TIME]),
        (body(), body(*at("20260304T100000", "20260304T120000")), [Severity.CLAIM_DATE, Severity.TIME]),
        (body(), body("DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260304"), [Severity.TIME]),
        (body(), None, [Severity.PRESENCE]),
        (body(), body("STATUS:CANCELLED"), [Severity.PRESENCE]),
        (body("STATUS:CANCELLED"), body(), [Severity.CLAIM_DATE]),
        (body(), body("SUMMARY:Anna"), [Severity.CONTENT]),
        (body(WEEKLY), body("RRULE:FREQ=WEEKLY;COUNT=4"), [Severity.PRESENCE]),
        (body(WEEKLY), body("RRULE:FREQ=WEEKLY;COUNT=11"), [Severity.CLAIM_DATE]),
        (body(WEEKLY), body(ENDLESS), [Severity.CLAIM_DATE]),
        (body(ENDLESS), body(WEEKLY), [Severity.PRESENCE]),
        (body(WEEKLY), body(WEEKLY, "RDATE:20260317T200000Z"), [Severity.TIME]),
        (body(WEEKLY), body(WEEKLY, "EXDATE:20260317T140000Z"), [Severity.PRESENCE]),
        (body(WEEKLY, "EXDATE:20260317T140000Z"), body(WEEKLY), [Severity.CLAIM_DATE]),
    ],
)
def test_severity(published: bytes, observed: bytes | None, severities: list[Severity]) -> None:
    """A new local date endangers the claim, another time the meeting, a removal its presence; the rest is content."""
    assert [finding.severity for finding in findings(published, observed)] == severities


def test_severity_of_one_instance_among_others() -> None:
    """Only the finding that puts an instance on a new date endangers the claim."""
    observed = calendar(
        event(WEEKLY), instance("20260317", *at("20260318T100000")), instance("20260324", *at("20260324T110000"))
    )
    assert [(finding.recurrence_id, finding.severity) for finding in findings(body(WEEKLY), observed)] == [
        (datetime(2026, 3, 17, 10, tzinfo=ZONE), Severity.CLAIM_DATE),
        (datetime(2026, 3, 24, 10, tzinfo=ZONE), Severity.TIME),
    ]


def test_recurrence_for_a_person() -> None:
    """Another set of instances is told by both rules; where there is none, by the starts."""
    (finding,) = findings(body(WEEKLY), body())
    assert (finding.published, finding.observed) == ("FREQ=WEEKLY;COUNT=10;BYDAY=TU", "2026-03-03T10:00:00-05:00")
    (finding,) = findings(body("RDATE:" + ",".join(f"202603{day}T140000Z" for day in range(10, 20))), body(WEEKLY))
    assert finding.published is not None
    assert finding.published.endswith(" …")


def test_cut_for_a_person() -> None:
    """A cut names both resources, and the first instance of the new half."""
    rest = body("UID:other", *at("20260331T100000"), "RRULE:FREQ=WEEKLY;COUNT=6")
    (finding,) = findings(body(WEEKLY), body("RRULE:FREQ=WEEKLY;COUNT=4"), rest)
    assert finding.observed == "other"
    assert finding.recurrence_id == datetime(2026, 3, 31, 10, tzinfo=ZONE)


def test_same_meaning() -> None:
    """Two snapshots mean the same if nothing that the practice owns differs."""
    assert same_meaning(read(body(), ZONE), read(body("CLASS:PRIVATE"), ZONE))
    assert not same_meaning(read(body(), ZONE), read(body("SUMMARY:Anna"), ZONE))
