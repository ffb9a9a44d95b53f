"""Rendering a single event: fresh, and over what a provider's program left."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syncd.core.events.desired import Person
from syncd.ics.render import render
from tests.ics.bodies import (
    LATER,
    NEW_YORK,
    PROVIDER,
    STAMP,
    a_desired,
    a_session,
    an_alarm,
    edited,
    events,
    unfolded,
    with_lines,
)

PROVIDERS_LINES = (
    "CATEGORIES:Work,Very\\, very private;ish",
    "CATEGORIES;LANGUAGE=de:Arbeit",
    "COLOR:turquoise",
    "CLASS:PRIVATE",
    "PRIORITY:3",
    "TRANSP:TRANSPARENT",
    "GEO:40.5;-74.25",
    "URL:https://example.org/a?b=c;d,e",
    'CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL="Room; one":https://video.example/42',
    "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY:TG9yZW0=",
    "COMMENT:bring the\\nfolder\\; and tea\\, please",
    'CONTACT;ALTREP="CID:part3.msg@example.com":Desk\\, 555',
    'X-P;X-Q="a;b";x-lower=c:C:\\\\New folder',
    "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC",
    "X-UMLAUT:" + "Grüße aus der Überlandstraße – " * 6,
    "RELATED-TO;RELTYPE=SIBLING:another@example.net",
    "NEVER-HEARD-OF;A=b:c",
)


def test_a_fresh_event_reads_as_wanted() -> None:
    """A resource that nothing stands under says all that the practice wants, and no METHOD (RFC 4791 section 4.1)."""
    body = render(a_desired(sequence=2), None, STAMP)

    [event] = events(body)
    assert event.start == datetime(2026, 12, 1, 10, tzinfo=NEW_YORK)
    assert event.duration == timedelta(minutes=50)
    wanted = {"UID": "apt-1@syncd.example", "SUMMARY": "Session A. E.", "LOCATION": "Room 2", "STATUS": "CONFIRMED"}
    assert {name: event[name] for name in wanted} == wanted
    assert event["DESCRIPTION"] == "Managed by the practice."
    assert (event["SEQUENCE"], event["X-SYNCD-REF"]) == (2, "apt-1")
    assert event["DTSTAMP"].dt == event["CREATED"].dt == event["LAST-MODIFIED"].dt == STAMP
    assert "METHOD" not in unfolded(body)


def test_a_fresh_event_is_an_invitation_that_no_server_mails() -> None:
    """Both people carry SCHEDULE-AGENT=CLIENT (RFC 6638 section 7.1), and the provider has yet to answer."""
    [event] = events(render(a_desired(), None, STAMP))

    assert event["ORGANIZER"] == "mailto:desk@practice.example"
    assert dict(event["ORGANIZER"].params) == {"CN": "Example Practice", "SCHEDULE-AGENT": "CLIENT"}
    assert event["ATTENDEE"] == "mailto:dana@example.org"
    params = event["ATTENDEE"].params
    assert (params["PARTSTAT"], params["ROLE"], params["RSVP"]) == ("NEEDS-ACTION", "REQ-PARTICIPANT", "TRUE")
    assert (params["CN"], params["SCHEDULE-AGENT"]) == ("Dana Example", "CLIENT")


def test_a_plain_event_names_nobody() -> None:
    """A calendar whose server mails whatever is asked of it gets no ORGANIZER and no ATTENDEE, not even those seen."""
    invitation = render(a_desired(), None, STAMP)

    text = unfolded(render(a_desired(organizer=None, attendee=None), invitation, LATER))

    assert "ORGANIZER" not in text
    assert "ATTENDEE" not in text


def test_lines_are_crlf_and_at_most_75_octets() -> None:
    """RFC 5545 section 3.1, and no character is torn apart by folding."""
    body = render(a_desired(a_session(summary="ü€𝄞" * 60)), None, STAMP)

    assert body.endswith(b"\r\n")
    lines = body.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert [each for each in lines if each.decode() and b"\n" in each] == []
    assert events(body)[0]["SUMMARY"] == "ü€𝄞" * 60


@pytest.mark.parametrize("text", ["C:\\New; a, b", "one\ntwo\r\nthree", "\\n is not a line", "BEGIN:VALARM\r\nX:1"])
def test_a_text_with_special_characters(text: str) -> None:
    """A text stays one text, whatever stands in it (RFC 5545 section 3.3.11)."""
    body = render(a_desired(a_session(description=text)), None, STAMP)

    described = re.search(r"^DESCRIPTION:(.*)$", unfolded(body), re.MULTILINE)
    assert described is not None
    read = re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], described[1])
    assert read == text.replace("\r\n", "\n")
    assert "VALARM" not in [line.removeprefix("BEGIN:") for line in unfolded(body).splitlines()]


def test_a_name_with_quotes_and_separators() -> None:
    """A parameter's value cannot hold a double quote (RFC 5545 section 3.2); the name stays legible."""
    [event] = events(render(a_desired(attendee=Person("dana@example.org", 'Example, "Dana"; Dr.')), None, STAMP))

    assert event["ATTENDEE"].params["CN"] == "Example, 'Dana'; Dr."


