"""Rendering a series: its rule, its exceptions, and what the provider has on single instances."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from syncd.core.events.desired import Desired
from syncd.ics.render import render
from tests.ics.bodies import (
    LATER,
    NEW_YORK,
    STAMP,
    WEEKLY,
    a_desired,
    a_session,
    an_alarm,
    an_override,
    edited,
    event_texts,
    events,
    foreign_override,
    unfolded,
    week,
    with_lines,
)

AT_WEEK_2 = ";TZID=America/New_York:20261215T100000"
ON_WEEK_2 = ("DTSTART;TZID=America/New_York:20261215T100000", "DTEND;TZID=America/New_York:20261215T105000")


def a_series(**changes: object) -> Desired:
    return replace(a_desired(rule=WEEKLY), **changes)  # type: ignore[arg-type]  # fields of Desired by name


def with_override(body: bytes, at: str, *lines: str, sequence: int = 0) -> bytes:
    return edited(body, ("END:VCALENDAR", foreign_override(at, *lines, sequence=sequence)))


def instances(body: bytes) -> list[datetime]:
    """Return the starts that another library gives the series up to the end of 2027."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(body)).between(date(2026, 1, 1), date(2028, 1, 1))
    return sorted(event.start for event in found if event.get("STATUS") != "CANCELLED")


def override_at(body: bytes, start: datetime) -> str:
    """Return the text of the one override whose RECURRENCE-ID is that start."""
    line = f"RECURRENCE-ID;TZID=America/New_York:{start:%Y%m%dT%H%M%S}\n"
    [text] = [text for text in event_texts(body) if line in text]
    return text


def test_a_series_with_exceptions_means_what_is_wanted() -> None:
    """The rule's instances without the EXDATEs, and overrides at their own times."""
    desired = a_series(exdates=(week(3), week(1)), overrides=(an_override(2, hour=15),))

    body = render(desired, None, STAMP)

    assert instances(body) == [week(0), week(2, 15), *map(week, range(4, 8))]
    assert ["RECURRENCE-ID" in event for event in events(body)] == [False, True]


def test_excluded_dates_stand_alone_in_the_zone_of_the_series() -> None:
    """One EXDATE a line, in order, with the TZID of DTSTART: some programs read only the first of a list."""
    text = unfolded(render(a_series(exdates=(week(3).astimezone(UTC), week(1))), None, STAMP))

    found = [line for line in text.splitlines() if line.startswith("EXDATE")]
    assert found == [f"EXDATE;TZID=America/New_York:{week(n):%Y%m%dT%H%M%S}" for n in (1, 3)]


@pytest.mark.parametrize(
    ("until", "written"),
    [
        ("20261231T150000Z", "20261231T150000Z"),
        ("20261231T100000", "20261231T150000Z"),
        ("20261231", "20270101T045959Z"),
    ],
)
def test_until_is_in_utc(until: str, written: str) -> None:
    """UNTIL is UTC where DTSTART has a zone (RFC 5545 section 3.3.10)."""
    text = unfolded(render(a_series(rule=f"FREQ=WEEKLY;UNTIL={until};BYDAY=TU"), None, STAMP))

    assert f"RRULE:FREQ=WEEKLY;UNTIL={written};BYDAY=TU\n" in text


