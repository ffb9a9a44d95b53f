"""The instances of whole bodies, held against another implementation."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.events.comparison.course import courses
from syncd.ics.parse import read
from tests.corpus.bodies import WEEKLY, at, body, calendar, event, instance
from tests.corpus.generated import meanings, styles, written

ZONE = ZoneInfo("America/New_York")


def ours(text: bytes) -> list[tuple[datetime, datetime, str]]:
    (course,) = courses(read(text, ZONE))
    return sorted((each.start.instant, each.end, each.event.summary) for _, each in course.standing())


def theirs(text: bytes) -> list[tuple[datetime, datetime, str]]:
    calendar_read = icalendar.Calendar.from_ical(text)
    found = recurring_ical_events.of(calendar_read).between((2025, 1, 1), (2028, 1, 1))
    standing = [each for each in found if each.get("STATUS") != "CANCELLED"]
    return sorted(
        (
            each["DTSTART"].dt.astimezone(UTC),
            each["DTEND"].dt.astimezone(UTC),
            " ".join(str(each["SUMMARY"]).split("\n")),
        )
        for each in standing
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_instances_agree_with_another_implementation(data: st.DataObject) -> None:
    """Starts, ends and titles of all instances are those that recurring-ical-events finds."""
    meaning = data.draw(meanings())
    style = data.draw(styles(meaning).filter(lambda style: style.tzid in {"America/New_York", "US/Eastern"}))
    text = written(meaning, style)
    flat = [(start, end, " ".join(title.split("\n"))) for start, end, title in ours(text)]
    assert [each[:2] for each in flat] == [each[:2] for each in theirs(text)]


def test_dtstart_that_its_rule_does_not_name() -> None:
    """DTSTART is an instance whatever the rule says (RFC 5545 section 3.8.5.3)."""
    text = body("RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=2")
    assert [start.isoformat()[:10] for start, _, _ in ours(text)] == ["2026-03-03", "2026-03-05", "2026-03-12"]
    assert [each[:2] for each in ours(text)] == [each[:2] for each in theirs(text)]


def test_exdate_and_override_of_one_instance() -> None:
    """An EXDATE takes an instance away even where an override stands for it."""
    text = calendar(
        event(WEEKLY, "EXDATE;TZID=America/New_York:20260317T100000"), instance("20260317", *at("20260318T100000"))
    )
    assert [each[:2] for each in ours(text)] == [each[:2] for each in theirs(text)]
    assert len(ours(text)) == 9


def test_range_of_an_override() -> None:
    """An override for this and all future instances carries its shift on, over changes of clocks by the wall clock."""
    ranged = instance("20260303", *at("20260303T110000")).replace(
        "RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;"
    )
    text = calendar(event("RRULE:FREQ=WEEKLY;COUNT=3"), ranged)
    assert [start.astimezone(ZONE).hour for start, _, _ in ours(text)] == [11, 11, 11]
    assert ours(text)[2][1] - ours(text)[2][0] == timedelta(minutes=50)


def test_rdate_with_a_length_of_its_own() -> None:
    """A PERIOD gives its instance its own length."""
    text = body("RDATE;VALUE=PERIOD:20260310T140000Z/PT2H")
    assert [end - start for start, end, _ in ours(text)] == [timedelta(minutes=50), timedelta(hours=2)]


def test_length_over_a_change_of_clocks() -> None:
    """Instances end at the same time of the day where DTEND says so, and after the same time where DURATION does."""
    night = at("20260306T233000", "20260307T033000")
    rule = "RRULE:FREQ=DAILY;COUNT=2"
    by_end = body(*night, rule)
    by_length = calendar(event(night[0], "DURATION:PT4H", rule, without=["DTEND"]))
    assert [end - start for start, end, _ in ours(by_end)] == [timedelta(hours=4), timedelta(hours=3)]
    assert [end - start for start, end, _ in ours(by_length)] == [timedelta(hours=4), timedelta(hours=4)]
