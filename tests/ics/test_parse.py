"""Reading bodies: values, texts, people, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syncd.core.events.snapshot import Attendee, Form, Snapshot
from syncd.ics.errors import UnreadableError
from syncd.ics.observed import observe
from syncd.ics.parse import read
from tests.corpus.bodies import UID, WEEKLY, at, body, calendar, event, instance
from tests.ics.bodies import a_desired

ZONE = ZoneInfo("America/New_York")


def seen(*lines: str) -> Snapshot:
    return read(body(*lines), ZONE)


def test_fields_of_an_event() -> None:
    """A snapshot holds what the practice owns, reduced to meaning."""
    snapshot = seen(
        "SUMMARY: Session\\, A. B. ",
        "LOCATION:Room 5\\nhttps://meet.example.com/a/.",
        "DESCRIPTION:<b>Bring</b>&nbsp\\;forms",
        "ORGANIZER:MAILTO:Office@Example.com",
        "ATTENDEE;PARTSTAT=accepted:mailto:Lee@example.com",
        "X-SYNCD-REF:apt-1",
        "RELATED-TO:other@example.com",
        "SEQUENCE:3",
    )
    event_read = snapshot.first
    assert snapshot.uid == UID
    assert event_read.summary == "Session, A. B."
    assert event_read.place == "Room 5"
    assert event_read.shown_links == {"https://meet.example.com/a"}
    assert (event_read.words, event_read.has_markup) == ("Bring forms", True)
    assert event_read.organizer == "office@example.com"
    assert event_read.attendees == {Attendee("lee@example.com", "ACCEPTED")}
    assert event_read.reference == "apt-1"
    assert event_read.related_to == {"other@example.com"}
    assert snapshot.sequence == 3
    assert not snapshot.is_series


@pytest.mark.parametrize(
    ("line", "form", "shown"),
    [
        ("DTSTART;TZID=Europe/Berlin:20260303T100000", Form.ZONED, "2026-03-03T10:00:00+01:00"),
        ("DTSTART:20260303T100000Z", Form.UTC, "2026-03-03T10:00:00+00:00"),
        ("DTSTART:20260303T100000", Form.FLOATING, "2026-03-03T10:00:00-05:00"),
        ("DTSTART;VALUE=DATE:20260303", Form.DATE, "2026-03-03"),
        ("DTSTART;TZID=No Such Place:20260303T100000", Form.FLOATING, "2026-03-03T10:00:00-05:00"),
        ("DTSTART:20260303T100060Z", Form.UTC, "2026-03-03T10:00:59+00:00"),
    ],
)
def test_start_in_every_form(line: str, form: Form, shown: str) -> None:
    """A start is read in its zone; floating times, dates and unknown zones in the provider's."""
    start = read(calendar(event(line, without=["DTEND"])), ZONE).first.start
    assert (start.form, start.shown()) == (form, shown)


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        (("DURATION:PT50M",), timedelta(minutes=50)),
        (("DURATION:P1DT1H30M5S",), timedelta(days=1, hours=1, minutes=30, seconds=5)),
        (("DURATION:P1W", "DTSTART:20260303T100000Z"), timedelta(weeks=1)),
        (("DURATION:-PT5M",), -timedelta(minutes=5)),
        (("DTEND:20260303T160000Z",), timedelta(hours=1)),
        ((), timedelta()),
        (("DTSTART;VALUE=DATE:20260303",), timedelta(days=1)),
    ],
)
def test_length(lines: tuple[str, ...], length: timedelta) -> None:
    """A length comes from DTEND or DURATION; without either a date lasts a day and a time no time."""
    read_event = read(calendar(event(*lines, without=[] if "DTEND" in str(lines) else ["DTEND"])), ZONE).first
    assert read_event.span.end_of(read_event.start) - read_event.start.instant == length


def test_days_of_a_duration_are_days_on_the_wall_clock() -> None:
    """Across a change of clocks a day has 23 hours, and an hour is an hour (RFC 5545 section 3.3.6)."""
    lines = ("DTSTART;TZID=America/New_York:20260307T120000",)
    day = read(calendar(event(*lines, "DURATION:P1D", without=["DTEND"])), ZONE).first
    hours = read(calendar(event(*lines, "DURATION:PT24H", without=["DTEND"])), ZONE).first
    assert day.span.end_of(day.start) - day.start.instant == timedelta(hours=23)
    assert hours.span.end_of(hours.start) - hours.start.instant == timedelta(hours=24)


def test_periods_in_an_rdate() -> None:
    """An RDATE may give instances lengths of their own."""
    snapshot = seen(
        "RDATE;VALUE=PERIOD:20260310T140000Z/PT1H,20260311T140000Z/20260311T160000Z", "RDATE:20260312T140000Z"
    )
    spans = [extra.span for extra in snapshot.first.extras]
    assert [sum(span, timedelta()) if span else None for span in spans] == [
        timedelta(hours=1),
        timedelta(hours=2),
        None,
    ]