def test_an_override_in_another_zone_names_its_instance_in_the_series_own() -> None:
    """RECURRENCE-ID has the zone of the master's DTSTART; both zones are defined."""
    start = datetime(2026, 12, 15, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    moved = a_session(start, recurrence_id=week(2).astimezone(UTC))

    text = unfolded(render(a_series(overrides=(moved,)), None, STAMP))

    assert f"RECURRENCE-ID{AT_WEEK_2}" in text
    assert "DTSTART;TZID=Europe/Berlin:20261215T090000" in text
    assert [line for line in text.splitlines() if "TZID:" in line] == ["TZID:America/New_York", "TZID:Europe/Berlin"]


def test_overrides_are_never_behind_their_master() -> None:
    """An override with a lower SEQUENCE than its master is ignored by some receivers."""
    observed = with_override(render(a_series(), None, STAMP), AT_WEEK_2, *ON_WEEK_2, "X-MINE:1", sequence=6)

    body = render(a_series(sequence=2, overrides=(an_override(4),)), observed, LATER)

    assert [event["SEQUENCE"] for event in events(body)] == [6, 6, 6]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=8", "RRULE:FREQ=WEEKLY;UNTIL=20261210T000000Z"),
        ("RRULE:FREQ=WEEKLY;COUNT=8", "RRULE:FREQ=DAILY"),
        ("RRULE:FREQ=WEEKLY;COUNT=8\n", ""),
        ("RRULE", "EXDATE;TZID=America/New_York:20261208T100000,20261215T100000\nRRULE"),
        ("RRULE", "RDATE:20261224T100000Z\nEXRULE:FREQ=DAILY\nRRULE"),
        ("DTSTART;TZID=America/New_York:20261201T100000", "DTSTART;TZID=America/New_York:20261202T180000"),
    ],
)
def test_an_edited_recurrence_is_put_right(old: str, new: str) -> None:
    """Which instances there are is the practice's."""
    published = render(a_series(), None, STAMP)

    assert render(a_series(), edited(published, (old, new)), STAMP) == published


@pytest.mark.parametrize("text", ["SUMMARY:Session A. E.", "SUMMARY:Mine", "X-ALT-DESC:<b>New</b>"])
def test_an_instance_that_was_dragged(text: str) -> None:
    """An override that the practice does not want, and on which there is nothing of the provider's, goes."""
    published = render(a_series(), None, STAMP)
    dragged = with_override(published, AT_WEEK_2, "DTSTART:20261216T080000Z", text, "STATUS:CONFIRMED")

    assert render(a_series(), dragged, STAMP) == published


def test_an_instance_that_was_dragged_and_has_an_alarm_of_its_own() -> None:
    """The instance goes back to where the rule has it, and the provider's alarm stays on it alone."""
    dragged = with_override(render(a_series(), None, STAMP), AT_WEEK_2, "DTSTART:20261216T080000Z", *an_alarm())

    body = render(a_series(), dragged, LATER)

    assert instances(body) == [week(n) for n in range(8)]
    assert "\n".join(an_alarm()) in override_at(body, week(2))
    assert unfolded(body).count("BEGIN:VALARM") == 1


@pytest.mark.parametrize("status", ["STATUS:CANCELLED", "STATUS:TENTATIVE"])
def test_an_instance_that_was_cancelled_and_has_a_note(status: str) -> None:
    """A cancelled instance comes back, with what the provider has on it."""
    observed = with_override(render(a_series(), None, STAMP), AT_WEEK_2, *ON_WEEK_2, status, "COMMENT:mine")

    body = render(a_series(), observed, LATER)

    assert instances(body) == [week(n) for n in range(8)]
    assert "STATUS:CONFIRMED\n" in override_at(body, week(2))
    assert "COMMENT:mine\n" in override_at(body, week(2))


def test_an_instance_that_was_accepted_alone() -> None:
    """An answer to one instance is the provider's own on it; one like the master's is not."""
    accepted = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:dana@example.org"
    observed = with_override(render(a_series(), None, STAMP), AT_WEEK_2, *ON_WEEK_2, accepted)

    once = render(a_series(), observed, LATER)

    assert "PARTSTAT=ACCEPTED" in override_at(once, week(2))
    assert "PARTSTAT=NEEDS-ACTION" in event_texts(once)[0]


@pytest.mark.parametrize(
    "recurrence_id",
    [
        ":20261215T150000Z",
        ";TZID=Europe/Berlin:20261215T160000",
        ";TZID=/vendor.example/20260101/America/New_York:20261215T100000",
        ";TZID=Eastern Standard Time:20261215T100000",
        ":20261215T100000",
        ";VALUE=DATE:20261215",
        ";RANGE=THISANDFUTURE;TZID=America/New_York:20261215T100000",
    ],
)
def test_an_override_under_another_spelling_of_its_instance(recurrence_id: str) -> None:
    """An override belongs to the instance of the same instant, however its RECURRENCE-ID is spelt."""
    observed = with_override(render(a_series(), None, STAMP), recurrence_id, *ON_WEEK_2, "X-MINE:1")

    assert "X-MINE:1" in override_at(render(a_series(), observed, LATER), week(2))


