"""iTIP messages: their form by RFC 5546."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest

from syncd.core.events.desired import Desired, Person
from syncd.ics.itip import cancel, request, take_off
from tests.ics.bodies import STAMP, WEEKLY, a_desired, a_session, an_override, events, unfolded, week

SERIES = a_desired(
    rule=WEEKLY,
    sequence=3,
    exdates=(week(1),),
    overrides=(an_override(4), an_override(2)),
    related_to="old@example.com",
)


def test_a_request_by_rfc_5546() -> None:
    """A REQUEST has its METHOD, people, stamps, zone and status, and nothing that is the attendee's own."""
    body = request(a_desired(sequence=4), STAMP)

    assert str(icalendar.Calendar.from_ical(body)["METHOD"]) == "REQUEST"
    [event] = events(body)
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("apt-1@syncd.example", 4, "CONFIRMED")
    assert event["DTSTAMP"].dt == STAMP
    assert event["ORGANIZER"] == "mailto:desk@practice.example"
    assert dict(event["ATTENDEE"].params) == {
        "CN": "Dana Example",
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "NEEDS-ACTION",
        "RSVP": "FALSE",
    }
    text = unfolded(body)
    assert "BEGIN:VTIMEZONE\nTZID:America/New_York\n" in text
    assert not any(word in text for word in ("VALARM", "SCHEDULE-", "X-SYNCD", "COMMENT"))


def test_a_request_about_a_series_is_the_full_set() -> None:
    """Master with its EXDATEs first, then all overrides in order, all of one SEQUENCE, none with a RANGE."""
    found = events(request(SERIES, STAMP))

    assert [event.get("RECURRENCE-ID") and event["RECURRENCE-ID"].dt for event in found] == [None, week(2), week(4)]
    assert {event["SEQUENCE"] for event in found} == {3}
    assert found[0]["EXDATE"].dts[0].dt == week(1)
    assert {str(event["RELATED-TO"]) for event in found} == {"old@example.com"}
    assert not any(event["RECURRENCE-ID"].params.get("RANGE") for event in found[1:])


def test_a_cancelled_instance_in_a_request() -> None:
    """A REQUEST knows no STATUS:CANCELLED: an instance that the calendar keeps marked is excluded in messages."""
    marked = replace(SERIES, overrides=(replace(an_override(2), cancelled=True), an_override(4)))

    found = events(request(marked, STAMP))

    assert [event.get("RECURRENCE-ID") and event["RECURRENCE-ID"].dt for event in found] == [None, week(4)]
    assert [entry.dts[0].dt for entry in found[0]["EXDATE"]] == [week(1), week(2)]


def test_the_cancellation_of_an_event() -> None:
    """Each component has STATUS and the reason as COMMENT; the zones that the times need come with it."""
    abroad = a_session(week(2).astimezone(ZoneInfo("Europe/Berlin")), recurrence_id=week(2))
    body = cancel(replace(SERIES, sequence=7, overrides=(abroad,)), STAMP, "Closed, sorry;\nsee you")

    assert str(icalendar.Calendar.from_ical(body)["METHOD"]) == "CANCEL"
    for event in events(body):
        assert (event["SEQUENCE"], event["STATUS"], event["COMMENT"]) == (7, "CANCELLED", "Closed, sorry;\nsee you")
        assert dict(event["ATTENDEE"].params) == {"CN": "Dana Example"}
    assert unfolded(body).count("BEGIN:VTIMEZONE") == 2


@pytest.mark.parametrize("write", [cancel, take_off])
def test_a_cancellation_names_the_overrides_too(write: Callable[[Desired, datetime], bytes]) -> None:
    """The whole event goes, and each override by its RECURRENCE-ID: some receivers leave those standing otherwise."""
    found = events(write(SERIES, STAMP))

    assert [event.get("RECURRENCE-ID") and event["RECURRENCE-ID"].dt for event in found] == [None, week(2), week(4)]
    assert len({event["SEQUENCE"] for event in found}) == 1


def test_a_cancellation_without_a_reason() -> None:
    """No reason, no COMMENT."""
    assert "COMMENT" not in unfolded(cancel(a_desired(a_session(cancelled=True)), STAMP))


def test_an_attendee_who_is_taken_off() -> None:
    """To be taken off is no cancellation of the event, so there is no STATUS (RFC 5546 section 3.2.5)."""
    body = take_off(a_desired(sequence=2), STAMP, "Another provider takes over.")

    [event] = events(body)
    assert str(icalendar.Calendar.from_ical(body)["METHOD"]) == "CANCEL"
    assert "STATUS" not in event
    assert (event["ATTENDEE"], event["SEQUENCE"]) == ("mailto:dana@example.org", 2)
    assert event["COMMENT"] == "Another provider takes over."


def test_a_message_in_utc() -> None:
    """Times in UTC need no VTIMEZONE."""
    assert "VTIMEZONE" not in unfolded(request(a_desired(a_session(datetime(2026, 12, 1, 10, tzinfo=UTC))), STAMP))


def test_a_request_for_what_is_cancelled() -> None:
    """Nobody can be asked to a cancelled event."""
    with pytest.raises(ValueError, match="cancelled"):
        request(a_desired(a_session(cancelled=True)), STAMP)


@pytest.mark.parametrize("write", [request, cancel, take_off])
@pytest.mark.parametrize(
    "incomplete", [a_desired(organizer=None), a_desired(attendee=None), a_desired(organizer=None, attendee=None)]
)
def test_a_message_from_or_to_nobody(write: Callable[[Desired, datetime], bytes], incomplete: Desired) -> None:
    """RFC 5546 demands both people, and a message without them would be read as somebody's own event."""
    with pytest.raises(ValueError, match="organizer and an attendee"):
        write(incomplete, STAMP)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("o'brien+x@example.com", "mailto:o'brien+x@example.com"),
        ("a%41?b#c&d/e@example.com", "mailto:a%2541%3Fb%23c%26d%2Fe@example.com"),
    ],
)
def test_an_address_in_a_mailto(address: str, written: str) -> None:
    """What means something else in a URI is encoded (RFC 6068 section 2)."""
    body = request(a_desired(attendee=Person(address, "Dana")), STAMP)

    assert str(events(body)[0]["ATTENDEE"]) == written