def test_several_events_with_one_uid() -> None:
    """Of two masters and of two overrides of one instance the one with the higher SEQUENCE counts."""
    snapshot = read(
        calendar(
            instance("20260317", "SEQUENCE:5", "SUMMARY:later"),
            instance("20260317", "SEQUENCE:4", "SUMMARY:earlier"),
            event(WEEKLY, "SEQUENCE:2"),
            event(WEEKLY, "SEQUENCE:1", "SUMMARY:old"),
            event("UID:stranger", "SUMMARY:foreign"),
        ),
        ZONE,
    )
    assert snapshot.sequence == 5
    assert [override.summary for override in snapshot.overrides] == ["later"]
    assert snapshot.master is not None
    assert snapshot.master.summary == "Session A. B."


def test_overrides_without_a_master() -> None:
    """A resource may hold single instances of a series alone; the earliest stands for it."""
    snapshot = read(calendar(instance("20260324"), instance("20260317")), ZONE)
    assert snapshot.master is None
    assert snapshot.first.start.wall == datetime.fromisoformat("2026-03-17T10:00")
    assert snapshot.is_series


def test_last_modified_is_evidence_only() -> None:
    """LAST-MODIFIED is the latest of all events; one that cannot be read is none."""
    later = instance("20260317", "LAST-MODIFIED:20260202T080000Z")
    snapshot = read(calendar(event(WEEKLY, "LAST-MODIFIED:20260201T080000Z"), later), ZONE)
    assert snapshot.last_modified == datetime(2026, 2, 2, 8, tzinfo=UTC)
    assert seen("LAST-MODIFIED:yesterday").last_modified is None
    assert seen().last_modified is None


def test_method_of_a_message() -> None:
    """The iTIP METHOD is known, in capitals; a stored resource has none."""
    assert read(calendar(event(), head=["METHOD:reply"]), ZONE).method == "REPLY"
    assert seen().method is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("007", 7),
        (" 7 ", 7),
        ("1999999999", 1_999_999_999),
        ("2147483647", 2**31 - 1),
        ("2147483648", 2**31 - 1),
        ("9" * 30, 2**31 - 1),
        ("9" * 9000, 2**31 - 1),
        ("0" * 9000, 0),
        ("many", 0),
        ("", 0),
        ("-1", 0),
        ("1.5", 0),
        ("\u0663", 0),
    ],
)
def test_sequence(text: str, number: int) -> None:
    """A SEQUENCE is a number up to 2147483647; a higher one counts as that, what is none as 0. One reader for all."""
    assert seen("SEQUENCE:" + text).sequence == number
    over = observe(body("SEQUENCE:" + text), replace(a_desired(), uid=UID))
    assert over.sequence == number


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "no event"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "no event"),
        (body()[:-20], "incomplete"),
        (b"END:VCALENDAR\r\n" + body(), "nested"),
        (b"BEGIN:VCALENDAR\r\n" * 9 + b"END:VCALENDAR\r\n" * 9, "nested"),
        (body("SUMMARY:a\0b"), "NUL"),
        (body().replace(b"Session", b"\xff"), "UTF-8"),
        (calendar(event() * 501), "too many events"),
        (calendar(event(without=["DTSTART"])), "no DTSTART"),
        (body("DTSTART:2026-0303"), "DTSTART is no date"),
        (body("DTSTART:20260230T100000Z"), "does not exist"),
        (body("DTSTART:20260303T250000Z"), "does not exist"),
        (body("DTSTART:99991231T235959Z"), "cannot be meant"),
        (calendar(event("DURATION:PT", without=["DTEND"])), "no duration"),
        (body("RRULE:FREQ=NEVER"), "RRULE cannot be followed"),
        (body(*["RRULE:FREQ=WEEKLY"] * 3, *["EXRULE:FREQ=DAILY"] * 2), "too many rules"),
        (body(*["ATTENDEE:mailto:a@example.com"] * 501), "too many attendees"),
        (body() + b"\r\n".join([b"X:1"] * 12_001), "too many lines"),
        (body().replace(b"END:VEVENT", b"END:VALARM"), "nested"),
        (body("STATUS CANCELLED"), "STATUS stands in it in a way that cannot be read"),
        (body("SUMMARY;X=1"), "SUMMARY stands"),
        (body("EXDATE:someday"), "EXDATE is no date"),
        (body("RDATE:20260303T100000Z/P"), "RDATE is no duration"),
        (body("EXDATE:" + "20260303T100000Z," * 2001), "more than 2000 dates"),
        (body("RECURRENCE-ID:first"), "RECURRENCE-ID is no date"),
    ],
)
def test_what_cannot_be_read(text: bytes, why: str) -> None:
    """A body that nobody can follow is refused with a sentence that says why, without its content."""
    with pytest.raises(UnreadableError, match=why):
        read(text, ZONE)


def test_letters_cut_by_folding() -> None:
    """Lines are unfolded before they are decoded: some programs fold inside a letter."""
    raw = body("SUMMARY:Grüße").replace("ü".encode(), b"\xc3\r\n \xbc")
    assert read(raw, ZONE).first.summary == "Grüße"


def test_start_and_end_under_one_name_of_a_zone() -> None:
    """Start and end that name one zone in two ways are a length on the clock all the same."""
    snapshot = read(body(at("20260303T100000")[0], at("x", "20260303T105000", "Eastern Standard Time")[1]), ZONE)
    assert sum(snapshot.first.span, timedelta()) == timedelta(minutes=50)