@pytest.mark.parametrize(
    "recurrence_id",
    [
        ":20261215T150100Z",
        ";TZID=America/New_York:20261216T100000",
        ":nonsense",
        ":20269999T999999",
        ":20261222T150000Z",
    ],
)
def test_an_override_of_no_instance(recurrence_id: str) -> None:
    """An override that belongs to no instance would be one session more, so it goes; an excluded one likewise."""
    desired = a_series(exdates=(week(3),))
    published = render(desired, None, STAMP)

    assert render(desired, with_override(published, recurrence_id, *ON_WEEK_2, "X-MINE:1"), STAMP) == published


def test_a_series_moved_as_a_whole_with_an_alarm_on_one_instance() -> None:
    """What belonged to an instance of the moved series belongs to the same instance when it is back."""
    moved = edited(render(a_series(), None, STAMP), (":20261201T100000", ":20261202T180000"))
    observed = with_override(moved, ";TZID=America/New_York:20261216T180000", "DTSTART:20261216T230000Z", *an_alarm())

    body = render(a_series(), observed, LATER)

    assert "BEGIN:VALARM" in override_at(body, week(2))
    assert instances(body) == [week(n) for n in range(8)]


def test_a_series_moved_by_a_week_with_an_alarm_on_one_instance() -> None:
    """An instance that both series have is the same one: the provider's alarm stays on its day."""
    moved = edited(render(a_series(), None, STAMP), (":20261201T100000", ":20261208T100000"))

    body = render(a_series(), with_override(moved, AT_WEEK_2, *ON_WEEK_2, *an_alarm()), LATER)

    assert "BEGIN:VALARM" in override_at(body, week(2))
    assert unfolded(body).count("BEGIN:VALARM") == 1


def test_an_override_that_was_not_answered_in_an_accepted_series() -> None:
    """No answer is nothing of the provider's own: once such an override says nothing else any more, it goes."""
    moved = a_series(overrides=(an_override(2),))
    accepted = edited(render(moved, None, STAMP), ("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED"))

    assert len(events(render(a_series(), accepted, LATER))) == 1


def test_an_alarm_on_a_session_that_the_practice_moves() -> None:
    """What the practice wants of an instance and what the provider has on it come together; overrides are in order."""
    desired = a_series(overrides=(an_override(4), an_override(2)))
    observed = with_override(render(a_series(), None, STAMP), AT_WEEK_2, *ON_WEEK_2, *an_alarm(), sequence=1)
    observed = with_override(observed, ";TZID=America/New_York:20261222T100000", *an_alarm())

    body = render(desired, observed, LATER)

    assert [event.start for event in events(body)] == [week(0), week(2, 11), week(3), week(4, 11)]
    assert "BEGIN:VALARM" in override_at(body, week(2))


def test_an_alarm_on_an_instance_of_a_plain_series() -> None:
    """Where nobody is invited, single instances keep what the provider has on them all the same."""
    plain = a_series(organizer=None, attendee=None)

    body = render(plain, with_override(render(plain, None, STAMP), AT_WEEK_2, *ON_WEEK_2, *an_alarm()), LATER)

    assert "BEGIN:VALARM" in override_at(body, week(2))


def test_two_overrides_of_one_instance() -> None:
    """The one with the higher SEQUENCE counts, wherever it stands."""
    newer = with_override(render(a_series(), None, STAMP), AT_WEEK_2, *ON_WEEK_2, "X-N:new", sequence=2)
    observed = with_override(newer, AT_WEEK_2, *ON_WEEK_2, "X-N:old", sequence=1)

    text = override_at(render(a_series(), observed, LATER), week(2))

    assert "X-N:new" in text
    assert "X-N:old" not in text


