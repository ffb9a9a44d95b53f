"""Rendering over bodies that no program should have written, and over what is not ours."""

import time

import pytest

from syncd.ics.render import render
from tests.ics.bodies import (
    LATER,
    STAMP,
    a_desired,
    a_session,
    an_alarm,
    edited,
    event_texts,
    events,
    unfolded,
    with_lines,
)


@pytest.mark.parametrize("nonsense", ["many", "-4", ""])
def test_a_sequence_that_is_none(nonsense: str) -> None:
    """A SEQUENCE that is no number counts as absent."""
    observed = edited(render(a_desired(), None, STAMP), ("SEQUENCE:0", f"SEQUENCE:{nonsense}"))

    assert events(render(a_desired(sequence=1), observed, LATER))[0]["SEQUENCE"] == 1


def test_a_sequence_beyond_what_there_is() -> None:
    """A SEQUENCE that is too high counts as the highest: never lower than what a program wrote, never refused."""
    observed = edited(render(a_desired(), None, STAMP), ("SEQUENCE:0", "SEQUENCE:99999999999"))

    assert events(render(a_desired(sequence=1), observed, LATER))[0]["SEQUENCE"] == 2**31 - 1


@pytest.mark.parametrize(
    "nonsense", ["yesterday", "20269999T999999Z", "20261101T120000", "00010101T000000Z", "99991231T235959-1200", ""]
)
def test_a_created_that_is_no_time(nonsense: str) -> None:
    """What cannot stand there is not carried on."""
    observed = edited(render(a_desired(), None, STAMP), ("CREATED:20261101T120000Z", f"CREATED:{nonsense}"))

    assert events(render(a_desired(), observed, LATER))[0]["CREATED"].dt == LATER


def test_a_false_definition_of_our_zone() -> None:
    """Our times mean what the IANA zone says, whatever VTIMEZONE of that name stood there."""
    published = render(a_desired(), None, STAMP)

    assert render(a_desired(), edited(published, ("TZOFFSETTO:-0500", "TZOFFSETTO:+1100")), STAMP) == published


def test_a_foreign_zone_stays_while_something_refers_to_it() -> None:
    """A kept property keeps the definition of its zone; a definition that nothing needs goes."""
    zones = "".join(
        f"BEGIN:VTIMEZONE\nTZID:{name}\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0300\n"
        "END:STANDARD\nEND:VTIMEZONE\n"
        for name in ("Used\\, here", "Unused", "Used\\, here", "In an alarm")
    )
    alarm = ("BEGIN:VALARM", "X-WHEN;TZID=In an alarm:20261201T100000", "END:VALARM")
    published = with_lines(render(a_desired(), None, STAMP), 'X-WHEN;TZID="Used, here":20261201T100000', *alarm)

    text = unfolded(render(a_desired(), edited(published, ("BEGIN:VEVENT", zones + "BEGIN:VEVENT")), LATER))

    assert text.count("TZID:Used\\, here\n") == 1
    assert text.count("TZID:In an alarm\n") == 1
    assert "TZID:Unused" not in text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff\xfe nonsense",
        "BEGIN:VCALENDAR".encode("utf-16"),
        b"END:VEVENT\r\nEND:VCALENDAR",
        b"BEGIN:VCARD\r\nFN:Someone\r\nEND:VCARD\r\n",
        b"BEGIN:VCALENDAR\r\nno content line\r\n;:\r\n:",
        b"BEGIN:A\r\n" * 5000 + b"END:B\r\n" * 5000,
    ],
)
def test_a_body_that_is_no_calendar(body: bytes) -> None:
    """Whatever stands there, what is written is the fresh resource."""
    assert render(a_desired(), body, STAMP) == render(a_desired(), None, STAMP)


def test_half_a_body() -> None:
    """A body that ends in the middle of an alarm keeps what is legible, closed."""
    whole = with_lines(render(a_desired(), None, STAMP), "X-MINE:1", *an_alarm())

    text = unfolded(render(a_desired(), whole[: whole.index(b"TRIGGER")], STAMP))

    assert "X-MINE:1\nBEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:Reminder\nEND:VALARM\nEND:VEVENT" in text


def test_a_stranger_in_our_resource() -> None:
    """An event with another UID beside ours is somebody's: it stays as it is."""
    stranger = "BEGIN:VEVENT\nUID:stranger@example.net\nDTSTART:20261224T100000Z\nSUMMARY:Party\nEND:VEVENT\n"
    observed = edited(render(a_desired(), None, STAMP), ("END:VCALENDAR", stranger + "END:VCALENDAR"))

    text = unfolded(render(a_desired(a_session(summary="New")), observed, LATER))

    assert stranger in text
    assert text.count("SUMMARY:New") == 1


def test_an_event_in_an_event() -> None:
    """Where an END was lost, what comes after it is no part of our event."""
    swallowed = ("BEGIN:VEVENT", "UID:apt-1@syncd.example", "DTSTART:20261224T100000Z", "END:VEVENT")
    observed = with_lines(render(a_desired(), None, STAMP), *swallowed)

    assert render(a_desired(), observed, STAMP) == render(a_desired(), None, STAMP)


def test_an_event_without_a_uid() -> None:
    """A component that does not say whose it is stands in our resource, so it is ours."""
    observed = with_lines(edited(render(a_desired(), None, STAMP), ("UID:apt-1@syncd.example\n", "")), *an_alarm())

    [text] = event_texts(render(a_desired(), observed, LATER))

    assert "BEGIN:VALARM" in text


def test_a_flood_of_components() -> None:
    """Sorting a body costs with its length, whatever stands in it."""
    strangers = "BEGIN:VEVENT\nUID:x\nRECURRENCE-ID;TZID=" + "/" * 50 + ":20261201T100000\nEND:VEVENT\n"
    ours = strangers.replace("UID:x", "UID:apt-1@syncd.example")
    flood = (strangers + ours) * 4000 + "BEGIN:VEVENT\nRECURRENCE-ID;TZID=" + "/" * 300_000 + ":20261201T100000\n"
    observed = edited(render(a_desired(), None, STAMP), ("END:VCALENDAR", flood))
    began = time.process_time()

    render(a_desired(rule="FREQ=DAILY"), observed, STAMP)

    assert time.process_time() - began < 5


def test_two_masters() -> None:
    """Of two components without RECURRENCE-ID the one with the higher SEQUENCE is the event."""
    old, new = (with_lines(render(a_desired(sequence=n), None, STAMP), f"X-N:{n}") for n in (1, 2))
    twice = edited(new, ("END:VCALENDAR", f"BEGIN:VEVENT{event_texts(old)[0]}END:VEVENT\nEND:VCALENDAR"))

    [text] = event_texts(render(a_desired(), twice, LATER))

    assert "X-N:2" in text
    assert "X-N:1" not in text
