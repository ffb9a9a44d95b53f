"""The offline verdict on two files."""

from zoneinfo import ZoneInfo

import pytest

from syncd.core.events.findings import Kind, Severity
from syncd.ics.explain import explain
from tests.corpus.bodies import at, body

WHOLE = body("DTSTART:20260303T040000Z", "DTEND:20260303T045000Z")


def test_zone_is_that_of_the_publication_unless_given() -> None:
    """Local dates are the provider's; without a zone, those of the zone of the published DTSTART, else of UTC."""
    late = body(*at("20260303T233000", "20260304T002000"))
    earlier = body("DTSTART:20260304T033000Z", "DTEND:20260304T042000Z")
    assert not explain(late, earlier).claim_date_changes
    assert explain(WHOLE, body("DTSTART:20260302T233000Z")).claim_date_changes
    assert not explain(WHOLE, body("DTSTART:20260302T233000Z"), zone=ZoneInfo("America/New_York")).claim_date_changes


@pytest.mark.parametrize("published", [True, False])
def test_file_that_cannot_be_read(published: bool) -> None:
    """An unreadable file is a finding that says why, on the side where it was."""
    found = explain(b"junk", body()) if published else explain(body(), b"junk")
    (finding,) = found.findings
    assert (finding.kind, finding.severity, finding.field) == (Kind.UNREADABLE, Severity.PRESENCE, "body")
    assert [finding.published, finding.observed].index(None) == (1 if published else 0)


def test_finding_for_a_person() -> None:
    """A finding names field and both values: times with their offset, texts in full, the instance by its start."""
    found = explain(body(), body(*at("20260304T100000"), "SUMMARY:Anna", "LOCATION:"))
    assert [(each.field, each.published, each.observed, each.severity) for each in found.findings] == [
        ("DTSTART", "2026-03-03T10:00:00-05:00", "2026-03-04T10:00:00-05:00", Severity.CLAIM_DATE),
        ("SUMMARY", "Session A. B.", "Anna", Severity.CONTENT),
        ("LOCATION", "Room 5", None, Severity.CONTENT),
    ]


def test_verdict_without_a_second_file() -> None:
    """Where nothing stands any more, the finding says what was there."""
    (finding,) = explain(body(), None).findings
    assert (finding.kind, finding.published, finding.observed) == (Kind.DELETED, "2026-03-03T10:00:00-05:00", None)
