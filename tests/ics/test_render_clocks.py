"""Sessions at a change of clocks in the published calendar: shown when they are, and no edit by that alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.events.comparison import compare, same_meaning
from syncd.core.events.findings import Kind
from syncd.core.times import lenient_local
from syncd.ics.parse import read
from syncd.ics.render import render
from tests.ics.bodies import LATER, NEW_YORK, STAMP, a_desired, a_session, edited, event_texts, events, unfolded
from tests.ics.test_itip_clocks import WallClockReader, exists, near, wanted

LENGTHS = st.sampled_from([10, 50, 90, 180, 300])
NIGHTLY = datetime(2026, 10, 4, 1, 30, tzinfo=NEW_YORK)
"""The first of weekly sessions; that of 1 November falls into the hour that is repeated."""
SERIES = a_desired(a_session(NIGHTLY), rule="FREQ=WEEKLY;COUNT=8")
NAMED = "RECURRENCE-ID;TZID=America/New_York:20261101T013000"


def without_override(body: bytes) -> bytes:
    """Return the body as a program leaves it that keeps no override which says what the rule says."""
    [named] = [text for text in event_texts(body) if NAMED in text]
    return unfolded(body).replace(f"BEGIN:VEVENT{named}END:VEVENT\n", "").replace("\n", "\r\n").encode()


@given(start=near, minutes=LENGTHS, fold=st.sampled_from([0, 1]))
def test_a_single_session_at_a_change_of_clocks(start: datetime, minutes: int, fold: int) -> None:
    """Whichever way a program counts, it shows the session when it is."""
    body = render(a_desired(a_session(start, minutes=minutes)), None, STAMP)

    assert WallClockReader(fold).shown(body) == wanted(start, minutes, 1, timedelta())
    assert "DURATION" not in unfolded(body)


@given(start=near, minutes=LENGTHS, weeks=st.integers(0, 3), daily=st.booleans(), fold=st.sampled_from([0, 1]))
def test_a_series_across_a_change_of_clocks(start: datetime, minutes: int, weeks: int, daily: bool, fold: int) -> None:
    """An instance that spans a change, or falls into the hour that is repeated, is an override of its own."""
    step = timedelta(days=1 if daily else 7)
    first = lenient_local(start.replace(tzinfo=None, fold=0) - step * weeks, start.tzinfo or UTC)
    if not exists(first, step, 6):
        return
    desired = a_desired(a_session(first, minutes=minutes), rule=f"FREQ={'DAILY' if daily else 'WEEKLY'};COUNT=6")
    body = render(desired, None, STAMP)

    assert WallClockReader(fold).shown(body) == sorted(wanted(first, minutes, 6, step))
    assert same_meaning(read(body, NEW_YORK), read(render(desired, body, LATER), NEW_YORK))


def test_a_program_that_drops_what_the_rule_says_too() -> None:
    """No edit: the same instances stand there."""
    body = render(SERIES, None, STAMP)

    assert not compare(read(body, NEW_YORK), read(without_override(body), NEW_YORK)).drift


def test_what_was_published_without_it() -> None:
    """An event that an earlier version wrote is as desired: nothing is written for that alone."""
    before = without_override(render(SERIES, None, STAMP))

    assert same_meaning(read(before, NEW_YORK), read(render(SERIES, before, LATER), NEW_YORK))


@given(hours=st.integers(-20, 20).filter(bool))
def test_one_that_is_dragged(hours: int) -> None:
    """It is told as that instance's move by every distance, also where its new clock time reads like the old UTC."""
    body = render(SERIES, None, STAMP)
    start = datetime(2026, 11, 1, 5, 30, tzinfo=UTC) + timedelta(hours=hours)
    local, end = start.astimezone(NEW_YORK), (start + timedelta(minutes=50)).astimezone(NEW_YORK)
    if local.fold or end.fold:
        return  # the second of two equal times: no program names it by the wall clock
    moved = edited(
        body,
        ("DTSTART:20261101T053000Z", f"DTSTART;TZID=America/New_York:{local:%Y%m%dT%H%M%S}"),
        ("DTEND:20261101T062000Z", f"DTEND;TZID=America/New_York:{end:%Y%m%dT%H%M%S}"),
    )
    [finding] = compare(read(body, NEW_YORK), read(moved, NEW_YORK)).findings

    assert finding.kind is Kind.INSTANCE_MOVED
    assert finding.recurrence_id == datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)


def test_a_series_that_is_moved_as_a_whole() -> None:
    """It is one move, whether the program takes our override along or drops it."""
    body = render(SERIES, None, STAMP)
    whole = (
        ("DTSTART;TZID=America/New_York:20261004T013000", "DTSTART;TZID=America/New_York:20261004T033000"),
        ("DTEND;TZID=America/New_York:20261004T022000", "DTEND;TZID=America/New_York:20261004T042000"),
    )
    along = (
        (NAMED, "RECURRENCE-ID;TZID=America/New_York:20261101T033000"),
        ("DTSTART:20261101T053000Z", "DTSTART;TZID=America/New_York:20261101T033000"),
        ("DTEND:20261101T062000Z", "DTEND;TZID=America/New_York:20261101T042000"),
    )
    for moved in (edited(without_override(body), *whole), edited(body, *whole, *along)):
        found = compare(read(body, NEW_YORK), read(moved, NEW_YORK))
        assert [finding.kind for finding in found.findings] == [Kind.MOVED]


def test_the_length_where_the_clocks_change_during_the_first_session() -> None:
    """The master's DURATION keeps the length of all others; the first one has both its ends."""
    first = datetime(2026, 10, 31, 23, 0, tzinfo=NEW_YORK)
    master, override = events(render(a_desired(a_session(first, minutes=240), rule="FREQ=WEEKLY;COUNT=3"), None, STAMP))

    assert master["DURATION"].dt == timedelta(minutes=240)
    assert override["DTEND"].dt == datetime(2026, 11, 1, 2, 0, tzinfo=NEW_YORK)


def test_a_series_by_day() -> None:
    """Nothing is named where no program can go wrong."""
    assert len(events(render(a_desired(rule="FREQ=DAILY"), None, STAMP))) == 1