def test_a_session_while_the_clocks_change() -> None:
    """The length stays exact where the wall clock's span from start to end is another: both ends are given in UTC."""
    start = datetime(2027, 3, 14, 1, 30, tzinfo=NEW_YORK)

    text = unfolded(render(a_desired(a_session(start, minutes=60)), None, STAMP))

    assert "DTSTART:20270314T063000Z\nDTEND:20270314T073000Z\n" in text
    assert "DURATION" not in text


def test_the_second_of_two_equal_local_times() -> None:
    """A local time that occurs twice is read as the first, so the second one is written in UTC."""
    start = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1)

    [event] = events(render(a_desired(a_session(start)), None, STAMP))

    assert event.start == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_a_session_in_utc_needs_no_timezone() -> None:
    """UTC is written as such (RFC 5545 section 3.3.5, form 2)."""
    text = unfolded(render(a_desired(a_session(datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("UTC")))), None, STAMP))

    assert "DTSTART:20261201T100000Z" in text
    assert "VTIMEZONE" not in text


def test_a_cancelled_appointment_that_stays_visible() -> None:
    """Where the practice keeps cancelled events, the event says so."""
    [event] = events(render(a_desired(a_session(cancelled=True)), None, STAMP))

    assert event["STATUS"] == "CANCELLED"


@pytest.mark.parametrize("added", PROVIDERS_LINES)
def test_a_providers_property_survives_a_reschedule(added: str) -> None:
    """What the practice does not own comes back as it was written, letter by letter."""
    observed = with_lines(render(a_desired(), None, STAMP), added)
    moved = a_desired(a_session(datetime(2026, 12, 2, 15, tzinfo=NEW_YORK), summary="New title"), sequence=1)

    body = render(moved, observed, LATER)

    assert added in unfolded(body).splitlines()
    assert events(body)[0].start == datetime(2026, 12, 2, 15, tzinfo=NEW_YORK)


def test_a_providers_alarm_survives_a_reschedule() -> None:
    """Components inside the event are the provider's, unknown ones included."""
    odd = ("BEGIN:X-ODD", "X-A:1", "BEGIN:X-INNER", "X-B:2", "END:X-INNER", "END:X-ODD")
    observed = with_lines(render(a_desired(), None, STAMP), *an_alarm(), *odd)

    text = unfolded(render(a_desired(a_session(minutes=80), sequence=1), observed, LATER))

    assert "\n".join(an_alarm()) in text
    assert "\n".join(odd) in text


def test_a_calendars_own_properties_and_components_survive() -> None:
    """Beside our event there may be others' things; only METHOD, PRODID, VERSION and CALSCALE are ours to say."""
    todo = "BEGIN:VTODO\nUID:todo@example.net\nSUMMARY:Call\\, then write\nEND:VTODO\n"
    observed = edited(
        render(a_desired(), None, STAMP),
        ("VERSION:2.0\n", "VERSION:2.0\nMETHOD:PUBLISH\nCALSCALE:JULIAN\nX-WR-CALNAME:Mine\n"),
        ("END:VCALENDAR", todo + "END:VCALENDAR"),
    )

    text = unfolded(render(a_desired(), observed, LATER))

    assert "X-WR-CALNAME:Mine\n" in text
    assert todo in text
    assert "METHOD" not in text
    assert "CALSCALE" not in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("DTSTART;TZID=America/New_York:20261201T100000", "DTSTART;VALUE=DATE:20261203"),
        ("DTEND;TZID=America/New_York:20261201T105000", "DURATION:PT3H"),
        ("SUMMARY:Session A. E.", "SUMMARY:Something else"),
        ("LOCATION:Room 2", "LOCATION:At home\nLOCATION:Twice"),
        ("LOCATION:Room 2", "LOCATION:Room 2\nLOCATION:Another"),
        ("STATUS:CONFIRMED", "STATUS:CANCELLED"),
        ("UID:apt-1@syncd.example", "UID:other@example.net"),
        ("STATUS:CONFIRMED", "RRULE:FREQ=DAILY\nRDATE:20261224T100000Z\nEXDATE:20261225T100000Z"),
        ("ORGANIZER;", "ATTENDEE:mailto:stranger@example.net\nORGANIZER;X-A=1;"),
        ("X-SYNCD-REF:apt-1", "X-SYNCD-REF:apt-2"),
    ],
)
def test_an_edit_of_what_the_practice_owns_is_put_right(old: str, new: str) -> None:
    """Times, recurrence, status, texts, people and references are the practice's, however they were edited."""
    published = render(a_desired(), None, STAMP)

    assert render(a_desired(), edited(published, (old, new)), STAMP) == published


