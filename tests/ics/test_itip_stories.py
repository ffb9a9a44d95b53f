"""Bookings, reschedules and cancellations as attendees' programs end up with them, in every order of arrival."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import NamedTuple

import pytest
from dateutil.rrule import rrulestr

from syncd.core.events.desired import Desired, Session
from syncd.core.times import instant
from syncd.ics.itip import cancel, request, take_off
from tests.ics.attendee_models import Attendee, BySequenceAlone, ByTheRfc, Naive, Shown, shown
from tests.ics.bodies import NEW_YORK, STAMP, WEEKLY, a_desired, a_session, an_override, week

SINCE, UNTIL = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)
SINGLE = a_desired()
SERIES = a_desired(rule=WEEKLY)
TAIL = replace(
    a_desired(a_session(week(4, 14)), rule="FREQ=WEEKLY;COUNT=4", related_to=SERIES.uid), uid="apt-2@syncd.example"
)
ACROSS_CLOCKS = a_desired(
    a_session(datetime(2026, 10, 6, 23, 30, tzinfo=NEW_YORK)), rule="FREQ=WEEKLY;UNTIL=20270501T035959Z"
)


class Sent(NamedTuple):
    """One message of a story: what was wanted when it was sent, and the kind of message."""

    desired: Desired
    write: Callable[[Desired, datetime], bytes] = request


STORIES: dict[str, Sequence[Sent]] = {
    "booked": [Sent(SINGLE)],
    "moved twice": [
        Sent(SINGLE),
        Sent(replace(SINGLE, sequence=1, master=a_session(week(1, 9), location="Room 3"))),
        Sent(replace(SINGLE, sequence=2, master=a_session(week(1, 23), minutes=80))),
    ],
    "moved and cancelled": [
        Sent(SINGLE),
        Sent(replace(SINGLE, sequence=1, master=a_session(week(1)))),
        Sent(replace(SINGLE, sequence=2, master=a_session(week(1), cancelled=True)), cancel),
    ],
    "taken off and asked again": [
        Sent(SINGLE),
        Sent(replace(SINGLE, sequence=1), take_off),
        Sent(replace(SINGLE, sequence=2, master=a_session(week(2)))),
    ],
    "a series": [Sent(SERIES)],
    "one instance moved, then moved back": [
        Sent(SERIES),
        Sent(replace(SERIES, sequence=1, overrides=(an_override(2),))),
        Sent(replace(SERIES, sequence=2)),
    ],
    "two instances moved, one of them cancelled, another one cancelled": [
        Sent(SERIES),
        Sent(replace(SERIES, sequence=1, overrides=(an_override(2),))),
        Sent(replace(SERIES, sequence=2, overrides=(an_override(2), an_override(3, 16)))),
        Sent(replace(SERIES, sequence=3, overrides=(an_override(3, 16),), exdates=(week(2),))),
        Sent(replace(SERIES, sequence=4, overrides=(an_override(3, 16),), exdates=(week(2), week(5)))),
    ],
    "this and all future ones moved: the series split": [
        Sent(replace(SERIES, overrides=(an_override(1),))),
        Sent(TAIL),
        Sent(replace(SERIES, sequence=1, overrides=(an_override(1),), rule="FREQ=WEEKLY;UNTIL=20261222T150000Z")),
        Sent(replace(TAIL, sequence=1, exdates=(week(6, 14),))),
    ],
    "all moved, after one was": [
        Sent(SERIES),
        Sent(replace(SERIES, sequence=1, overrides=(an_override(2),))),
        Sent(replace(SERIES, sequence=2, master=a_session(week(0, 16)))),
    ],
    "a series cancelled, with an instance moved": [
        Sent(SERIES),
        Sent(replace(SERIES, sequence=1, overrides=(an_override(2),))),
        Sent(replace(SERIES, sequence=2, overrides=(an_override(2),)), cancel),
    ],
    "the tail cancelled": [
        Sent(SERIES),
        Sent(replace(SERIES, sequence=1, rule="FREQ=WEEKLY;UNTIL=20261222T150000Z")),
    ],
    "a series across both changes of the clocks": [
        Sent(ACROSS_CLOCKS),
        Sent(replace(ACROSS_CLOCKS, sequence=1, exdates=(datetime(2026, 12, 1, 23, 30, tzinfo=NEW_YORK),))),
    ],
}


def messages(story: Sequence[Sent]) -> list[bytes]:
    return [sent.write(sent.desired, STAMP + timedelta(minutes=n)) for n, sent in enumerate(story)]


def wanted(story: Sequence[Sent]) -> list[Shown]:
    """Return the sessions that stand at the end: of each UID as it was wanted last."""
    last = {sent.desired.uid: sent for sent in story}
    return sorted(one for sent in last.values() if sent.write is request for one in sessions(sent.desired))


def sessions(desired: Desired) -> list[Shown]:
    """Return what the practice wants as another library counts it."""
    if desired.rule is None:
        return [as_shown(desired.master)]
    start = desired.master.start.astimezone(NEW_YORK)
    moved = {instant(one.recurrence_id or one.start): one for one in desired.overrides}
    excluded = {instant(one) for one in desired.exdates}
    plain = [replace(desired.master, start=at) for at in rrulestr(desired.rule, dtstart=start)]
    return [as_shown(moved.get(instant(one.start), one)) for one in plain if instant(one.start) not in excluded]


def as_shown(session: Session) -> Shown:
    return Shown(session.start, session.start + timedelta(minutes=session.minutes), session.location)


def after(attendee: Attendee, bodies: Sequence[bytes]) -> list[Shown]:
    for body in bodies:
        attendee.receive(body)
    return shown(attendee, SINCE, UNTIL)


@pytest.mark.parametrize("model", [ByTheRfc, BySequenceAlone])
@pytest.mark.parametrize("name", STORIES)
def test_messages_in_every_order_of_arrival(name: str, model: Callable[[], Attendee]) -> None:
    """A receiver that looks at SEQUENCE ends with what the practice wants, whatever overtook what."""
    story = STORIES[name]

    for arrival in permutations(messages(story)):
        assert after(model(), arrival) == wanted(story)


@pytest.mark.parametrize("model", [ByTheRfc, BySequenceAlone, Naive])
@pytest.mark.parametrize("name", STORIES)
def test_messages_in_the_order_sent(name: str, model: Callable[[], Attendee]) -> None:
    """After every single message each receiver shows what the practice wanted at that moment."""
    story, attendee = STORIES[name], model()

    for number, body in enumerate(messages(story), start=1):
        assert after(attendee, [body]) == wanted(story[:number])


@pytest.mark.parametrize("model", [ByTheRfc, BySequenceAlone, Naive])
def test_a_message_delivered_twice(model: Callable[[], Attendee]) -> None:
    """A mail whose delivery was in doubt is sent again: nothing doubles."""
    story = STORIES["two instances moved, one of them cancelled, another one cancelled"]

    assert after(model(), [body for body in messages(story) for _ in range(2)]) == wanted(story)


def test_a_stamp_decides_between_equal_sequences() -> None:
    """A receiver by the RFC takes the later of two messages with one SEQUENCE, in either order."""
    older, newer = (
        request(SINGLE, STAMP),
        request(replace(SINGLE, master=a_session(location="Room 9")), STAMP + timedelta(1)),
    )

    assert [one.location for one in after(ByTheRfc(), [older, newer])] == ["Room 9"]
    assert [one.location for one in after(ByTheRfc(), [newer, older])] == ["Room 9"]