def test_a_session_that_the_practice_moves_keeps_the_series_alarm() -> None:
    """An override inherits nothing (RFC 5545 section 3.8.4.4), so a new one starts with what is on the master."""
    observed = with_lines(render(a_series(), None, STAMP), "CATEGORIES:Mine", *an_alarm())
    accepted = edited(observed, ("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED"))

    text = override_at(render(a_series(overrides=(an_override(2),)), accepted, LATER), week(2))

    assert "\n".join(("CATEGORIES:Mine", *an_alarm())) in text
    assert "PARTSTAT=ACCEPTED" in text


def test_a_session_that_the_practice_moves_back() -> None:
    """An override that says nothing any more goes, unless the provider has something on it alone."""
    desired = a_series(overrides=(an_override(2), an_override(4)))
    observed = with_lines(render(desired, None, STAMP), "X-MINE:1", event=2)

    body = render(a_series(), observed, LATER)

    assert [event.get("RECURRENCE-ID") and event["RECURRENCE-ID"].dt for event in events(body)] == [None, week(4)]
    assert instances(body) == [week(n) for n in range(8)]


def test_overrides_before_their_master_or_without_one() -> None:
    """Order carries no meaning, and a master that is missing comes back first."""
    observed = with_override(render(a_series(), None, STAMP), AT_WEEK_2, *ON_WEEK_2, "X-MINE:1")
    master, override = (f"BEGIN:VEVENT{text}END:VEVENT\n" for text in event_texts(observed))
    head = unfolded(observed).partition("BEGIN:VEVENT")[0]
    reversed_body, alone = (f"{head}{events}END:VCALENDAR\n" for events in (override + master, override))

    for text in (reversed_body, alone):
        body = render(a_series(), text.encode(), LATER)
        assert ["RECURRENCE-ID" in event for event in events(body)] == [False, True]
        assert "X-MINE:1" in override_at(body, week(2))


def test_a_series_that_became_a_single_event() -> None:
    """Where the practice wants one session, overrides have no place."""
    observed = with_override(render(a_series(), None, STAMP), AT_WEEK_2, *ON_WEEK_2, *an_alarm())

    assert render(a_desired(), observed, STAMP) == render(a_desired(), None, STAMP)


def test_a_cancelled_session_that_stays_visible() -> None:
    """Where the practice keeps cancelled sessions, the instance's override says so."""
    body = render(a_series(overrides=(replace(an_override(2), start=week(2), cancelled=True),)), None, STAMP)

    assert instances(body) == [week(n) for n in range(8) if n != 2]


def test_a_session_in_the_gap_of_the_clocks() -> None:
    """An instance that the clocks jump over keeps the provider's alarm through any number of writes."""
    desired = a_series(master=a_session(datetime(2027, 3, 7, 2, 30, tzinfo=NEW_YORK)))
    observed = with_override(render(desired, None, STAMP), ":20270314T073000Z", *an_alarm())

    once = render(desired, observed, LATER)

    assert "BEGIN:VALARM" in event_texts(once)[1]
    assert render(desired, once, LATER) == once


@pytest.mark.parametrize("start", ["99991231T235959Z", "00010101T000000Z", "21301231T150000Z"])
def test_times_centuries_away(start: str) -> None:
    """The search for an override's instance is bounded; what is out of reach belongs to none."""
    endless = a_series(rule="FREQ=DAILY")
    published = render(endless, None, STAMP)
    moved = edited(published, ("DTSTART;TZID=America/New_York:20261201T100000", f"DTSTART:{start}"))

    assert render(endless, with_override(published, f":{start}", "X-MINE:1"), STAMP) == published
    assert render(endless, with_override(moved, f":{start}", "X-MINE:1"), STAMP) == published


def test_rendering_a_series_over_the_result_changes_nothing() -> None:
    """One write is enough: only the stamps would be new."""
    desired = a_series(exdates=(week(1),), overrides=(an_override(5),), sequence=3)
    observed = with_override(
        with_lines(render(a_series(), None, STAMP), "X-MINE:1"), AT_WEEK_2, *ON_WEEK_2, "X-ALT-DESC:<b>", *an_alarm()
    )

    once = render(desired, observed, LATER)

    assert render(desired, once, LATER) == once
    assert instances(once) == [week(0), week(2), week(3), week(4), week(5) + timedelta(hours=1), week(6), week(7)]