def test_what_the_provider_answered_survives() -> None:
    """The parameters of our attendee are the provider's, but for the name and who sends mail."""
    observed = edited(
        render(a_desired(), None, STAMP),
        ("PARTSTAT=NEEDS-ACTION;RSVP=TRUE", 'PARTSTAT=ACCEPTED;X-NOTE="a;b"'),
        ("SCHEDULE-AGENT=CLIENT;CUTYPE", "SCHEDULE-STATUS=2.0;CUTYPE"),
        ("mailto:dana@example.org", "MAILTO:Dana@Example.org"),
    )

    params = events(render(a_desired(), observed, LATER))[0]["ATTENDEE"].params

    assert (params["PARTSTAT"], params["X-NOTE"]) == ("ACCEPTED", "a;b")
    assert params["SCHEDULE-AGENT"] == "CLIENT"
    assert "SCHEDULE-STATUS" not in params


def test_an_answer_under_a_principals_address() -> None:
    """Servers that write an attendee as a principal's path tell the address by the EMAIL parameter (RFC 7986)."""
    observed = edited(
        render(a_desired(), None, STAMP),
        ("PARTSTAT=NEEDS-ACTION", "PARTSTAT=TENTATIVE;EMAIL=dana@example.org"),
        (":mailto:dana@example.org", ":/principals/dana/"),
    )

    assert events(render(a_desired(), observed, LATER))[0]["ATTENDEE"].params["PARTSTAT"] == "TENTATIVE"


def test_a_decline_is_not_written_back() -> None:
    """What the practice writes is a session that it wants held: a declined one has to be answered anew."""
    declined = edited(render(a_desired(), None, STAMP), ("PARTSTAT=NEEDS-ACTION", "PARTSTAT=DECLINED"))

    assert events(render(a_desired(), declined, LATER))[0]["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"


@pytest.mark.parametrize("twin", ["X-ALT-DESC;FMTTYPE=text/html:<b>x</b>", "x-alt-desc:<b>x</b>"])
def test_a_description_in_html_goes_with_the_text_that_it_repeats(twin: str) -> None:
    """Programs show X-ALT-DESC instead of DESCRIPTION: it stays as long as the text does, and no longer."""
    observed = with_lines(render(a_desired(), None, STAMP), twin)

    assert twin in unfolded(render(a_desired(), observed, LATER))
    assert twin not in unfolded(render(a_desired(a_session(description="New")), observed, LATER))


def test_a_place_on_a_map_goes_with_the_location_that_it_repeats() -> None:
    """Apple's calendars show X-APPLE-STRUCTURED-LOCATION instead of LOCATION."""
    twin = 'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="Room 2":geo:40.5,-74.2'
    observed = with_lines(render(a_desired(), None, STAMP), twin)

    assert twin in unfolded(render(a_desired(a_session(summary="New")), observed, LATER))
    assert twin not in unfolded(render(a_desired(a_session(location="Room 3")), observed, LATER))


def test_a_text_that_says_the_same_keeps_its_line() -> None:
    """A text differs by what it says, not by parameters, escaping, Unicode form or blanks."""
    session = a_session(summary="Café; now", location="")
    respelled = "SUMMARY;LANGUAGE=fr:Cafe\u0301; now  "
    observed = edited(render(a_desired(session), None, STAMP), ("SUMMARY:Café\\; now", respelled))

    assert respelled in unfolded(render(a_desired(session), observed, LATER)).splitlines()


def test_sequence_never_falls() -> None:
    """SEQUENCE is the higher of ours and what a provider's program wrote (RFC 5546 section 2.1.4)."""
    observed = edited(render(a_desired(sequence=3), None, STAMP), ("SEQUENCE:3", "SEQUENCE:7"))

    assert events(render(a_desired(sequence=4), observed, LATER))[0]["SEQUENCE"] == 7
    assert events(render(a_desired(sequence=9), observed, LATER))[0]["SEQUENCE"] == 9


def test_created_stays_and_stamps_move() -> None:
    """CREATED tells when the event came to be; DTSTAMP and LAST-MODIFIED when it was written last."""
    [event] = events(render(a_desired(), render(a_desired(), None, STAMP), LATER))

    assert (event["CREATED"].dt, event["DTSTAMP"].dt, event["LAST-MODIFIED"].dt) == (STAMP, LATER, LATER)


def test_rendering_over_the_result_changes_nothing() -> None:
    """One write is enough: only the stamps would be new."""
    observed = with_lines(render(a_desired(), None, STAMP), *PROVIDERS_LINES, *an_alarm())
    wanted = replace(a_desired(a_session(summary="New")), attendee=under_the_name("Dana E."), sequence=4)

    once = render(wanted, observed, LATER)

    assert render(wanted, once, LATER) == once


def under_the_name(name: str) -> Person:
    return Person(PROVIDER.email, name)


def test_the_series_that_this_one_carries_on() -> None:
    """A split's new half names the old one; the provider's own relations stay beside it."""
    desired = a_desired(related_to="old@syncd.example")
    observed = with_lines(render(desired, None, STAMP), "RELATED-TO:mine@example.net")

    relations = [line for line in unfolded(render(desired, observed, LATER)).splitlines() if "RELATED" in line]

    assert relations == ["RELATED-TO:old@syncd.example", "RELATED-TO:mine@example.net"]
